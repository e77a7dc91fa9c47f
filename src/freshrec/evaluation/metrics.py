"""How well scores tell positives from negatives (AUC) and how well they are calibrated (log loss)."""

from typing import Any

import numpy as np
import numpy.typing as npt

from freshrec.errors import DataError, DivergedError, ModelError

__all__ = ["auc", "logloss"]

Array = npt.NDArray[Any]


def auc(label: Array, score: Array) -> float | None:
    """The area under the ROC curve: how often a positive scores above a negative, a tie counting half.

    Counted in whole numbers with one division at the end: neither ties nor the order of samples change it.

    Args:
        label: 0 or 1 [N].
        score: any increasing function of the probability [N]; logits will do.

    Returns:
        A number in [0, 1]; None where all labels are equal or N is 0, for then no pair can be compared.

    Raises:
        ModelError: the shapes differ or are not [N].
        DataError: a label is neither 0 nor 1.
        DivergedError: a score is NaN.

    >>> auc(np.array([0, 1, 0, 1]), np.array([0.1, 0.4, 0.4, 0.8]))
    0.875
    """
    positive = _checked(label, score)
    _, group = np.unique(score, return_inverse=True)
    groups = int(group.max()) + 1 if len(group) else 0
    positives = np.bincount(group[positive], minlength=groups)
    negatives = np.bincount(group[~positive], minlength=groups)
    pairs = int(positives.sum()) * int(negatives.sum())
    if pairs == 0:
        return None
    below = np.cumsum(negatives) - negatives
    return int((positives * (2 * below + negatives)).sum()) / (2 * pairs)


def logloss(label: Array, logit: Array) -> float:
    """The mean binary cross entropy of logits, in nats a sample; infinite where a certain logit was wrong.

    Args:
        label: 0 or 1 [N].
        logit: log odds of label 1 [N], not probabilities: those lose a confident model's digits.

    Raises:
        ModelError: the shapes differ or are not [N].
        DataError: a label is neither 0 nor 1, or N is 0.
        DivergedError: a logit is NaN.

    >>> round(logloss(np.array([1, 0]), np.array([0.0, 0.0])), 6)
    0.693147
    """
    positive = _checked(label, logit)
    if not len(positive):
        raise DataError("a log loss needs at least one sample, but there are none. Leave empty periods out.")
    wrong = np.asarray(logit, np.float64)
    return float(np.logaddexp(0.0, np.where(positive, -wrong, wrong)).mean())


def _checked(label: Array, score: Array) -> npt.NDArray[np.bool_]:
    """Which samples are positive [N], once labels and scores are known to be usable."""
    if label.ndim != 1 or label.shape != score.shape:
        raise ModelError(
            f"labels have shape {list(label.shape)} and scores {list(score.shape)}, but both must be [N]. "
            "Let the model return one logit a sample: for [N, 1], end its forward with .squeeze(-1)."
        )
    unusable = ~np.isin(label, (0, 1))
    if unusable.any():
        raise DataError(
            f"{int(unusable.sum())} of {len(label)} labels are neither 0 nor 1, the first is "
            f"{label[unusable][0]}. Make labels 0 or 1 when the log is prepared."
        )
    missing = int(np.isnan(score).sum())
    if missing:
        raise DivergedError(
            f"{missing} of {len(score)} scores are NaN, so nothing can be measured: the model has diverged. "
            "Lower the learning rate, or look for NaN in its inputs."
        )
    return np.equal(label, 1)
