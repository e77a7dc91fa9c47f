"""Raw values become ids by first appearance: what is known at any instant is a prefix of each table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from freshrec.data.catalog import Catalog, FieldValues, Schema
from freshrec.data.cells import SEVERAL
from freshrec.data.log import Log
from freshrec.data.settings import StreamSettings
from freshrec.data.vocabulary import Vocabulary

__all__ = ["Encoded", "encode"]


@dataclass(frozen=True)
class Encoded:
    """N interactions as ids, by time, user, item and label; the order of the log's rows changes nothing.

    Attributes:
        user: int32 [N].
        item: int32 [N].
        time: int64 [N], microseconds since 1970 UTC.
        label: int8 [N].
        first: table name to int64 [R], ascending: when each id was first seen.
        catalog: tables and field values.
        vocabulary: raw values of the ids.
    """

    user: npt.NDArray[np.int32]
    item: npt.NDArray[np.int32]
    time: npt.NDArray[np.int64]
    label: npt.NDArray[np.int8]
    first: Mapping[str, npt.NDArray[np.int64]]
    catalog: Catalog
    vocabulary: Vocabulary


def encode(log: Log, settings: StreamSettings) -> Encoded:
    """Number users, items and field values by first appearance, those of one instant by their text."""
    interactions, tables, fields = log.interactions, {}, {}
    for table, names in (("user", settings.user_fields), ("item", settings.item_fields)):
        seen = interactions.group_by(table).agg(pl.col("time").min())
        known = _number(seen.with_columns(pl.col(table).cast(pl.String).alias("value")))
        ids = known.select(table, pl.col("id").alias(f"{table}_id"))
        interactions = interactions.join(ids, on=table)
        tables[table] = known
        for name in names:
            owners = log.cells.select(table, "time", pl.col(f"field:{name}").alias("value")).join(ids, on=table)
            tables[name], fields[name] = _field(
                owners.rename({f"{table}_id": "owner"}), known["time"], name in log.several
            )
    ordered = interactions.sort("time", "user_id", "item_id", "label")
    return Encoded(
        user=_numpy(ordered["user_id"]),
        item=_numpy(ordered["item_id"]),
        time=_numpy(ordered["time"]),
        label=_numpy(ordered["label"]),
        first={name: _numpy(table["time"]) for name, table in tables.items()},
        catalog=Catalog(
            Schema(
                rows={name: table.height for name, table in tables.items()},
                user_fields=settings.user_fields,
                item_fields=settings.item_fields,
                several=log.several,
                history=settings.history,
                labels=log.labels,
                exclude=settings.exclusion if log.labels == "implicit" else None,
            ),
            user_fields={name: fields[name] for name in settings.user_fields},
            item_fields={name: fields[name] for name in settings.item_fields},
        ),
        vocabulary=Vocabulary(
            {name: tuple(value or None for value in table["value"].to_list()) for name, table in tables.items()},
            settings.null_values,
        ),
    )


def _number(seen: pl.DataFrame) -> pl.DataFrame:
    """Rows with a `time` and a unique `value`, in the order of their `id`."""
    return seen.sort("time", "value").with_row_index("id").with_columns(pl.col("id").cast(pl.Int32))


def _field(owners: pl.DataFrame, first: pl.Series, several: bool) -> tuple[pl.DataFrame, FieldValues]:
    """A field's table and what each owner (a user or an item) has in it, taken from the owner's earliest row.

    A missing value is the empty text here, which no value of a log can be.
    """
    cells = owners.group_by("owner", "value").agg(pl.col("time").min())
    earliest = cells.sort("owner", "time", "value", nulls_last=True).unique("owner", keep="first", maintain_order=True)
    values = earliest.select("owner", pl.col("value").fill_null(""))
    if several:
        parts = values.with_columns(pl.col("value").str.split(SEVERAL)).explode("value")
        parts = parts.unique(["owner", "value"], keep="first", maintain_order=True)
        values = parts.filter((pl.col("value") != "") | (pl.len().over("owner") == 1))
    timed = values.with_columns(first.gather(values["owner"]).alias("time"))
    table = _number(timed.group_by("value").agg(pl.col("time").min()))
    codes = values.join(table.select("value", "id"), on="value", maintain_order="left")
    if not several:
        return table, FieldValues(_numpy(codes["id"]))
    offsets = np.searchsorted(_numpy(codes["owner"]), np.arange(len(first) + 1)).astype(np.int64)
    return table, FieldValues(_numpy(codes["id"]), offsets)


def _numpy(series: pl.Series) -> npt.NDArray[Any]:
    return series.to_numpy(writable=True)
