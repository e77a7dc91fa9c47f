"""What a report says of the data: in sentences, in a table of periods, and in short entries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from freshrec.data import (
    TURNOVER_COLUMNS,
    TURNOVER_NOTE,
    lacking_ids,
    time_range,
    turnover_rows,
    turnover_sentence,
)
from freshrec.evaluation.pages import listed
from freshrec.evaluation.tables import Cell, Column, Table

__all__ = ["DataSection", "data_section"]

TOLD = frozenset(
    {"periods", "files", "rows", "quarantined", "turnover", "schema", "published", "format", "hash", "seal"}
    | {"steps", "state", "settings", "labels", "negatives_lacking", "name", "inferred"}
)
"""Parts of a manifest that are told in words, in tables or among the settings, or say nothing to a reader."""

LENGTHS = {"m": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month"}

EXCLUDED = {"had": "that the user has not had by then", "now": "that the user does not have at the same instant"}
POOLS = {"causal": "the items seen by then", "paper": "all items of the log, later ones too,"}


@dataclass(frozen=True)
class DataSection:
    """The data of a comparison, as its report shows it.

    Attributes:
        sentences: how the stream was prepared, what time it covers, and how fast it changes.
        reasons: why rows were set aside, and how many; None where none were.
        turnover: a row a period; None where the manifest has no turnover.
        note: what the columns of that table mean.
        entries: groups of names and values.
    """

    sentences: Sequence[str]
    reasons: Table | None
    turnover: Table | None
    note: str
    entries: Mapping[str, Sequence[tuple[str, str]]]


def data_section(manifest: Mapping[str, Any]) -> DataSection:
    """The section of a stream, from its manifest; what a manifest lacks is left out."""
    has_turnover = bool(manifest.get("periods")) and "turnover" in manifest
    rest = listed({name: value for name, value in manifest.items() if name not in TOLD})
    entries = {"Size": [*_sizes(manifest), *rest.pop("", [])], "Published": _published(manifest), **rest}
    return DataSection(
        sentences=[
            _rows(manifest.get("rows", {})),
            *_time(manifest),
            *_labels(manifest),
            *lacking_ids(manifest),
            *filter(None, [turnover_sentence(manifest) if has_turnover else ""]),
        ],
        reasons=_table("Rows set aside", ("Set aside because", "Rows"), manifest.get("quarantined", {}).items()),
        turnover=_table("Turnover", TURNOVER_COLUMNS, turnover_rows(manifest)) if has_turnover else None,
        note=TURNOVER_NOTE,
        entries={name: pairs for name, pairs in entries.items() if pairs},
    )


def _rows(rows: Mapping[str, int]) -> str:
    if not rows:
        return "The stream does not say how it was prepared."
    used = f"; {rows['used']:,} of them are used" if "used" in rows else ""
    fates = {
        "duplicates": "duplicates",
        "filtered": "filtered out by the settings",
        "quarantined": "set aside as malformed",
        "late": "late, of periods that were finished",
        "waiting": "waiting for their period to end",
    }
    seldom = {"late", "waiting"}
    told = [
        f"{fate}: {rows[name]:,}" for name, fate in fates.items() if name in rows and (rows[name] or name not in seldom)
    ]
    rest = "; ".join(told)
    return f"{rows['in']:,} rows came in{used}." + (f" {rest[0].upper()}{rest[1:]}." if rest else "")


def _time(manifest: Mapping[str, Any]) -> list[str]:
    covered = time_range(manifest)
    if not covered:
        return []
    settings, number = manifest.get("settings", {}), len(manifest["periods"])
    cut = " of equal count" if settings.get("periods") else ""
    if length := settings.get("period"):
        unit, count = LENGTHS[length.lstrip("0123456789")], int(length.rstrip("mhdwo"))
        cut = f" of {count} calendar {unit}{'s' if count > 1 else ''}"
    if rows := settings.get("period_rows"):
        cut = f" of {rows:,} interactions"
    return [f"Time: {covered}, in {number} period{'s' if number > 1 else ''}{cut}."]


def _labels(manifest: Mapping[str, Any]) -> list[str]:
    if manifest.get("labels") == "explicit":
        return ["Labels are explicit: positives and negatives are those of the log."]
    settings = manifest.get("settings", {})
    if manifest.get("labels") != "implicit" or settings.get("negatives") not in POOLS:
        return []
    each, exclude = settings["negatives_per_positive"], settings.get("exclude") or "had"
    lacking = manifest.get("negatives_lacking", 0)
    return [
        f"Labels are implicit: every row is a positive, and {each} negative{'s are' if each > 1 else ' is'} drawn for "
        f"each, uniformly among {POOLS[settings['negatives']]} {EXCLUDED[exclude]}."
        + (f" {lacking:,} could not be drawn, since no such item was left." if lacking else "")
    ]


def _sizes(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    tables = manifest.get("schema", {}).get("rows", {})
    names = {"user": "Users", "item": "Items"}
    order = sorted(tables, key=lambda name: (name not in names, name != "user"))
    return [(names.get(name, f"Values of {name}"), f"{tables[name]:,}") for name in order]


def _published(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    published = manifest.get("published")
    if published is None:
        return []
    counts = [
        (name.capitalize(), f"{count['found']:,} found, {count['published']:,} published")
        for name, count in published["counts"].items()
    ]
    return [
        ("Data set", published["dataset"]),
        ("Source", published["source"]),
        ("Licence", published["licence"]),
        *counts,
    ]


def _table(title: str, heads: Sequence[str], rows: Any) -> Table | None:
    cells = tuple(tuple(Cell(f"{cell:,}" if isinstance(cell, int) else cell) for cell in row) for row in rows)
    return Table(title, tuple(map(Column, heads)), cells) if cells else None
