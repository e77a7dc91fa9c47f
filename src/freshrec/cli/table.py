"""The outcome of a comparison as a table on stdout, laid out as the paper's Table 1."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from freshrec.evaluation import Summary

__all__ = ["print_summaries"]

WIDE = 120
"""Columns that a line has at least: better that a narrow terminal wraps it than that digits are cut."""


def print_summaries(summaries: "Sequence[Summary]") -> None:
    """Print mean, spread and improvement of every method over the test periods; the best in bold."""
    console = Console(highlight=False)
    console.width = max(console.width, WIDE)
    table = Table(box=SIMPLE_HEAD)
    table.add_column("Method", overflow="fold")
    for name in ("AUC ↑", "imp%", "Log loss ↓", "imp%"):
        table.add_column(name, justify="right", no_wrap=True)
    best_auc = max((each.auc_mean for each in summaries if each.auc_mean is not None), default=None)
    best_logloss = min(each.logloss_mean for each in summaries)
    for each in summaries:
        table.add_row(
            each.method,
            _spread(each.auc_mean, each.auc_std, best_auc),
            _percent(each.auc_improvement),
            _spread(each.logloss_mean, each.logloss_std, best_logloss),
            _percent(each.logloss_improvement),
        )
    console.print(table)
    console.print(_caption(summaries[0]), soft_wrap=True)


def _caption(summary: "Summary") -> str:
    runs = f"{summary.runs} runs, ± their standard deviation" if summary.runs > 1 else "1 run"
    undefined = f"; AUC is undefined in {summary.undefined_periods} of them" if summary.undefined_periods else ""
    return f"Means over {summary.test_periods} test periods{undefined}; {runs}."


def _spread(mean: float | None, std: float | None, best: float | None) -> str:
    if mean is None:
        return "–"
    text = f"{mean:.4f}" if std is None else f"{mean:.4f} ± {std:.4f}"
    return f"[bold]{text}[/bold]" if mean == best else text


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:+.2f}%"
