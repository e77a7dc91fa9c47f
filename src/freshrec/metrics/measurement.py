"""Measuring: the values of several metrics on the same samples, whose arguments are checked once."""

import math
from collections.abc import Iterable

import numpy as np

from freshrec.errors import DataError, DivergedError, ModelError
from freshrec.metrics.metric import Array, Metric

__all__ = ["measure"]


def measure(metrics: Iterable[Metric], labels: Array, logits: Array, groups: Array) -> dict[str, float | None]:
    """The value of every metric by name, None where it is undefined.

    >>> from freshrec.metrics import METRICS
    >>> measure([METRICS["auc"]], np.array([0, 1]), np.array([-1.0, 1.0]), np.array([3, 3]))
    {'auc': 1.0}

    Args:
        metrics: what to measure.
        labels: 0 or 1 [N].
        logits: log odds of label 1 [N].
        groups: the user of each sample [N].

    Raises:
        ModelError: the shapes differ or are not [N], or a metric's value is not a number.
        DataError: a label is neither 0 nor 1.
        DivergedError: a logit is NaN.
    """
    _check(labels, logits, groups)
    return {metric.name: _value(metric, metric.of(labels, logits, groups)) for metric in metrics}


def _check(labels: Array, logits: Array, groups: Array) -> None:
    if labels.ndim != 1 or not labels.shape == logits.shape == groups.shape:
        raise ModelError(
            f"labels have shape {list(labels.shape)}, logits {list(logits.shape)} and groups {list(groups.shape)}, but "
            "all must be [N]. Let the model return one logit a sample: for [N, 1], end its forward with .squeeze(-1)."
        )
    unusable = ~np.isin(labels, (0, 1))
    if unusable.any():
        raise DataError(
            f"{int(unusable.sum())} of {len(labels)} labels are neither 0 nor 1, the first is "
            f"{labels[unusable][0]}. Make labels 0 or 1 when the log is prepared."
        )
    missing = int(np.isnan(logits).sum())
    if missing:
        raise DivergedError(
            f"{missing} of {len(logits)} logits are NaN, so nothing can be measured: the model has diverged. "
            "Lower the learning rate, or look for NaN in its inputs."
        )


def _value(metric: Metric, value: float | None) -> float | None:
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if math.isnan(number):
        raise ModelError(f"the metric {metric.name} gave {value!r}. Let `of` return a number, or None if undefined.")
    return number
