"""Log loss: the mean binary cross entropy."""

import numpy as np

from freshrec.metrics.metric import Array, Metric

__all__ = ["LogLoss"]


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
        wrong = np.asarray(logits, np.float64)
        return float(np.logaddexp(0.0, np.where(np.equal(labels, 1), -wrong, wrong)).mean())
