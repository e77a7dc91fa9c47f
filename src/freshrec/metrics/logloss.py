"""Log loss: the mean binary cross entropy."""

import numpy as np
import numpy.typing as npt

from freshrec.metrics.metric import Array, Metric
from freshrec.metrics.subsets import ratio, subset_sums

__all__ = ["LogLoss", "losses"]


class LogLoss(Metric):
    """Mean binary cross entropy of a sample; infinite where a certain logit was wrong.

    It is computed from logits, since probabilities lose the digits of a confident model.

    >>> round(LogLoss().of(np.array([1, 0]), np.zeros(2), np.zeros(2)), 6)
    0.693147
    """

    name = "logloss"
    title = "log loss"
    better = "lower"
    unit = "nats"

    def of(self, labels: Array, logits: Array, groups: Array) -> float | None:
        """A number of at least 0, in nats a sample; 0.693 for guessing. `groups` are not used."""
        if not len(labels):
            return None
        return float(losses(labels, logits).mean())

    def of_subsets(self, labels: Array, logits: Array, groups: Array, members: Array) -> npt.NDArray[np.float64]:
        """The log loss of each of K subsets of the users [K]."""
        return ratio(*subset_sums([losses(labels, logits), np.ones(len(labels))], groups, members))


def losses(labels: Array, logits: Array) -> npt.NDArray[np.float64]:
    """The binary cross entropy of every sample [N]."""
    wrong = np.asarray(logits, np.float64)
    return np.logaddexp(0.0, np.where(np.equal(labels, 1), -wrong, wrong))
