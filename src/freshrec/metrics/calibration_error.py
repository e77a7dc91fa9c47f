"""Expected calibration error (Naeini et al., AAAI 2015; with 15 bins as Guo et al., ICML 2017)."""

import numpy as np

from freshrec.metrics.metric import Array, Metric
from freshrec.metrics.probabilities import probabilities

__all__ = ["CalibrationError"]

BINS = 15


class CalibrationError(Metric):
    """Distance between predicted probability and share of positives, in 15 bins of equal width, weighted by samples.

    It finds errors that cancel in the calibration ratio, such as probabilities that are too extreme at both ends.

    >>> CalibrationError().of(np.array([1, 0, 0, 0]), np.zeros(4), np.zeros(4))
    0.25
    """

    name = "calibration_error"
    title = "expected calibration error"
    better = "lower"

    def of(self, labels: Array, logits: Array, groups: Array) -> float | None:
        """A number in [0, 1]; None without samples. `groups` are not used."""
        if not len(labels):
            return None
        probability = probabilities(logits)
        place = np.minimum((probability * BINS).astype(np.int64), BINS - 1)
        expected = np.bincount(place, probability, minlength=BINS)
        observed = np.bincount(place, np.equal(labels, 1), minlength=BINS)
        return float(np.abs(expected - observed).sum()) / len(labels)
