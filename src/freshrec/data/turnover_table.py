"""The turnover of a prepared stream as text: a sentence of means, and a table of periods."""

from collections.abc import Mapping
from typing import Any

from freshrec.data.turnover import RECENT_PERIODS, TOP_ITEMS

__all__ = ["TURNOVER_COLUMNS", "TURNOVER_NOTE", "minute", "time_range", "turnover_rows", "turnover_sentence"]

TURNOVER_COLUMNS = (
    "Period",
    "First (UTC)",
    "Last (UTC)",
    "Samples",
    "Positives",
    "New users",
    "New items",
    "On new items",
    "On recent items",
    f"Top {TOP_ITEMS} kept",
    "Busiest user",
)
"""Heads of the columns of `turnover_rows`."""

TURNOVER_NOTE = (
    "On new items, on recent items: share of positives on items first seen in the period, and in the last "
    f"{RECENT_PERIODS} periods. Top {TOP_ITEMS} kept: share of the {TOP_ITEMS} items with the most positives that were "
    "among them in the period before. Busiest user: share of the period's interactions."
)
"""What the columns mean."""

SHARES = ("new_item_share", "recent_item_share", "top_item_overlap", "busiest_user_share")


def turnover_rows(manifest: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """A row a period, a cell for each of `TURNOVER_COLUMNS`.

    Args:
        manifest: of a prepared stream.
    """
    return [
        (
            str(period["number"]),
            *(minute(period[end]) for end in ("first", "last")),
            *(f"{period[name]:,}" for name in ("size", "positives")),
            *(f"{period['turnover'][name]:,}" for name in ("new_users", "new_items")),
            *(_percent(period["turnover"][name]) for name in SHARES),
        )
        for period in manifest["periods"]
    ]


def turnover_sentence(manifest: Mapping[str, Any]) -> str:
    """The means of a prepared stream's turnover."""
    means = manifest["turnover"]
    new, recent, kept, busiest = (_percent(means[name]) for name in SHARES)
    return (
        f"Turnover, means of periods {means['first']} to {len(manifest['periods'])}: {new} of positives on items first "
        f"seen in the period, {recent} on items of the last {RECENT_PERIODS}; {kept} of the top {TOP_ITEMS} items stay "
        f"from one period to the next; {means['new_users']:,.1f} new users and {means['new_items']:,.1f} new items; "
        f"busiest user {busiest}."
    )


def time_range(manifest: Mapping[str, Any]) -> str:
    """The first and the last time of a stream's interactions; empty where the manifest has no periods."""
    times = [each[end] for each in manifest.get("periods", ()) for end in ("first", "last") if each.get(end)]
    return f"{minute(times[0])} to {minute(times[-1])} UTC" if times else ""


def minute(time: str | None) -> str:
    """A time of a manifest without its seconds and zone.

    >>> minute("2020-01-31T23:59:08+00:00")
    '2020-01-31 23:59'
    """
    return "–" if time is None else time[:16].replace("T", " ")


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"
