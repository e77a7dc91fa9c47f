"""AUC: how often a positive has a higher score than a negative."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from freshrec.kernels import subset_auc
from freshrec.metrics.metric import Array, Form, Metric
from freshrec.metrics.relaimpr import relaimpr

__all__ = ["AUC"]


class AUC(Metric):
    """Area under the ROC curve: the share of (positive, negative) pairs that are in order, a tie counting half.

    Pairs are counted in whole numbers with one division at the end, so neither ties nor the order of samples change it.
    Any increasing function of the logits gives the same value.

    >>> AUC().of(np.array([0, 1, 0, 1]), np.array([0.1, 0.4, 0.4, 0.8]), np.zeros(4))
    0.875
    """

    name = "auc"
    title = "AUC"
    better = "higher"
    undefined = "all labels are equal"
    chance = 0.5
    order_only = True
    forms: ClassVar[Mapping[str, Form]] = {"RelaImpr": relaimpr}

    def of(self, labels: Array, logits: Array, groups: Array) -> float | None:
        """A number in [0, 1], 0.5 for guessing; None where all labels are equal. `groups` are not used."""
        positive = np.equal(labels, 1)
        _, level = np.unique(logits, return_inverse=True)
        levels = int(level.max()) + 1 if len(level) else 0
        positives = np.bincount(level[positive], minlength=levels)
        negatives = np.bincount(level[~positive], minlength=levels)
        pairs = int(positives.sum()) * int(negatives.sum())
        if pairs == 0:
            return None
        below = np.cumsum(negatives) - negatives
        return int((positives * (2 * below + negatives)).sum()) / (2 * pairs)

    def of_subsets(self, labels: Array, logits: Array, groups: Array, members: Array) -> npt.NDArray[np.float64]:
        """The AUC of each of K subsets of the users [K], from one pass over the sorted logits."""
        return subset_auc(labels, logits, groups, members)
