"""Probabilities from logits, with all their digits; several metrics need them."""

import numpy as np
import numpy.typing as npt

from freshrec.metrics.metric import Array

__all__ = ["probabilities"]


def probabilities(logits: Array) -> npt.NDArray[np.float64]:
    """The sigmoid of logits [N] in float64; small probabilities keep their relative precision.

    >>> [f"{each:.3g}" for each in probabilities(np.array([0.0, -700.0]))]
    ['0.5', '9.86e-305']
    """
    return np.exp(-np.logaddexp(0.0, -np.asarray(logits, np.float64)))
