"""The paper's Figure 3: every method on every test period."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from freshrec.evaluation import Cell, Column, Result, Score, Table, csv_bytes, curves, deviation, head, score_cells
from freshrec.experiments.measured import BASELINE, Measured, Shown
from freshrec.experiments.published import PAPER_METRICS
from freshrec.experiments.readings import period_readings
from freshrec.metrics import Metric

__all__ = ["figure_3"]


@dataclass(frozen=True)
class PeriodRecord:
    """A line of figure3.csv: a method on one scored period, over the runs."""

    method: str
    metric: str
    scored_period: int
    runs: int
    mean: float | None
    std: float | None


def figure_3(measured: Measured, methods: Sequence[str]) -> Shown:
    """Each method on each test period, in both metrics."""
    results = measured.of(methods)
    points = {metric.name: _by_period(results, metric) for metric in PAPER_METRICS}
    runs = len({each.run for each in results})
    # The first looks are the strongest: IU's and those of the paper's own methods, which its tables have last.
    drawn = measured.of((BASELINE, *(name for name in reversed(methods) if name != BASELINE)))
    return Shown(
        sentences=tuple(
            sentence for metric in PAPER_METRICS for sentence in period_readings(points[metric.name], metric)
        ),
        tables=tuple(_period_table(points[metric.name], metric) for metric in PAPER_METRICS),
        note="The model of each test period, scored on the period after it"
        + (
            f"; means over {runs} runs in tables, medians and all runs as points in figures."
            if runs > 1
            else "; a single run."
        ),
        csv=csv_bytes(
            PeriodRecord,
            [
                PeriodRecord(method, metric.name, period, runs, score.mean, score.std)
                for metric in PAPER_METRICS
                for method, periods in points[metric.name].items()
                for period, score in periods.items()
            ],
        ),
        panels=tuple(curves(drawn, metric, prefix="figure3-") for metric in PAPER_METRICS),
    )


def _by_period(results: Sequence[Result], metric: Metric) -> dict[str, dict[int, Score]]:
    """Method to scored period to mean and spread over the runs."""
    values: dict[str, dict[int, list[float]]] = {}
    for each in results:
        value = each.scores[metric.name]
        runs = values.setdefault(each.method, {}).setdefault(each.scored_period, [])
        runs += [] if value is None else [value]
    return {
        method: {period: Score(fmean(runs) if runs else None, deviation(runs)) for period, runs in periods.items()}
        for method, periods in values.items()
    }


def _period_table(points: Mapping[str, Mapping[int, Score]], metric: Metric) -> Table:
    periods = list(dict.fromkeys(period for scores in points.values() for period in scores))
    columns = [score_cells([Score(scores[period].mean) for scores in points.values()], metric) for period in periods]
    rows = tuple((Cell(method), *cells) for method, *cells in zip(points, *columns, strict=True))
    return Table(f"{head(metric)} by scored period", (Column("Method"), *(Column(str(each)) for each in periods)), rows)
