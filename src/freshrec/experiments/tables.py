"""The paper's Tables 1 to 3, its own values beside the measured ones where the data set is one of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from freshrec.evaluation import (
    Cell,
    Column,
    Score,
    Summary,
    Table,
    csv_bytes,
    deviation,
    head,
    improvement_cell,
    improvement_note,
    on_other_models,
    score_cells,
    scores_of,
    seconds,
)
from freshrec.experiments.findings import table_1_findings, table_2_findings, table_3_findings
from freshrec.experiments.measured import BASELINE, Measured, Shown
from freshrec.experiments.papers import papers_table_1, papers_table_2, papers_table_3
from freshrec.experiments.published import PAPER_DATASETS, PAPER_METRICS, TABLE_1, TABLE_2, TABLE_3, Scores
from freshrec.experiments.timing import Timing
from freshrec.metrics import Metric
from freshrec.updaters import METHODS

__all__ = ["means_note", "table_1", "table_2", "table_3"]


@dataclass(frozen=True)
class ScoreRecord:
    """A line of table1.csv and table2.csv; `paper_` is what the paper has for the same data set."""

    method: str
    metric: str
    runs: int
    mean: float | None
    std: float | None
    improvement: float | None
    improvement_std: float | None
    paper_mean: float | None
    paper_std: float | None
    paper_improvement: float | None


@dataclass(frozen=True)
class TimeRecord:
    """A line of table3.csv: one repeat."""

    method: str
    snapshots: int
    repeat: int
    seconds: float
    paper_minutes: float | None


def table_1(measured: Measured, methods: Sequence[str]) -> Shown:
    """Every method on the test periods: one table of AUC and one of log loss, with the improvement over IU."""
    summaries = measured.summaries(methods)
    elsewhere = on_other_models({name: METHODS[name].model for name in methods}, BASELINE)
    improvement = improvement_note(BASELINE, summaries[0].runs)
    return Shown(
        sentences=tuple(table_1_findings(measured, methods)),
        tables=tuple(_with_improvement(summaries, metric, measured.dataset) for metric in PAPER_METRICS),
        note=" ".join(filter(None, (means_note(summaries), improvement, elsewhere))),
        csv=_scores_csv(summaries, TABLE_1, measured.dataset),
        paper=tuple(papers_table_1(metric) for metric in PAPER_METRICS),
    )


def table_2(measured: Measured, methods: Sequence[str]) -> Shown:
    """ASMG-GRUmulti and its four variants, both metrics side by side."""
    summaries = measured.summaries(methods)
    known = measured.dataset in PAPER_DATASETS
    columns = [Column("Variant"), *(Column(head(metric)) for metric in PAPER_METRICS)]
    columns += [Column(f"Paper: {head(metric)}", aside=True) for metric in PAPER_METRICS if known]
    ours, theirs = {}, {}
    for metric in PAPER_METRICS:
        ours[metric.name] = score_cells(scores_of(summaries, metric), metric)
        if known:
            theirs[metric.name] = score_cells(
                [TABLE_2[metric.name][name][measured.dataset] for name in methods], metric
            )
    rows = [
        (Cell(name), *(ours[metric][row] for metric in ours), *(theirs[metric][row] for metric in theirs))
        for row, name in enumerate(methods)
    ]
    return Shown(
        sentences=tuple(table_2_findings(measured, methods)),
        tables=(Table("ASMG-GRUmulti and its variants", tuple(columns), tuple(rows)),),
        note=means_note(summaries),
        csv=_scores_csv(summaries, TABLE_2, measured.dataset),
        paper=tuple(papers_table_2(metric) for metric in PAPER_METRICS),
    )


def table_3(measured: Measured, methods: Sequence[str]) -> Shown:
    """The generator's training time at the last period, on the full sequence and on the window."""
    timing, known = measured.timed(), measured.dataset in PAPER_DATASETS
    titles = ["Method", "Snapshots", "Time"]
    columns = [*map(Column, titles), *([Column("Paper: time", aside=True)] if known else [])]
    rows = [_time_row(timing, name, measured.dataset if known else None) for name in methods]
    rows.append(_ratio_row(timing, methods, measured.dataset if known else None))
    repeats = len(timing.seconds[methods[0]])
    spread = f", ± the sample standard deviation between {repeats}" if repeats > 1 else ""
    return Shown(
        sentences=tuple(table_3_findings(timing, methods, measured.dataset)),
        tables=(Table("Training time of the generator", tuple(columns), tuple(rows)),),
        note=f"Wall time of training the generator towards period {timing.period}, mean of {repeats} "
        f"repeat{'s' if repeats > 1 else ''}{spread}, the methods in turn, on {timing.machine}. The paper timed on a "
        "GeForce GTX 1080 Ti: compare ratios.",
        csv=csv_bytes(
            TimeRecord,
            [
                TimeRecord(name, timing.snapshots[name], repeat, took, TABLE_3[name].get(measured.dataset))
                for repeat, times in enumerate(zip(*(timing.seconds[name] for name in methods), strict=True))
                for name, took in zip(methods, times, strict=True)
            ],
        ),
        paper=(papers_table_3(methods),),
    )


def means_note(summaries: Sequence[Summary]) -> str:
    """What a score in a table is a mean of."""
    first = summaries[0]
    of = f"{first.test_periods} test period{'s' if first.test_periods > 1 else ''}"
    undefined = "".join(
        f" {metric.heading} is undefined in {first.scores[metric.name].undefined_periods} of them."
        for metric in PAPER_METRICS
        if first.scores[metric.name].undefined_periods
    )
    if first.runs == 1:
        return f"Means over {of} of a single run, so without a spread.{undefined}"
    return f"Means over {of}, ± the sample standard deviation between {first.runs} runs.{undefined}"


def _with_improvement(summaries: Sequence[Summary], metric: Metric, dataset: str) -> Table:
    """One half of Table 1."""
    columns = [Column("Method"), Column(head(metric)), Column("imp%")]
    ours = scores_of(summaries, metric)
    rows = [
        [Cell(each.method), cell, improvement_cell(score.improvement, score.improvement_std)]
        for each, cell, score in zip(summaries, score_cells(ours, metric), ours, strict=True)
    ]
    if dataset in PAPER_DATASETS:
        columns += [Column(f"Paper: {head(metric)}", aside=True), Column("Paper: imp%", aside=True)]
        theirs = [TABLE_1[metric.name][each.method][dataset] for each in summaries]
        for row, cell, score in zip(rows, score_cells(theirs, metric), theirs, strict=True):
            row += [cell, improvement_cell(score.improvement)]
    return Table(metric.heading, tuple(columns), tuple(map(tuple, rows)))


def _scores_csv(summaries: Sequence[Summary], published: Scores, dataset: str) -> bytes:
    records = []
    for metric in PAPER_METRICS:
        for each in summaries:
            ours = each.scores[metric.name]
            theirs = published[metric.name][each.method].get(dataset, Score(None))
            records.append(
                ScoreRecord(
                    each.method,
                    metric.name,
                    each.runs,
                    ours.mean,
                    ours.std,
                    ours.improvement,
                    ours.improvement_std,
                    theirs.mean,
                    theirs.std,
                    theirs.improvement,
                )
            )
    return csv_bytes(ScoreRecord, records)


def _time_row(timing: Timing, name: str, dataset: str | None) -> tuple[Cell, ...]:
    times = timing.seconds[name]
    std = deviation(times)
    spread = "" if std is None else f"± {seconds(std)}"
    cells = [Cell(name), Cell(str(timing.snapshots[name])), Cell(seconds(fmean(times)), spread)]
    return (*cells, *([Cell(f"{TABLE_3[name][dataset]:.1f} min")] if dataset else []))


def _ratio_row(timing: Timing, methods: Sequence[str], dataset: str | None) -> tuple[Cell, ...]:
    """How many times the first method's figures are the second's."""
    long, short = methods
    ratios = [
        timing.snapshots[long] / timing.snapshots[short],
        fmean(timing.seconds[long]) / fmean(timing.seconds[short]),
        *([TABLE_3[long][dataset] / TABLE_3[short][dataset]] if dataset else []),
    ]
    return (Cell("ratio"), *(Cell(f"{ratio:.2f} ×") for ratio in ratios))
