"""Tables of scores, made once and shown alike in terminals, pages and Markdown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from freshrec.evaluation.summary import SHOWN, Score, Summary, scores_of
from freshrec.metrics import Metric

__all__ = [
    "Cell",
    "Column",
    "Table",
    "best_of",
    "head",
    "improvement_cell",
    "interval_cell",
    "other_metrics_table",
    "percent",
    "score",
    "score_cell",
    "score_cells",
    "seconds",
    "summary_table",
]

ARROWS = {"higher": "↑", "lower": "↓", "nearer": "→"}


@dataclass(frozen=True)
class Cell:
    """What stands in one place of a table.

    Attributes:
        text: the value, or `–` where there is none.
        spread: how far it is certain, such as `± 0.0007`; empty where that is not known.
        best: whether it is the best of its column.
    """

    text: str
    spread: str = ""
    best: bool = False

    def __str__(self) -> str:
        return f"{self.text} {self.spread}" if self.spread else self.text


@dataclass(frozen=True)
class Column:
    """The head of a column.

    Attributes:
        title: what is below it.
        aside: whether that was measured elsewhere, and stands here to be compared with.
    """

    title: str
    aside: bool = False


@dataclass(frozen=True)
class Table:
    """Named rows of cells; the first cell of a row names it.

    Attributes:
        title: what it shows, in a word or two.
        columns: their heads, that of the names included.
        rows: as many cells each as there are columns.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


def summary_table(summaries: Sequence[Summary], metrics: Sequence[Metric], baseline: str | None) -> Table:
    """A row a method: mean and spread of the first two metrics on the test periods, and improvements over the baseline.

    Trivial baselines are marked as baselines, and never as the best.

    Args:
        summaries: what `summarise` gave; at least one.
        metrics: those of the summaries.
        baseline: what they improve on; without it among several of them there is no improvement to show.
    """
    compared = len(summaries) > 1 and any(each.method == baseline for each in summaries)
    columns, cells = [Column("Method")], [_names(summaries)]
    for metric in metrics[:SHOWN]:
        scores = scores_of(summaries, metric)
        columns.append(Column(head(metric)))
        cells.append(_ranked_cells(summaries, metric))
        if compared:
            columns.append(Column("imp%"))
            cells.append([interval_cell(each) for each in scores])
    return Table("Test periods", tuple(columns), tuple(zip(*cells, strict=True)))


def other_metrics_table(summaries: Sequence[Summary], metrics: Sequence[Metric]) -> Table | None:
    """A row a method: what `summary_table` leaves out, the other metrics and other forms of improvement.

    Args:
        summaries: what `summarise` gave; at least one.
        metrics: those of the summaries.

    Returns:
        The table; None where nothing was left out.
    """
    columns, cells = [Column("Method")], [_names(summaries)]
    for place, metric in enumerate(metrics):
        scores = scores_of(summaries, metric)
        if place >= SHOWN:
            columns.append(Column(head(metric)))
            cells.append(_ranked_cells(summaries, metric))
        for title in metric.forms:
            values = [score.forms.get(title) for score in scores]
            if any(value is not None for value in values):
                columns.append(Column(f"{title} of {metric.title}"))
                cells.append([improvement_cell(value) for value in values])
    return Table("Other metrics", tuple(columns), tuple(zip(*cells, strict=True))) if len(columns) > 1 else None


def _names(summaries: Sequence[Summary]) -> list[Cell]:
    return [Cell(each.method, _remark(each)) for each in summaries]


def _remark(summary: Summary) -> str:
    if summary.trivial:
        return "(baseline)"
    return "(worse than guessing)" if summary.worse_than else ""


def _ranked_cells(summaries: Sequence[Summary], metric: Metric) -> list[Cell]:
    """A cell a method, the best marked that is no trivial baseline."""
    scores = scores_of(summaries, metric)
    best = best_of(metric, [score.mean for score, each in zip(scores, summaries, strict=True) if not each.trivial])
    return [
        score_cell(score.mean, score.std, None if each.trivial else best)
        for score, each in zip(scores, summaries, strict=True)
    ]


def head(metric: Metric) -> str:
    """A metric's title in the head of a column, with the direction that is better, or the ideal."""
    ideal = f" {metric.ideal:g}" if metric.better == "nearer" else ""
    return f"{metric.heading} {ARROWS[metric.better]}{ideal}"


def score_cells(scores: Sequence[Score], metric: Metric) -> list[Cell]:
    """A cell a score, the best marked."""
    best = best_of(metric, [score.mean for score in scores])
    return [score_cell(score.mean, score.std, best) for score in scores]


def score_cell(mean: float | None, std: float | None = None, best: float | None = None) -> Cell:
    """A score of four digits with its spread, marked where it is the best."""
    return Cell(score(mean), "" if std is None else f"± {std:.4f}", mean is not None and mean == best)


def improvement_cell(value: float | None, std: float | None = None) -> Cell:
    """An improvement in percent with its spread between runs."""
    return Cell(percent(value), "" if std is None else f"± {std:.2f}")


def interval_cell(score: Score) -> Cell:
    """An improvement in percent with its 95% interval."""
    known = score.low is not None and score.high is not None
    return Cell(percent(score.improvement), f"[{percent(score.low)}, {percent(score.high)}]" if known else "")


def best_of(metric: Metric, values: Iterable[float | None]) -> float | None:
    """The best of a metric's values; None where they are all the same, and for a single one."""
    defined = [value for value in values if value is not None]
    return max(defined, key=metric.goodness) if len(set(defined)) > 1 else None


def score(value: float | None) -> str:
    """A value of a metric with four digits.

    >>> score(0.81798)
    '0.8180'
    """
    return "–" if value is None else f"{value:.4f}"


def percent(value: float | None) -> str:
    """Signed, with a true minus; zero has no sign.

    >>> percent(-0.894), percent(0.001)
    ('−0.89%', '0.00%')
    """
    return "–" if value is None else f"{value:+.2f}%".replace("-", "−") if abs(value) >= 0.005 else "0.00%"


def seconds(value: float) -> str:
    """A time with three digits.

    >>> seconds(0.0123), seconds(1234.5)
    ('0.0123 s', '1,234 s')
    """
    return f"{value:#.3g} s" if value < 99.5 else f"{value:,.0f} s"
