"""How fast a stream changes, on stdout: its means in a sentence, its periods as a table."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

__all__ = ["print_turnover", "turnover_sentence"]

WIDEST = 10_000
"""Columns that no table needs."""


def turnover_sentence(manifest: Mapping[str, Any]) -> str:
    """The time that a stream covers and the means of its turnover, as plain sentences."""
    means, periods = manifest["turnover"], manifest["periods"]
    times = [period[end] for period in periods for end in ("first", "last") if period[end] is not None]
    return (
        f"Time: {_minute(times[0])} to {_minute(times[-1])} UTC. "
        f"Turnover, means of periods {means['first']} to {len(periods)}: "
        f"{_percent(means['new_item_share'])} of positives on items first seen in the period, "
        f"{_percent(means['recent_item_share'])} on items of the last three; "
        f"{_percent(means['top_item_overlap'])} of the top 100 items stay from one period to the next; "
        f"{means['new_users']:,.1f} new users and {means['new_items']:,.1f} new items; "
        f"busiest user {_percent(means['busiest_user_share'])}."
    )


def print_turnover(manifest: Mapping[str, Any]) -> None:
    """Print a table with a line a period, and the means below."""
    table = Table(box=SIMPLE_HEAD)
    columns = ("Period", "First", "Last", "Samples", "Positives", "New users", "New items", "On new", "On recent")
    for name in (*columns, "Top 100 kept", "Busiest user"):
        justify: Literal["left", "right"] = "left" if name in ("First", "Last") else "right"
        table.add_column(name, justify=justify, no_wrap=True)
    for period in manifest["periods"]:
        figures = period["turnover"]
        table.add_row(
            str(period["number"]),
            *(_minute(period[end]) for end in ("first", "last")),
            *(f"{period[name]:,}" for name in ("size", "positives")),
            *(f"{figures[name]:,}" for name in ("new_users", "new_items")),
            *_shares(figures),
        )
    console = Console(highlight=False)
    console.width = max(console.width, console.measure(table, options=console.options.update(width=WIDEST)).maximum)
    console.print(table)
    typer.echo(
        "On new, on recent: share of positives on items first seen in the period, and in the last three. "
        "Top 100 kept: share of the 100 items with the most positives that were among them in the period before. "
        "Busiest user: share of the period's interactions."
    )
    typer.echo(turnover_sentence(manifest))


def _shares(figures: Mapping[str, Any]) -> Sequence[str]:
    names = ("new_item_share", "recent_item_share", "top_item_overlap", "busiest_user_share")
    return [_percent(figures[name]) for name in names]


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _minute(time: str | None) -> str:
    """A time without its seconds and zone."""
    return "–" if time is None else time[:16].replace("T", " ")
