"""Normalised entropy (He et al., Practical Lessons from Predicting Clicks on Ads at Facebook, ADKDD 2014, eq. 1)."""

import math

import numpy as np
import numpy.typing as npt

from freshrec.metrics.logloss import LogLoss, losses
from freshrec.metrics.metric import Array, Metric
from freshrec.metrics.subsets import ratio, subset_sums

__all__ = ["NormalisedEntropy"]


class NormalisedEntropy(Metric):
    """Log loss as a multiple of the log loss of always predicting the samples' own share of positives.

    It makes log losses of periods with different shares of positives comparable. At 1 and above, a constant that knows
    that share is at least as good as the model.

    >>> NormalisedEntropy().of(np.array([1, 0, 0, 0]), np.full(4, -math.log(3)), np.zeros(4))
    1.0
    """

    name = "normalised_entropy"
    title = "normalised entropy"
    better = "lower"
    undefined = "all labels are equal"

    def of(self, labels: Array, logits: Array, groups: Array) -> float | None:
        """A number of at least 0; None where all labels are equal. `groups` are not used."""
        positives, samples = int(np.equal(labels, 1).sum()), len(labels)
        loss = LogLoss().of(labels, logits, groups)
        if loss is None or positives in (0, samples):
            return None
        share = positives / samples
        return loss / -(share * math.log(share) + (1 - share) * math.log1p(-share))

    def of_subsets(self, labels: Array, logits: Array, groups: Array, members: Array) -> npt.NDArray[np.float64]:
        """The normalised entropy of each of K subsets of the users [K]."""
        positive = np.equal(labels, 1).astype(np.float64)
        loss, positives, samples = subset_sums(
            [losses(labels, logits), positive, np.ones(len(labels))], groups, members
        )
        share = ratio(positives, samples)
        with np.errstate(divide="ignore", invalid="ignore"):
            entropy = -(share * np.log(share) + (1 - share) * np.log1p(-share))
        return ratio(loss, samples * entropy)
