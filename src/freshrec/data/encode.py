"""Raw values become ids by first appearance: what is known at any instant is a prefix of each table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from freshrec.data.cells import SEVERAL
from freshrec.data.field_values import FieldValues
from freshrec.data.numbers import RunningQuantiles, bins_of
from freshrec.data.periods import Cut, cut
from freshrec.data.schema import Labels, Schema
from freshrec.data.settings import CLOCK, StreamSettings
from freshrec.data.vocabulary import Vocabulary
from freshrec.seeds import derive

__all__ = ["Cells", "Encoded", "columns_of", "encode"]

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

Ints = npt.NDArray[np.integer]
Coded = tuple[Ints, Sequence[str]]


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

    def after(self, earlier: FieldValues) -> "Cells":
        """The cells after those of earlier rows, each of which is a cell of its own."""
        if self.values is None:
            return Cells(np.concatenate([earlier.values, self.code]))
        code = np.arange(len(earlier), dtype=np.int32)
        return Cells(
            np.concatenate([code, self.code + np.int32(len(earlier))]), FieldValues.join([earlier, self.values])
        )


@dataclass(frozen=True)
class Encoded:
    """N interactions as ids, by time, user, item and label; the order of the log's rows changes nothing.

    Attributes:
        user: int32 [N]; 0 where the log has no users.
        item: int32 [N]; 0 where it has no items.
        time: int64 [N], microseconds since 1970 UTC.
        label: int8 [N].
        fields: field name to what the rows hold; every field of the schema.
        numbers: name of a numeric column to float64 [N], as in the log; NaN where one is missing.
        quantiles: name of a number in bins to the quantiles after the last period.
        edges: name of a number in bins to the edges of bins after each period.
        cut: the periods.
        first: table name to int64 [R'], ascending: when each new id was first seen.
        before: table name to the number of ids that were known before; new ids follow them.
        schema: tables and fields.
        vocabulary: raw values of all ids.
    """

    user: npt.NDArray[np.int32]
    item: npt.NDArray[np.int32]
    time: npt.NDArray[np.int64]
    label: npt.NDArray[np.int8]
    fields: Mapping[str, Cells]
    numbers: Mapping[str, npt.NDArray[np.float64]]
    quantiles: Mapping[str, RunningQuantiles]
    edges: Mapping[str, Sequence[npt.NDArray[np.float64]]]
    cut: Cut
    first: Mapping[str, npt.NDArray[np.int64]]
    before: Mapping[str, int]
    schema: Schema
    vocabulary: Vocabulary

    def known(self, table: str, time: Ints) -> npt.NDArray[np.int64]:
        """How many ids of a table were seen by each of N times, those before included."""
        return np.searchsorted(self.first[table], time, side="right") + self.before[table]


def encode(
    rows: pl.DataFrame,
    settings: StreamSettings,
    labels: Labels,
    several: frozenset[str] = frozenset(),
    before: Vocabulary | None = None,
    quantiles: Mapping[str, RunningQuantiles] | None = None,
    begin: int | None = None,
    end: int | None = None,
    planned: Sequence[int] = (),
) -> Encoded:
    """Number users, items and field values by first appearance, those of one instant by their text.

    Args:
        rows: interactions, as `Interactions.rows`.
        settings: name the fields.
        labels: who says what was not liked.
        several: the fields that may have several values.
        before: the ids that were given to earlier rows; none where left out.
        quantiles: of numbers in bins, before the first period.
        begin: when the first period begins, as for `cut`.
        end: when the last one ends.
        planned: as for `cut`.

    Raises:
        DataError: there are fewer instants than periods, or the calendar makes too many.
    """
    before = before or Vocabulary({}, settings.null_values)
    tables: dict[str, pl.DataFrame] = {}
    for table in ("user", "item"):
        if table not in rows.columns:
            continue
        seen = rows.group_by(table).agg(pl.col("time").min())
        tables[table] = _number(seen.with_columns(pl.col(table).cast(pl.String).alias("value")), table, before)
        ids = tables[table].select(table, pl.col("id").alias(f"{table}_id"))
        rows = rows.join(ids, on=table).drop(table)
    # One number of both ids, below 2^62: by fewer columns, polars sorts in half the time.
    pair = reduce(lambda key, table: key * 2**31 + pl.col(f"{table}_id"), tables, pl.lit(0, pl.Int64))
    # Rows that are equal in user, item and time are told apart by label and columns.
    ties = ["label", *(name for name in rows.columns if ":" in name)] if settings.repeats == "all" else []
    ordered = rows.with_columns(pair=pair).sort("time", "pair", *ties, nulls_last=True).drop("pair")
    time = _numpy(ordered["time"])
    periods = cut(time, settings, begin, end, planned)
    schema, numbers, after = columns_of(settings), _numbers(ordered, settings), dict(quantiles or {})
    coded, edges = _coded(ordered, time, settings), {}
    if settings.bins is not None:
        numbered = [*map(str, range(1, settings.bins + 1))]
        for name, column in numbers.items():
            earlier = after.get(name) or RunningQuantiles(derive(settings.seed, "bins", name))
            bins, after[name], edges[name] = bins_of(column, periods.bounds, settings.bins, earlier)
            coded[name] = (np.where(bins, bins - 1, settings.bins), numbered)
    fields: dict[str, Cells] = {}
    for name, (code, texts) in coded.items():
        tables[name], fields[name] = _field(code, texts, time, name, name in several, before)
    names = ("user", *schema.user_fields, "item", *schema.item_fields, *schema.fields)
    names = tuple(name for name in names if name in tables)
    held = {name: len(before.values.get(name, ())) for name in names}
    new = {name: tables[name].filter(pl.col("id") >= held[name]).sort("id") for name in names}
    return Encoded(
        user=_numpy(ordered["user_id"]) if "user" in tables else np.zeros(len(time), np.int32),
        item=_numpy(ordered["item_id"]) if "item" in tables else np.zeros(len(time), np.int32),
        time=time,
        label=_numpy(ordered["label"]),
        fields=fields,
        numbers={name: numbers[name] for name in schema.numbers},
        quantiles=after,
        edges=edges,
        cut=periods,
        first={name: _numpy(table["time"]) for name, table in new.items()},
        before=held,
        schema=replace(
            schema,
            rows={name: held[name] + table.height for name, table in new.items()},
            several=several,
            labels=labels,
            exclude=settings.exclusion if labels == "implicit" else None,
        ),
        vocabulary=before.followed_by({name: _missing_as_null(table["value"]) for name, table in new.items()}),
    )


def _number(seen: pl.DataFrame, table: str, before: Vocabulary) -> pl.DataFrame:
    """Rows with a `time` and a unique `value`, and their `id`; new ids follow those before, by time and value."""
    ordered = seen.sort("time", "value")
    count = len(before.values.get(table, ()))
    if not count:
        return ordered.with_row_index("id").with_columns(pl.col("id").cast(pl.Int32))
    ids = before.find(table, ordered["value"])
    new = ids < 0
    ids[new] = count + np.arange(np.count_nonzero(new))
    return ordered.with_columns(pl.Series("id", ids.astype(np.int32)))


def columns_of(settings: StreamSettings) -> Schema:
    """The schema as far as settings say it; numbers in bins are fields."""
    binned = settings.bins is not None
    return Schema(
        rows={},
        user_fields=settings.user_fields,
        item_fields=(*settings.item_fields, *(settings.item_numbers if binned else ())),
        fields=(*settings.fields, *(CLOCK if settings.clock else ()), *(settings.numbers if binned else ())),
        numbers=() if binned else (*settings.numbers, *settings.item_numbers),
        history=settings.history,
    )


def _numbers(ordered: pl.DataFrame, settings: StreamSettings) -> dict[str, npt.NDArray[np.float64]]:
    """The numbers of the rows as they are in the log, NaN where one is missing."""
    names = (*settings.numbers, *settings.item_numbers)
    return {name: _numpy(ordered[f"number:{name}"].fill_null(float("nan"))) for name in names}


def _coded(ordered: pl.DataFrame, time: npt.NDArray[np.int64], settings: StreamSettings) -> dict[str, Coded]:
    """The cells of each field as codes: places among distinct texts, and one more for a missing value."""
    coded: dict[str, Coded] = {}
    for name in (*settings.user_fields, *settings.item_fields, *settings.fields):
        column = ordered[f"field:{name}"]
        texts = list(column.dtype.categories)  # type: ignore[attr-defined]
        coded[name] = (_numpy(column.to_physical().cast(pl.UInt32).fill_null(len(texts))), texts)
    if settings.clock is not None:
        local = pl.Series(time).cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(settings.clock).dt
        coded["hour"] = (_numpy(local.hour()), [*map(str, range(24))])
        coded["weekday"] = (_numpy(local.weekday() - 1), WEEKDAYS)
    return coded


def _field(
    code: Ints, texts: Sequence[str], time: npt.NDArray[np.int64], name: str, several: bool, before: Vocabulary
) -> tuple[pl.DataFrame, Cells]:
    """A field's table, and its cells.

    A missing value is the empty text here, which no value of a log can be.

    Args:
        code: [N], the cell of each row in the order of time: a place among the texts, their number for a missing one.
        texts: distinct texts.
        time: [N].
        name: of the field.
        several: whether a cell may have several values.
        before: the ids of earlier rows.
    """
    cell_texts = pl.Series([*texts, ""], dtype=pl.String)
    first = np.full(len(cell_texts), -1)
    first[code[::-1]] = np.arange(len(code))[::-1]
    present = np.flatnonzero(first >= 0)
    cells = pl.DataFrame({"code": present, "time": time[first[present]], "value": cell_texts.gather(present)})
    if not several:
        table = _number(cells, name, before)
        return table, Cells(_renumbered(code, table, len(cell_texts)))
    cells = cells.sort("time", "value").with_row_index("id")
    parts = cells.with_columns(pl.col("value").str.split(SEVERAL)).explode("value")
    parts = parts.unique(["id", "value"], keep="first", maintain_order=True)
    parts = parts.filter((pl.col("value") != "") | (pl.len().over("id") == 1))
    table = _number(parts.group_by("value").agg(pl.col("time").min()), name, before)
    values = parts.join(table.select("value", pl.col("id").alias("value_id")), on="value", maintain_order="left")
    offsets = np.searchsorted(_numpy(values["id"]), np.arange(cells.height + 1)).astype(np.int64)
    return table, Cells(_renumbered(code, cells, len(cell_texts)), FieldValues(_numpy(values["value_id"]), offsets))


def _missing_as_null(values: pl.Series) -> pl.Series:
    return values.set(values == "", None)


def _renumbered(code: Ints, table: pl.DataFrame, count: int) -> npt.NDArray[np.int32]:
    """The `id` of each of N codes below `count`."""
    ids = np.zeros(count, np.int32)
    ids[_numpy(table["code"])] = _numpy(table["id"])
    return ids[code]


def _numpy(series: pl.Series) -> npt.NDArray[Any]:
    return series.to_numpy(writable=True)
