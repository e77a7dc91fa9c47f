"""Intervals of what a method gains over another, over the runs and test periods that both have."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from freshrec.evaluation.measurement_files import Measurements
from freshrec.evaluation.summary import Score, Summary
from freshrec.metrics import Metric
from freshrec.statistics import ALL, Interval, Measurement

__all__ = ["Paired", "with_intervals"]

STEP = 1e-6
"""Of the differences that stand for derivatives, relative to the value."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Paired:
    """One metric of a method and of the baseline, on the same R runs, P periods and B half-samples of users.

    Attributes:
        periods: numbers of the periods in which the metric is defined.
        own: values of the method [R, P].
        base: values of the baseline [R, P].
        own_replicates: the method's on the half-samples [R, P, B], NaN where undefined.
        base_replicates: the baseline's [R, P, B].
    """

    periods: tuple[int, ...]
    own: Floats
    base: Floats
    own_replicates: Floats
    base_replicates: Floats

    @classmethod
    def of(cls, own: Mapping[tuple[int, int], Measurement], base: Mapping[tuple[int, int], Measurement]) -> Self | None:
        """Pair the measurements of a method and of the baseline, which are by run and period.

        Runs that only one of them has are left out, and then periods in which a value is undefined.

        Returns:
            The pair; None where nothing is left.
        """
        runs = sorted({run for run, _ in own} & {run for run, _ in base})
        numbers = sorted({period for _, period in own.keys() & base.keys()})
        periods = tuple(number for number in numbers if _defined(own, runs, number) and _defined(base, runs, number))
        if not periods:
            return None
        arrays = []
        for each in (own, base):
            arrays.append(np.array([[each[run, number].value for number in periods] for run in runs], np.float64))
        for each in (own, base):
            arrays.append(np.array([[each[run, number].replicates for number in periods] for run in runs]))
        return cls(periods, *arrays)

    def difference(self) -> float:
        """The mean over runs and periods of the method's value less the baseline's."""
        return float((self.own - self.base).mean())

    def difference_interval(self) -> Interval | None:
        """The 95% interval of the difference; None where nothing is known of its variance."""
        return Interval.of_mean(self.own - self.base, self.own_replicates - self.base_replicates)

    def improvement_interval(self, metric: Metric) -> Interval | None:
        """The 95% interval of the improvement of the method's mean over the baseline's mean, in percent.

        An improvement is a function of two means. Its tangent at them is a mean of one number for each run and period,
        whose interval is taken (the delta method).

        Returns:
            The interval; None where the improvement is undefined, or nothing is known of its variance.
        """
        own, base = float(self.own.mean()), float(self.base.mean())
        at = metric.improvement(own, base)
        by_own = _slope(
            metric.improvement(own + STEP * abs(own), base), metric.improvement(own - STEP * abs(own), base)
        )
        by_base = _slope(
            metric.improvement(own, base + STEP * abs(base)), metric.improvement(own, base - STEP * abs(base))
        )
        if at is None or by_own is None or by_base is None:
            return None

        def tangent(value: Floats, over: Floats) -> Floats:
            result: Floats = at + by_own * (value - own) / abs(own or 1.0) + by_base * (over - base) / abs(base or 1.0)
            return result

        return Interval.of_mean(tangent(self.own, self.base), tangent(self.own_replicates, self.base_replicates))


def with_intervals(
    summaries: Iterable[Summary], measured: Measurements, metrics: Sequence[Metric], baseline: str | None
) -> list[Summary]:
    """The summaries with the 95% intervals of all improvements over the baseline.

    Args:
        summaries: of the methods.
        measured: their measurements.
        metrics: those of the summaries.
        baseline: what they improve on.
    """

    def bounded(method: str, metric: Metric, score: Score) -> Score:
        if score.improvement is None or baseline is None:
            return score
        own, base = (measured.of(each, ALL, metric.name) for each in (method, baseline))
        paired = Paired.of(own, base)
        found = paired.improvement_interval(metric) if paired else None
        return replace(score, low=found.low, high=found.high) if found else score

    return [
        replace(
            each, scores={metric.name: bounded(each.method, metric, each.scores[metric.name]) for metric in metrics}
        )
        for each in summaries
    ]


def _defined(measured: Mapping[tuple[int, int], Measurement], runs: list[int], period: int) -> bool:
    return all((run, period) in measured and measured[run, period].value is not None for run in runs)


def _slope(above: float | None, below: float | None) -> float | None:
    """The derivative by a relative change; None where a side is undefined."""
    return None if above is None or below is None else (above - below) / (2 * STEP)
