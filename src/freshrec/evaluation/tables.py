"""Tables of scores, made once and shown alike in terminals, pages and Markdown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from freshrec.evaluation.summary import Summary

__all__ = [
    "Cell",
    "Column",
    "Table",
    "best_of",
    "improvement_cell",
    "percent",
    "score",
    "score_cell",
    "seconds",
    "summary_table",
]


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


def summary_table(summaries: Sequence[Summary], baseline: str = "iu") -> Table:
    """A row a method: mean and spread of both metrics on the test periods, and the improvement over the baseline.

    Trivial baselines are marked as baselines, and never as the best.

    Args:
        summaries: what `summarise` gave; at least one.
        baseline: what they improve on; without it among several of them there is no improvement to show.
    """
    compared = len(summaries) > 1 and any(each.method == baseline for each in summaries)
    ranked = [each for each in summaries if not each.trivial]
    best_auc = best_of(max, [each.auc_mean for each in ranked])
    best_logloss = best_of(min, [each.logloss_mean for each in ranked])
    titles, rows = ["Method", "AUC ↑", "Log loss ↓"], []
    for each in summaries:
        cells = [
            Cell(f"{each.method} (baseline)" if each.trivial else each.method),
            score_cell(each.auc_mean, each.auc_std, None if each.trivial else best_auc),
            score_cell(each.logloss_mean, each.logloss_std, None if each.trivial else best_logloss),
        ]
        if compared:
            cells.insert(2, improvement_cell(each.auc_improvement, each.auc_improvement_std))
            cells.append(improvement_cell(each.logloss_improvement, each.logloss_improvement_std))
        rows.append(tuple(cells))
    if compared:
        titles = [*titles[:2], "imp%", titles[2], "imp%"]
    return Table("Test periods", tuple(map(Column, titles)), tuple(rows))


def score_cell(mean: float | None, std: float | None = None, best: float | None = None) -> Cell:
    """A score of four digits with its spread, marked where it is the best."""
    return Cell(score(mean), "" if std is None else f"± {std:.4f}", mean is not None and mean == best)


def improvement_cell(value: float | None, std: float | None = None) -> Cell:
    """An improvement in percent with its spread between runs."""
    return Cell(percent(value), "" if std is None else f"± {std:.2f}")


def best_of(pick: Callable[[list[float]], float], values: Sequence[float | None]) -> float | None:
    """The best of the values; None where they are all the same, and for a single one."""
    defined = [value for value in values if value is not None]
    return pick(defined) if len(set(defined)) > 1 else None


def score(value: float | None) -> str:
    """An AUC or a log loss with four digits.

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
