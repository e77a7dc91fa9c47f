"""The log as it can be used: which rows are interactions, and every row that came accounted for."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import polars as pl

from freshrec.data.quarantine import set_aside
from freshrec.data.settings import StreamSettings
from freshrec.data.source import Source, read_source
from freshrec.errors import DataError

__all__ = ["Log", "read_log"]


@dataclass(frozen=True)
class Log:
    """The interactions of a log, in no order; each (user, item, time) once unless the settings want repeats.

    Attributes:
        interactions: `user`, `item` (raw ids), `time` (int64, microseconds since 1970 UTC), `label` (int8), and every
            `field:NAME` as an Enum of its distinct texts in their order, and `number:NAME` (float64).
        several: the fields that may have several values: lists, and all where the settings name a separator.
        labels: `explicit` where the log says what was not liked; `implicit` where it holds positives only.
        rows: how many rows came `in`, and of them were `used`, `duplicates`, `filtered`, `quarantined`.
        quarantine: the malformed rows, as `set_aside` gives them.
        inferred: how the log was read: for files what `Raw.inferred` says; `time`, with the form of the times, the
            first and the last.
    """

    interactions: pl.DataFrame
    several: frozenset[str]
    labels: Literal["explicit", "implicit"]
    rows: dict[str, int]
    quarantine: pl.DataFrame
    inferred: dict[str, Any]


def read_log(source: Source, settings: StreamSettings) -> Log:
    """Read a log without its malformed rows.

    Of rows with the same user, item and time one is used: a positive where there is one, and of several the first in
    the order of the texts of their fields and of their numbers, a missing value last. With `repeats="all"` all are.

    Raises:
        DataError: the log cannot be read, or cannot be used as it is.
    """
    raw = read_source(source, settings)
    if raw.cells.is_empty():
        raise DataError("the log has no rows. Give one that holds interactions.")
    rows = set_aside(raw, settings)
    cells = rows.cells.with_columns(
        _coded(rows.cells[name]) for name in rows.cells.columns if name.startswith("field:")
    )
    if "label" not in cells.columns:
        cells = cells.with_columns(pl.lit(1, pl.Int8).alias("label"))
    taken = _once(cells) if settings.repeats == "once" else cells
    used = taken.filter(pl.len().over("item") >= settings.min_item_count) if settings.min_item_count > 1 else taken
    _check(used, settings)
    return Log(
        interactions=used,
        several=frozenset(
            role.removeprefix("field:")
            for role in raw.columns
            if role.startswith("field:")
            and (settings.separator is not None or isinstance(raw.cells[role].dtype, pl.List | pl.Array))
        ),
        labels="explicit" if used["label"].min() == 0 else "implicit",
        rows={
            "in": raw.cells.height,
            "used": used.height,
            "duplicates": cells.height - taken.height,
            "filtered": taken.height - used.height,
            "quarantined": rows.quarantine.height,
        },
        quarantine=rows.quarantine,
        inferred={
            **raw.inferred,
            "time": {"form": rows.time_form, "first": _iso(used["time"].min()), "last": _iso(used["time"].max())},
        },
    )


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


def _iso(time: Any) -> str:
    return datetime.fromtimestamp(time // 10**6, UTC).isoformat()


def _check(used: pl.DataFrame, settings: StreamSettings) -> None:
    if used.is_empty():
        raise DataError(f"no item has {settings.min_item_count} interactions, so none is left. Lower min_item_count.")
    for table, column in (("user", settings.user_column), ("item", settings.item_column)):
        if used[table].n_unique() == 1:
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
