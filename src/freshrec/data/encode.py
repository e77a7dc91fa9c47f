"""Raw values become ids by first appearance: what is known at any instant is a prefix of each table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from freshrec.data.cells import SEVERAL
from freshrec.data.field_values import FieldValues
from freshrec.data.log import Log
from freshrec.data.schema import Schema
from freshrec.data.settings import StreamSettings
from freshrec.data.vocabulary import Vocabulary

__all__ = ["Cells", "Encoded", "encode"]

Ints = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Cells:
    """One field's cells in the N rows of a log, each distinct cell once.

    Attributes:
        code: int32 [N], the cell of each row.
        values: the values of each distinct cell; None for a field with one value a row, whose code is its value.
    """

    code: npt.NDArray[np.int32]
    values: FieldValues | None = None

    def take(self, rows: Ints) -> FieldValues:
        """The values in the given rows, in the given order."""
        code = self.code[rows]
        return FieldValues(code) if self.values is None else self.values.take(code)


@dataclass(frozen=True)
class Encoded:
    """N interactions as ids, by time, user, item and label; the order of the log's rows changes nothing.

    Attributes:
        user: int32 [N].
        item: int32 [N].
        time: int64 [N], microseconds since 1970 UTC.
        label: int8 [N].
        fields: field name to what the rows hold; every field of the schema.
        first: table name to int64 [R], ascending: when each id was first seen.
        schema: tables and fields.
        vocabulary: raw values of the ids.
    """

    user: npt.NDArray[np.int32]
    item: npt.NDArray[np.int32]
    time: npt.NDArray[np.int64]
    label: npt.NDArray[np.int8]
    fields: Mapping[str, Cells]
    first: Mapping[str, npt.NDArray[np.int64]]
    schema: Schema
    vocabulary: Vocabulary


def encode(log: Log, settings: StreamSettings) -> Encoded:
    """Number users, items and field values by first appearance, those of one instant by their text."""
    interactions, tables = log.interactions, {}
    cells: dict[str, FieldValues | None] = {}
    for table, names in (("user", settings.user_fields), ("item", settings.item_fields)):
        seen = interactions.group_by(table).agg(pl.col("time").min())
        tables[table] = _number(seen.with_columns(pl.col(table).cast(pl.String).alias("value")))
        interactions = interactions.join(_renamed(tables[table].select(table, "id"), table), on=table)
        for name in names:
            field = f"field:{name}"
            distinct = interactions.group_by(field).agg(pl.col("time").min())
            tables[name], codes, cells[name] = _field(distinct.rename({field: "cell"}), name in log.several)
            codes = _renamed(codes.rename({"cell": field}), name)
            interactions = interactions.join(codes, on=field, nulls_equal=True)
    # Rows that are equal in user, item, time and label are told apart by their fields alone.
    ties = [f"field:{name}" for name in cells] if settings.repeats == "all" else []
    ordered = interactions.sort("time", "id:user", "id:item", "label", *ties, nulls_last=True)
    return Encoded(
        user=_numpy(ordered["id:user"]),
        item=_numpy(ordered["id:item"]),
        time=_numpy(ordered["time"]),
        label=_numpy(ordered["label"]),
        fields={name: Cells(_numpy(ordered[f"id:{name}"]), values) for name, values in cells.items()},
        first={name: _numpy(table["time"]) for name, table in tables.items()},
        schema=Schema(
            rows={name: table.height for name, table in tables.items()},
            user_fields=settings.user_fields,
            item_fields=settings.item_fields,
            several=log.several,
            history=settings.history,
            labels=log.labels,
            exclude=settings.exclusion if log.labels == "implicit" else None,
        ),
        vocabulary=Vocabulary(
            {name: tuple(value or None for value in table["value"].to_list()) for name, table in tables.items()},
            settings.null_values,
        ),
    )


def _number(seen: pl.DataFrame) -> pl.DataFrame:
    """Rows with a `time` and a unique `value`, in the order of their `id`."""
    return seen.sort("time", "value").with_row_index("id").with_columns(pl.col("id").cast(pl.Int32))


def _renamed(ids: pl.DataFrame, name: str) -> pl.DataFrame:
    return ids.rename({"id": f"id:{name}"})


def _field(distinct: pl.DataFrame, several: bool) -> tuple[pl.DataFrame, pl.DataFrame, FieldValues | None]:
    """A field's table, the `id` of each distinct `cell`, and the values of those cells; None where a cell is one value.

    A missing value is the empty text here, which no value of a log can be.
    """
    cells = distinct.sort("time", "cell").with_columns(pl.col("cell").fill_null("").alias("value"))
    if not several:
        table = _number(cells.select("time", "value"))
        return table, cells.select("cell", "value").join(table, on="value").select("cell", "id"), None
    cells = cells.with_row_index("id").with_columns(pl.col("id").cast(pl.Int32))
    parts = cells.with_columns(pl.col("value").str.split(SEVERAL)).explode("value")
    parts = parts.unique(["id", "value"], keep="first", maintain_order=True)
    parts = parts.filter((pl.col("value") != "") | (pl.len().over("id") == 1))
    table = _number(parts.group_by("value").agg(pl.col("time").min()))
    values = parts.join(table.select("value", pl.col("id").alias("value_id")), on="value", maintain_order="left")
    offsets = np.searchsorted(_numpy(values["id"]), np.arange(cells.height + 1)).astype(np.int64)
    return table, cells.select("cell", "id"), FieldValues(_numpy(values["value_id"]), offsets)


def _numpy(series: pl.Series) -> npt.NDArray[Any]:
    return series.to_numpy(writable=True)
