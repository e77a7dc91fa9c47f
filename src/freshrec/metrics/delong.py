"""The difference of two AUCs on the same samples, with its variance.

DeLong, DeLong, Clarke-Pearson: "Comparing the Areas under Two or More Correlated Receiver Operating Characteristic
Curves: A Nonparametric Approach", Biometrics 1988.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from freshrec.metrics.metric import Array

__all__ = ["AUCDifference", "auc_difference"]

Shares = npt.NDArray[np.float64]


@dataclass(frozen=True)
class AUCDifference:
    """The AUC of second scores minus that of first ones.

    Attributes:
        value: in [-1, 1].
        variance: of the value as an estimate for samples of the same kind; zero where both score alike.
    """

    value: float
    variance: float


def auc_difference(labels: Array, first: Array, second: Array) -> AUCDifference | None:
    """Compares two scores of the same samples by their AUCs; ties count half.

    Sorting is the only cost: O(N log N). The samples are taken as independent.

    >>> labels = np.array([0, 0, 1, 1])
    >>> auc_difference(labels, np.array([0.1, 0.4, 0.3, 0.8]), np.array([0.1, 0.2, 0.3, 0.8]))
    AUCDifference(value=0.25, variance=0.125)

    Args:
        labels: 0 or 1 [N].
        first: logits, or any increasing function of them [N].
        second: the same of the scores to compare with [N].

    Returns:
        The difference; None where there are fewer than two positives or two negatives, which have no variance.
    """
    positive = np.equal(labels, 1)
    if min(positive.sum(), (~positive).sum()) < 2:
        return None
    of_positives, of_negatives = (
        after - before for before, after in zip(_shares(positive, first), _shares(positive, second), strict=True)
    )
    variance = of_positives.var(ddof=1) / len(of_positives) + of_negatives.var(ddof=1) / len(of_negatives)
    return AUCDifference(float(of_positives.mean()), float(variance))


def _shares(positive: npt.NDArray[np.bool_], scores: Array) -> tuple[Shares, Shares]:
    """The share of negatives below each positive, and of positives above each negative (structural components)."""
    _, level = np.unique(scores, return_inverse=True)
    levels = int(level.max()) + 1
    positives = np.bincount(level[positive], minlength=levels)
    negatives = np.bincount(level[~positive], minlength=levels)
    below = np.cumsum(negatives) - negatives / 2
    above = positives.sum() - np.cumsum(positives) + positives / 2
    return below[level[positive]] / negatives.sum(), above[level[~positive]] / positives.sum()
