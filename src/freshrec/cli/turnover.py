"""How fast a stream changes, on stdout: a table of its periods, and the means in a sentence."""

from collections.abc import Mapping
from typing import Any, Literal

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from freshrec.data import TURNOVER_COLUMNS, TURNOVER_NOTE, lacking_ids, time_range, turnover_rows, turnover_sentence

__all__ = ["print_turnover", "time_and_turnover"]

WIDEST = 10_000
"""Columns that no table needs."""


def time_and_turnover(manifest: Mapping[str, Any]) -> str:
    """The time that a stream covers and the means of its turnover, as plain sentences."""
    if not manifest["periods"]:
        return "No period is finished yet."
    sentences = [f"Time: {time_range(manifest)}.", turnover_sentence(manifest), *lacking_ids(manifest)]
    return " ".join(filter(None, sentences))


def print_turnover(manifest: Mapping[str, Any]) -> None:
    """Print a table with a line a period, and the means below."""
    table = Table(box=SIMPLE_HEAD)
    for name in TURNOVER_COLUMNS:
        justify: Literal["left", "right"] = "left" if name.endswith("(UTC)") else "right"
        table.add_column(name, justify=justify, no_wrap=True)
    for row in turnover_rows(manifest):
        table.add_row(*row)
    console = Console(highlight=False)
    console.width = max(console.width, console.measure(table, options=console.options.update(width=WIDEST)).maximum)
    console.print(table)
    typer.echo(TURNOVER_NOTE)
    typer.echo(time_and_turnover(manifest))
