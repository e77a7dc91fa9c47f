"""Ranking by several metrics: the first one decides, the next one where it is undefined."""

from collections.abc import Iterable, Mapping

from freshrec.metrics.metric import Metric

__all__ = ["rank_value"]


def rank_value(metrics: Iterable[Metric], values: Mapping[str, float | None]) -> float | None:
    """How good values are by the first metric that has one; higher is better.

    Labels alone decide whether a metric is defined, so models scored on the same samples are ranked by the same one.

    >>> from freshrec.metrics import METRICS
    >>> rank_value(METRICS.values(), {"auc": None, "logloss": 0.5})
    -0.5

    Returns:
        The value on a scale where higher is better; None where no metric is defined.
    """
    for metric in metrics:
        value = values[metric.name]
        if value is not None:
            return metric.goodness(value)
    return None
