"""Calibration ratio (He et al., Practical Lessons from Predicting Clicks on Ads at Facebook, ADKDD 2014, section 3)."""

import math

import numpy as np
import numpy.typing as npt

from freshrec.metrics.metric import Array, Metric
from freshrec.metrics.probabilities import probabilities
from freshrec.metrics.subsets import ratio, subset_sums

__all__ = ["CalibrationRatio"]


class CalibrationRatio(Metric):
    """How many positives the model expects for each one that there is.

    At 2 the model promises twice as many as come, at 0.5 half as many; both are equally bad.

    >>> CalibrationRatio().of(np.array([1, 0, 0, 0]), np.zeros(4), np.zeros(4))
    2.0
    """

    name = "calibration_ratio"
    title = "calibration ratio"
    better = "nearer"
    ideal = 1.0
    undefined = "no label is positive"

    def of(self, labels: Array, logits: Array, groups: Array) -> float | None:
        """A number of at least 0; None where no label is positive. `groups` are not used."""
        positives = int(np.equal(labels, 1).sum())
        return float(probabilities(logits).sum()) / positives if positives else None

    def of_subsets(self, labels: Array, logits: Array, groups: Array, members: Array) -> npt.NDArray[np.float64]:
        """The calibration ratio of each of K subsets of the users [K]."""
        positive = np.equal(labels, 1).astype(np.float64)
        return ratio(*subset_sums([probabilities(logits), positive], groups, members))

    def goodness(self, value: float) -> float:
        """Minus the size of the ratio's logarithm: 2 is as far from 1 as 0.5 is."""
        return -abs(math.log(value)) if value > 0 else -math.inf
