"""The turnover of a prepared stream as text: a sentence of means, and a table of periods."""

from collections.abc import Collection, Mapping
from typing import Any

from freshrec.data.turnover import RECENT_PERIODS, TOP_ITEMS

__all__ = [
    "TURNOVER_COLUMNS",
    "TURNOVER_NOTE",
    "lacking_ids",
    "minute",
    "time_range",
    "turnover_rows",
    "turnover_sentence",
]

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

LACKING = {
    "user": "The log has no users: GAUC is undefined, intervals take every sample to be independent, and no slice is "
    "of users.",
    "item": "The log has no items: item-odds predicts what constant predicts, and no slice is of items.",
}

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
            *(_count(period["turnover"][name]) for name in ("new_users", "new_items")),
            *(_percent(period["turnover"][name]) for name in SHARES),
        )
        for period in manifest["periods"]
    ]


def turnover_sentence(manifest: Mapping[str, Any]) -> str:
    """The means of a prepared stream's turnover; empty for a stream that has neither users nor items."""
    means, tables = manifest["turnover"], _tables(manifest)
    new, recent, kept, busiest = (_percent(means[name]) for name in SHARES)
    parts = []
    if "item" in tables:
        parts.append(
            f"{new} of positives on items first seen in the period, {recent} on items of the last {RECENT_PERIODS}"
        )
        parts.append(f"{kept} of the top {TOP_ITEMS} items stay from one period to the next")
    names = [f"{name}s" for name in ("user", "item") if name in tables]
    parts.append(" and ".join(f"{means[f'new_{name}']:,.1f} new {name}" for name in names))
    if "user" in tables:
        parts.append(f"busiest user {busiest}")
    first, last = means["first"], len(manifest["periods"])
    return f"Turnover, means of periods {first} to {last}: {'; '.join(parts)}." if names else ""


def lacking_ids(manifest: Mapping[str, Any]) -> list[str]:
    """What a stream without users or without items cannot have, a sentence each.

    >>> lacking_ids({"schema": {"rows": {"user": 3, "device": 2}}})
    ['The log has no items: item-odds predicts what constant predicts, and no slice is of items.']
    """
    return [sentence for table, sentence in LACKING.items() if table not in _tables(manifest)]


def _tables(manifest: Mapping[str, Any]) -> Collection[str]:
    """The tables of a stream; users and items where the manifest does not say."""
    tables: Collection[str] = manifest.get("schema", {}).get("rows", LACKING)
    return tables


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


def _count(number: float | None, digits: int = 0) -> str:
    return "–" if number is None else f"{number:,.{digits}f}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"
