"""Scores by slice: where a method gains over the baseline, and where it loses."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from freshrec.evaluation.intervals import Paired
from freshrec.evaluation.measurement_files import Measurements
from freshrec.evaluation.results import csv_bytes
from freshrec.files import write_bytes
from freshrec.metrics import Metric
from freshrec.statistics import Measurement

__all__ = ["SliceScore", "slice_scores", "write_slices"]


@dataclass(frozen=True)
class SliceScore:
    """A method on one slice of the test periods, in one metric.

    Attributes:
        slice: its name.
        method: the updater's name in the comparison.
        metric: the metric's name.
        samples: how many samples of the test periods are in the slice.
        periods: in how many test periods the metric is defined on it.
        value: mean over those periods and the runs; None where there is none.
        difference: of the value to the baseline's; None for and without a baseline.
        low: lower end of the 95% interval of the difference; None where it is not known.
        high: upper end of that interval.
    """

    slice: str
    method: str
    metric: str
    samples: int
    periods: int
    value: float | None
    difference: float | None
    low: float | None
    high: float | None


def slice_scores(
    measured: Measurements, methods: Sequence[str], metrics: Sequence[Metric], baseline: str | None
) -> list[SliceScore]:
    """The scores of all methods on all slices, slice by slice and metric by metric.

    Args:
        measured: the measurements of the test periods.
        methods: their names.
        metrics: of which there are measurements on every slice.
        baseline: what differences are to, where it is among the methods.
    """
    return [
        _score(name, method, metric.name, measured.of(method, name, metric.name), base)
        for name in measured.slices()
        for metric in metrics
        for base in [measured.of(baseline, name, metric.name) if baseline else {}]
        for method in methods
    ]


def write_slices(path: Path, scores: Iterable[SliceScore]) -> None:
    """Write slices.csv: one line a slice, metric and method, floats with all their digits, empty where there is none.

    Raises:
        OutputError: the file cannot be written; what was there before is unchanged.
    """
    write_bytes(path, csv_bytes(SliceScore, scores))


def _score(
    name: str,
    method: str,
    metric: str,
    own: Mapping[tuple[int, int], Measurement],
    base: Mapping[tuple[int, int], Measurement],
) -> SliceScore:
    defined = {place: each.value for place, each in own.items() if each.value is not None}
    first = min((run for run, _ in own), default=0)
    paired = Paired.of(own, base) if own is not base else None
    interval = paired.difference_interval() if paired else None
    return SliceScore(
        slice=name,
        method=method,
        metric=metric,
        samples=sum(each.samples for (run, _), each in own.items() if run == first),
        periods=len({period for _, period in defined}),
        value=fmean(defined.values()) if defined else None,
        difference=paired.difference() if paired else None,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
    )
