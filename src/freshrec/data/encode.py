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
    interactions = log.interactions
    tables: dict[str, pl.DataFrame] = {}
    for table in ("user", "item"):
        seen = interactions.group_by(table).agg(pl.col("time").min())
        tables[table] = _number(seen.with_columns(pl.col(table).cast(pl.String).alias("value")))
        interactions = interactions.join(tables[table].select(table, pl.col("id").alias(f"{table}_id")), on=table).drop(
            table
        )
    # Rows that are equal in user, item, time and label are told apart by their fields alone.
    ties = [name for name in interactions.columns if name.startswith("field:") and settings.repeats == "all"]
    ordered = interactions.sort("time", "user_id", "item_id", "label", *ties, nulls_last=True)
    time, fields = _numpy(ordered["time"]), {}
    for name in (*settings.user_fields, *settings.item_fields):
        tables[name], fields[name] = _field(ordered[f"field:{name}"], time, name in log.several)
    names = ("user", *settings.user_fields, "item", *settings.item_fields)
    tables = {name: tables[name] for name in names}
    return Encoded(
        user=_numpy(ordered["user_id"]),
        item=_numpy(ordered["item_id"]),
        time=time,
        label=_numpy(ordered["label"]),
        fields=fields,
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


def _field(column: pl.Series, time: npt.NDArray[np.int64], several: bool) -> tuple[pl.DataFrame, Cells]:
    """A field's table, and its cells.

    A missing value is the empty text here, which no value of a log can be.

    Args:
        column: the field as an Enum, N rows in the order of time.
        time: [N].
        several: whether a cell may have several values.
    """
    texts = pl.Series([*column.dtype.categories, ""], dtype=pl.String)  # type: ignore[attr-defined]
    code = _numpy(column.to_physical().cast(pl.UInt32).fill_null(len(texts) - 1))
    first = np.full(len(texts), -1)
    first[code[::-1]] = np.arange(len(code))[::-1]
    present = np.flatnonzero(first >= 0)
    cells = pl.DataFrame({"code": present, "time": time[first[present]], "value": texts.gather(present)})
    if not several:
        table = _number(cells)
        return table, Cells(_renumbered(code, table["code"], len(texts)))
    cells = _number(cells)
    parts = cells.with_columns(pl.col("value").str.split(SEVERAL)).explode("value")
    parts = parts.unique(["id", "value"], keep="first", maintain_order=True)
    parts = parts.filter((pl.col("value") != "") | (pl.len().over("id") == 1))
    table = _number(parts.group_by("value").agg(pl.col("time").min()))
    values = parts.join(table.select("value", pl.col("id").alias("value_id")), on="value", maintain_order="left")
    offsets = np.searchsorted(_numpy(values["id"]), np.arange(cells.height + 1)).astype(np.int64)
    return table, Cells(_renumbered(code, cells["code"], len(texts)), FieldValues(_numpy(values["value_id"]), offsets))


def _renumbered(code: npt.NDArray[np.uint32], codes: pl.Series, count: int) -> npt.NDArray[np.int32]:
    """Codes [N] below `count` as their places among `codes`."""
    place = np.zeros(count, np.int32)
    place[_numpy(codes)] = np.arange(len(codes))
    return place[code]


def _numpy(series: pl.Series) -> npt.NDArray[Any]:
    return series.to_numpy(writable=True)
