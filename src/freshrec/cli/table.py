"""Tables on stdout, laid out as the paper's."""

from collections.abc import Sequence
from typing import Literal

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table as RichTable

from freshrec.evaluation import SHOWN, Cell, Summary, Table, on_extended_models, summary_table
from freshrec.metrics import Metric

__all__ = ["print_summaries", "print_table"]

WIDEST = 10_000
"""Columns that no table needs."""


def print_summaries(summaries: Sequence[Summary], metrics: Sequence[Metric], baseline: str | None) -> None:
    """Print mean, spread and improvement of every method over the test periods, the best in bold, and what they are."""
    print_table(summary_table(summaries, metrics, baseline))
    for line in (_caption(summaries[0], metrics[:SHOWN]), on_extended_models(summaries)):
        if line:
            typer.echo(line)


def print_table(table: Table) -> None:
    """Print a table; the best of a column in bold, what was measured elsewhere dimmed."""
    shown = RichTable(box=SIMPLE_HEAD)
    for number, column in enumerate(table.columns):
        justify: Literal["left", "right"] = "right" if number else "left"
        shown.add_column(escape(column.title), justify=justify, style="dim" if column.aside else None)
    for row in table.rows:
        shown.add_row(*map(_marked, row))
    console = Console(highlight=False)
    # Better that a narrow terminal wraps a line than that digits are cut.
    console.width = max(console.width, console.measure(shown, options=console.options.update(width=WIDEST)).maximum)
    console.print(shown)


def _caption(summary: Summary, metrics: Sequence[Metric]) -> str:
    runs = f"{summary.runs} runs, ± their standard deviation" if summary.runs > 1 else "1 run"
    undefined = "".join(
        f"; {metric.title} is undefined in {summary.scores[metric.name].undefined_periods} of them"
        for metric in metrics
        if summary.scores[metric.name].undefined_periods
    )
    return f"Means over {summary.test_periods} test periods{undefined}; {runs}."


def _marked(cell: Cell) -> str:
    return f"[bold]{escape(str(cell))}[/bold]" if cell.best else escape(str(cell))
