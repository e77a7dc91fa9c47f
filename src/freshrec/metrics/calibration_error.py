"""Expected calibration error (Naeini et al., AAAI 2015; with 15 bins as Guo et al., ICML 2017)."""

import numpy as np
import numpy.typing as npt

from freshrec.metrics.metric import Array, Metric
from freshrec.metrics.probabilities import probabilities
from freshrec.metrics.subsets import ratio, subset_sums

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
        probability, place = _bins(logits)
        expected = np.bincount(place, probability, minlength=BINS)
        observed = np.bincount(place, np.equal(labels, 1), minlength=BINS)
        return float(np.abs(expected - observed).sum()) / len(labels)

    def of_subsets(self, labels: Array, logits: Array, groups: Array, members: Array) -> npt.NDArray[np.float64]:
        """The expected calibration error of each of K subsets of the users [K]."""
        probability, place = _bins(logits)
        gaps = np.bincount(groups * BINS + place, probability - np.equal(labels, 1), minlength=len(members) * BINS)
        (samples,) = subset_sums([np.ones(len(labels))], groups, members)
        return ratio(np.abs(gaps.reshape(-1, BINS).T @ members.astype(np.float64)).sum(0), samples)


def _bins(logits: Array) -> tuple[Array, Array]:
    """The probability of every sample and its bin [N]."""
    probability = probabilities(logits)
    return probability, np.minimum((probability * BINS).astype(np.int64), BINS - 1)
