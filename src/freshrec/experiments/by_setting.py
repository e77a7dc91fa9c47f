"""The paper's Figures 4 and 6: ASMG-GRUmulti with other sequence lengths and hidden sizes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from matplotlib.axes import Axes

from freshrec.evaluation import (
    COLOURS,
    INK,
    Cell,
    Column,
    Panel,
    Score,
    Table,
    axis_title,
    csv_bytes,
    head,
    improvement_cell,
    score_cell,
    score_cells,
)
from freshrec.experiments.measured import BASELINE, Measured, Shown
from freshrec.experiments.readings import sweep_readings
from freshrec.experiments.sweeps import SWEEPS, Sweep
from freshrec.experiments.tables import means_note
from freshrec.metrics import Metric

__all__ = ["sensitivity"]


@dataclass(frozen=True)
class SweepRecord:
    """A line of figure4.csv and figure6.csv: one value of a setting, or IU, which has none."""

    panel: str
    setting: str
    value: int | None
    method: str
    metric: str
    runs: int
    mean: float | None
    std: float | None
    improvement: float | None
    improvement_std: float | None


def sensitivity(measured: Measured, methods: Sequence[str], metric: Metric, name: str) -> Shown:
    """ASMG-GRUmulti with (a) windows of several lengths and (b) hidden states of several sizes, beside IU."""
    summaries = {each.method: each for each in measured.summaries(methods)}
    scores = {method: summary.scores[metric.name] for method, summary in summaries.items()}
    runs = summaries[BASELINE].runs
    return Shown(
        sentences=tuple(sentence for sweep in SWEEPS for sentence in sweep_readings(sweep, scores, metric)),
        tables=tuple(_sweep_table(sweep, scores, metric) for sweep in SWEEPS),
        note=f"{means_note(list(summaries.values()))} "
        + ("Bars and the band around iu are one standard deviation to each side." if runs > 1 else ""),
        csv=csv_bytes(
            SweepRecord,
            [
                SweepRecord(
                    panel=sweep.panel,
                    setting=sweep.setting,
                    value=value,
                    method=method,
                    metric=metric.name,
                    runs=runs,
                    mean=scores[method].mean,
                    std=scores[method].std,
                    improvement=scores[method].improvement,
                    improvement_std=scores[method].improvement_std,
                )
                for sweep in SWEEPS
                for value, method in ((None, BASELINE), *sweep.variants.items())
            ],
        ),
        panels=tuple(
            Panel(
                name=f"{name}-{sweep.setting}",
                title=f"({sweep.panel}) {sweep.title}",
                label=f"{axis_title(metric)} of asmg-gru-multi by {sweep.title.lower()}, beside that of iu",
                draw=partial(_draw_sweep, sweep=sweep, scores=scores, metric=metric),
            )
            for sweep in SWEEPS
        ),
    )


def _sweep_table(sweep: Sweep, scores: Mapping[str, Score], metric: Metric) -> Table:
    own = [scores[method] for method in sweep.variants.values()]
    cells = score_cells(own, metric)
    rows = [
        (Cell(str(value)), cell, improvement_cell(score.improvement, score.improvement_std))
        for value, cell, score in zip(sweep.variants, cells, own, strict=True)
    ]
    rows.append((Cell(BASELINE), score_cell(scores[BASELINE].mean, scores[BASELINE].std), Cell("–")))
    columns = (Column(sweep.title), Column(head(metric)), Column("imp%"))
    return Table(f"({sweep.panel}) {sweep.title}", columns, tuple(rows))


def _draw_sweep(axes: Axes, sweep: Sweep, scores: Mapping[str, Score], metric: Metric) -> None:
    """A line over the values with bars of one standard deviation, and IU as a level line with its band."""
    values = list(sweep.variants)
    points = [scores[method] for method in sweep.variants.values()]
    means = [float("nan") if point.mean is None else point.mean for point in points]
    colour = COLOURS[2]
    axes.plot(values, means, color=colour, marker="o", label="asmg-gru-multi")
    bars = [(value, mean, point.std) for value, mean, point in zip(values, means, points, strict=True) if point.std]
    if bars:
        x, middle, std = zip(*bars, strict=True)
        axes.errorbar(x, middle, yerr=std, fmt="none", ecolor=colour, elinewidth=1.1, capsize=3.5)
    base = scores[BASELINE]
    if base.mean is not None:
        axes.axhline(base.mean, color=INK, linestyle="--", linewidth=1.2, label=BASELINE)
        if base.std:
            axes.axhspan(base.mean - base.std, base.mean + base.std, color=INK, alpha=0.12, linewidth=0)
    axes.set_xticks(values)
    axes.set_xlabel(f"{sweep.title} ({sweep.unit})")
    axes.set_ylabel(axis_title(metric))
    axes.grid(axis="y")
