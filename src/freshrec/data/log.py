"""The log as it can be used: which rows are interactions, and every row that came accounted for."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl

from freshrec.data.quarantine import set_aside
from freshrec.data.schema import Labels
from freshrec.data.settings import StreamSettings
from freshrec.data.source import Source, read_source
from freshrec.data.time_forms import NAMES
from freshrec.errors import DataError

__all__ = [
    "Interactions",
    "Log",
    "check_labels",
    "check_usable",
    "interactions_of",
    "pinned_unit",
    "read_log",
    "time_span",
]


@dataclass(frozen=True)
class Log:
    """The well-formed rows of a log, in no order.

    Attributes:
        cells: `user` and `item` (raw ids, where the log has them), `time` (int64, microseconds since 1970 UTC), `label`
            (int8, 1 where the log has no labels), every `field:NAME` as text and every `number:NAME` (float64).
        several: the fields that may have several values: lists, and all where the settings name a separator.
        has_labels: whether the log has a column of labels.
        size: how many rows there are, malformed ones included.
        quarantine: the malformed rows, as `set_aside` gives them.
        time_form: the form of the times, as in `Times`.
        inferred: how files were read, as in `Raw`.
    """

    cells: pl.DataFrame
    several: frozenset[str]
    has_labels: bool
    size: int
    quarantine: pl.DataFrame
    time_form: str
    inferred: dict[str, Any]


@dataclass(frozen=True)
class Interactions:
    """The rows of a log that are used; each (user, item, time) once unless the settings want repeats.

    Attributes:
        rows: as `Log.cells`, but every field as an Enum of its distinct texts in their order.
        labels: `explicit` where the log says what was not liked; `implicit` where it holds positives only.
        duplicates: how many rows were left out as another one has the same user, item and time.
        filtered: how many were left out as their item is rare.
    """

    rows: pl.DataFrame
    labels: Labels
    duplicates: int
    filtered: int


def read_log(source: Source, settings: StreamSettings) -> Log:
    """Read a log without its malformed rows.

    Raises:
        DataError: the log cannot be read, or has no rows.
    """
    raw = read_source(source, settings)
    if raw.cells.is_empty():
        raise DataError("the log has no rows. Give one that holds interactions.")
    rows = set_aside(raw, settings)
    cells, has_labels = rows.cells, "label" in rows.cells.columns
    if not has_labels:
        cells = cells.with_columns(pl.lit(1, pl.Int8).alias("label"))
    several = frozenset(
        role.removeprefix("field:")
        for role in raw.columns
        if role.startswith("field:")
        and (settings.separator is not None or isinstance(raw.cells[role].dtype, pl.List | pl.Array))
    )
    return Log(cells, several, has_labels, raw.cells.height, rows.quarantine, rows.time_form, raw.inferred)


def pinned_unit(form: str) -> str:
    """The setting `time_unit` that reads further rows as those were read whose times had a form.

    >>> pinned_unit("ISO 8601 and DMY"), pinned_unit("date-times")
    ('DMY', 'auto')
    """
    return next((each for each in form.split(" and ") if each in NAMES), "auto")


def interactions_of(cells: pl.DataFrame, settings: StreamSettings) -> Interactions:
    """Choose the rows of a log that are used.

    Of rows with the same user, item and time one is used: a positive where there is one, and of several the first in
    the order of the texts of their fields and of their numbers, a missing value last. With `repeats="all"` all are.

    Raises:
        DataError: no row is left.
    """
    cells = cells.with_columns(_coded(cells[name]) for name in cells.columns if name.startswith("field:"))
    taken = _once(cells) if settings.repeats == "once" else cells
    used = taken.filter(pl.len().over("item") >= settings.min_item_count) if settings.min_item_count > 1 else taken
    if used.is_empty() and not taken.is_empty():
        raise DataError(f"no item has {settings.min_item_count} interactions, so none is left. Lower min_item_count.")
    return Interactions(
        used,
        "explicit" if used["label"].min() == 0 else "implicit",
        cells.height - taken.height,
        taken.height - used.height,
    )


def time_span(form: str, time: pl.Series) -> dict[str, Any]:
    """How times were read: their form, the first and the last."""
    return {"form": form, "first": _iso(time.min()), "last": _iso(time.max())}


def _coded(texts: pl.Series) -> pl.Series:
    return texts.cast(pl.Enum(texts.unique().drop_nulls().sort()))


def _once(cells: pl.DataFrame) -> pl.DataFrame:
    """One row of those with the same user, item and time."""
    key, fields = ("user", "item", "time"), [name for name in cells.columns if ":" in name]
    first = cells.group_by(key).agg(pl.col("label").max(), pl.col(fields).first(), pl.len().alias("copies"))
    if not fields or first.height == cells.height:
        return first.drop("copies")
    repeated = cells.join(first.filter(pl.col("copies") > 1), on=key, how="semi")
    ordered = repeated.sort("label", *fields, descending=[True, *(False for _ in fields)], nulls_last=True)
    chosen = ordered.unique(key, keep="first", maintain_order=True).select(first.drop("copies").columns)
    return pl.concat([first.filter(pl.col("copies") == 1).drop("copies"), chosen])


def _iso(time: Any) -> str | None:
    return None if time is None else datetime.fromtimestamp(time // 10**6, UTC).isoformat()


def check_usable(used: pl.DataFrame, settings: StreamSettings) -> None:
    """Check that a whole log can teach something.

    Raises:
        DataError: it holds one user or one item only, or no positive.
    """
    for table, column in (("user", settings.user_column), ("item", settings.item_column)):
        if column is not None and used[table].n_unique() == 1:
            raise DataError(
                f"column {column!r} holds one {table} only, {str(used[table][0])!r}: there is nothing to "
                f"tell apart. Give a log of several {table}s, or name another column with {table}_column."
            )
    if used["label"].max() == 0:
        none = "are 0" if settings.positive_from is None else f"are below {settings.positive_from:g} (positive_from)"
        raise DataError(
            f"all labels in column {settings.label_column!r} {none}: there is no positive to learn from. "
            "Name another column with label_column; 1 stands for a positive."
        )


def check_labels(labels: Labels, settings: StreamSettings) -> None:
    """Check that negatives can be drawn where the log has none.

    Raises:
        DataError: it has positives only, and no users or no items.
    """
    if labels == "implicit" and None in (settings.user_column, settings.item_column):
        raise DataError(
            "the log has positives only, and negatives are drawn for a user, among items, one of which it lacks. Name "
            "the column with 0 and 1 with label_column, or user_column and item_column."
        )
