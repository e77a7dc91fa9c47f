"""The metrics that have names, and those of other packages."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import get_args

from freshrec.errors import ConfigError, first_line
from freshrec.extensions import load, names
from freshrec.metrics.auc import AUC
from freshrec.metrics.calibration_error import CalibrationError
from freshrec.metrics.calibration_ratio import CalibrationRatio
from freshrec.metrics.gauc import GAUC
from freshrec.metrics.logloss import LogLoss
from freshrec.metrics.metric import Better, Metric
from freshrec.metrics.normalised_entropy import NormalisedEntropy
from freshrec.settings import nearest

__all__ = ["DEFAULT_METRICS", "METRICS", "as_metric", "find_metric", "find_metrics"]

METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (AUC(), LogLoss(), GAUC(), NormalisedEntropy(), CalibrationRatio(), CalibrationError())
}
"""The metrics of this package by name."""

DEFAULT_METRICS = tuple(METRICS.values())
"""What is measured unless settings say otherwise; the first one ranks methods."""

NAME = re.compile(r"[a-z][a-z0-9_]*")


def find_metrics(metrics: Iterable[str]) -> tuple[Metric, ...]:
    """Several metrics, in the given order.

    Raises:
        ConfigError: one cannot be found, or two have the same name.
    """
    found = tuple(map(find_metric, metrics))
    count = Counter(metric.name for metric in found)
    for name, number in count.items():
        if number > 1:
            raise ConfigError(f"{number} metrics have the name {name!r}. Name each once, or rename one of them.")
    return found


def find_metric(name: str) -> Metric:
    """A metric by its name here, the name of an entry point of `freshrec.metrics`, or `package.module:Name`.

    >>> find_metric("logloss").title
    'log loss'

    Raises:
        ConfigError: there is no such metric, or what has the name is none.
    """
    if name in METRICS:
        return METRICS[name]
    others = names("metrics")
    if ":" not in name and name not in others:
        raise ConfigError(f"unknown metric {name!r}. {nearest(name, (*METRICS, *others))}")
    return as_metric(load("metrics", name), name)


def as_metric(found: object, name: str) -> Metric:
    """The metric that an object is, or that a class makes.

    Args:
        found: a metric, or a subclass of `Metric` that needs no arguments.
        name: what errors call it.

    Raises:
        ConfigError: it is no metric, or lacks a usable name or direction.
    """
    if isinstance(found, type) and issubclass(found, Metric):
        try:
            found = found()
        except TypeError as error:
            raise ConfigError(f"{name!r} cannot be made without arguments: {first_line(error)}.") from error
    if not isinstance(found, Metric):
        raise ConfigError(f"{name!r} is {found!r}, which is no metric. Name a subclass of freshrec.Metric.")
    if not NAME.fullmatch(getattr(found, "name", "")) or getattr(found, "better", None) not in get_args(Better):
        raise ConfigError(
            f"{name!r} needs a `name` of lower-case letters, digits and underscores, and a `better` of "
            f"{', '.join(get_args(Better))}. Set both as class attributes."
        )
    return found
