"""One period's samples as columns, and how rows of them become a batch."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from freshrec.data.batch import Bags, Batch
from freshrec.data.field_values import FieldValues
from freshrec.data.schema import Schema
from freshrec.data.windows import Ints, take_windows
from freshrec.errors import ConfigError, DataError

__all__ = ["ROW_ARRAYS", "Samples"]

ROW_ARRAYS = ("user", "item", "timestamp", "label", "start", "end")
"""The arrays [N] that every sample has an entry of."""

Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Samples:
    """N samples in the order of time, with histories as windows into one array.

    A sample carries its columns: the values that its user, its item and the row itself have at its time. A drawn
    negative has the values of its positive, but the newest values of its own item.

    Attributes:
        schema: the tables and columns of the stream.
        user: int32 [N]; of a stream without users, whose schema has no table `user`, the place in the period.
        item: int32 [N]; 0 in a stream without items, whose schema has no table `item`.
        timestamp: int64 [N], microseconds since 1970-01-01 UTC.
        label: int8 [N], 0 or 1.
        start: int32 [N], where each sample's history begins in `positives`.
        end: int32 [N], where it ends (exclusive); `start == end` for an empty history.
        positives: int32 [M], item ids of the positives of this period's users, those in it and the last T
            before it, by user and time, oldest first; no other period is needed to read it.
        fields: field name to its values in each sample, [N] rows; every field of the schema.
        past_fields: name of an item field to its values in each of `positives`, [M] rows.
        numbers: name of a numeric column to float32 [N], standardised; a missing one is 0.
        lineage: what tells the stream so far from others, after each period up to and including that of the samples;
            empty where that is not known.
    """

    schema: Schema
    user: npt.NDArray[np.int32]
    item: npt.NDArray[np.int32]
    timestamp: npt.NDArray[np.int64]
    label: npt.NDArray[np.int8]
    start: npt.NDArray[np.int32]
    end: npt.NDArray[np.int32]
    positives: npt.NDArray[np.int32]
    fields: Mapping[str, FieldValues] = field(default_factory=dict)
    past_fields: Mapping[str, FieldValues] = field(default_factory=dict)
    numbers: Mapping[str, npt.NDArray[np.float32]] = field(default_factory=dict)
    lineage: tuple[str, ...] = field(default=(), repr=False, compare=False)

    def __len__(self) -> int:
        """N, the number of samples."""
        return len(self.label)

    def arrays(self) -> Arrays:
        """All arrays by name; with the schema they are the samples.

        Those of a field are `field:NAME`, and `field_offsets:NAME` where it may have several values; those of
        `past_fields` are `past_field:NAME` and `past_field_offsets:NAME`, and a number is `number:NAME`.
        """
        arrays: Arrays = {name: getattr(self, name) for name in (*ROW_ARRAYS, "positives")}
        for kind, columns in (("field", self.fields), ("past_field", self.past_fields)):
            for name, column in columns.items():
                arrays[f"{kind}:{name}"] = column.values
                if column.offsets is not None:
                    arrays[f"{kind}_offsets:{name}"] = column.offsets
        return arrays | {f"number:{name}": column for name, column in self.numbers.items()}

    @classmethod
    def of_arrays(cls, schema: Schema, arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """The samples that `arrays` gave."""
        rows: dict[str, Any] = {name: arrays[name] for name in (*ROW_ARRAYS, "positives")}
        return cls(
            schema,
            **rows,
            fields=_fields(arrays, "field"),
            past_fields=_fields(arrays, "past_field"),
            numbers=_named(arrays, "number"),
        )

    def take(self, rows: Ints | slice) -> Self:
        """The given rows in the given order; they share the histories of these samples."""
        chosen: dict[str, Any] = {name: getattr(self, name)[rows] for name in ROW_ARRAYS}
        return type(self)(
            self.schema,
            **chosen,
            positives=self.positives,
            lineage=self.lineage,
            fields={name: column.take(rows) for name, column in self.fields.items()},
            past_fields=self.past_fields,
            numbers={name: column[rows] for name, column in self.numbers.items()},
        )

    def pairs(self) -> npt.NDArray[np.int64]:
        """The rows of each drawn negative and its positive, int64 [P, 2], positives first, in the order of negatives.

        A positive with several negatives is in as many pairs, one whose negatives were lacking in none.

        Raises:
            ConfigError: labels are explicit, so that no negative belongs to a positive.
            DataError: a negative does not follow a positive of the same user and time.
        """
        if self.schema.labels == "explicit":
            raise ConfigError(
                "pairs of a positive and its drawn negative were asked for, but the labels of this stream are "
                "explicit: no negative of the log belongs to a positive. Train with loss = 'log'."
            )
        row, positive = np.arange(len(self)), self.label == 1
        newest = np.maximum.accumulate(np.where(positive, row, -1))
        first, second = newest[~positive], row[~positive]
        apart = (
            (first < 0) | (self.user[first] != self.user[second]) | (self.timestamp[first] != self.timestamp[second])
        )
        if apart.any():
            raise DataError(
                f"row {second[apart][0]} is a negative, and the last positive before it is of another user or time; "
                "the samples of an implicit stream were expected in their order, each positive before its negatives. "
                "Keep that order, or say in the schema that labels are explicit."
            )
        return np.stack([first, second], axis=1)

    def batch(self, rows: Ints | slice) -> Batch:
        """The batch of the given rows, in the given order."""
        start, end = self.start[rows], self.end[rows]
        history: dict[str, Bags] = {}
        if self.schema.history:
            past, offsets = take_windows(self.positives, start, end, np.int64)
            history["item"] = Bags(torch.from_numpy(past), torch.from_numpy(offsets))
            for name in self.schema.item_fields:
                history[name] = _pooled(self.past_fields[name], start, end, offsets)
        columns = {name: _feature(column, rows) for name, column in self.fields.items()}
        return Batch(
            user=self._ids("user", rows) | {name: columns[name] for name in self.schema.user_fields},
            item=self._ids("item", rows) | {name: columns[name] for name in self.schema.item_fields},
            history=history,
            row={name: columns[name] for name in self.schema.fields},
            numbers={name: torch.from_numpy(self.numbers[name][rows]) for name in self.schema.numbers},
            label=torch.from_numpy(self.label[rows].astype(np.float32)),
        )

    def _ids(self, table: str, rows: Ints | slice) -> dict[str, Tensor | Bags]:
        """The ids of users or items, where the stream has such a table."""
        return {table: _ids(getattr(self, table)[rows])} if table in self.schema.rows else {}

    def batches(self, size: int, order: Ints | None = None) -> Iterator[Batch]:
        """Batches of at most `size` samples, in the order of time or in the given one."""
        for first in range(0, len(self) if order is None else len(order), size):
            rows = slice(first, first + size)
            yield self.batch(rows if order is None else order[rows])


def _named(arrays: Mapping[str, npt.NDArray[Any]], kind: str) -> Arrays:
    """The arrays of one kind, by what follows the colon."""
    return {name.removeprefix(f"{kind}:"): array for name, array in arrays.items() if name.startswith(f"{kind}:")}


def _fields(arrays: Mapping[str, npt.NDArray[Any]], kind: str) -> dict[str, FieldValues]:
    offsets = _named(arrays, f"{kind}_offsets")
    return {name: FieldValues(values, offsets.get(name)) for name, values in _named(arrays, kind).items()}


def _ids(ids: Ints) -> Tensor:
    return torch.from_numpy(ids.astype(np.int64))


def _feature(column: FieldValues, rows: Ints | slice) -> Tensor | Bags:
    if column.offsets is None:
        return _ids(column.values[rows])
    begin, end = column.offsets[:-1][rows], column.offsets[1:][rows]
    values, offsets = take_windows(column.values, begin, end, np.int64)
    return Bags(torch.from_numpy(values), torch.from_numpy(offsets))


def _pooled(column: FieldValues, start: Ints, end: Ints, offsets: npt.NDArray[np.int64]) -> Bags:
    """A field's values over histories: the mean over items of each item's mean, as weights.

    Args:
        column: the field in each of M positives.
        start: [B], where each history begins among them.
        end: [B], where it ends.
        offsets: [B + 1], where each history begins in the batch.
    """
    if column.offsets is None:
        return Bags(torch.from_numpy(take_windows(column.values, start, end, np.int64)[0]), torch.from_numpy(offsets))
    values, outer = take_windows(column.values, column.offsets[start], column.offsets[end], np.int64)
    counts = take_windows(column.offsets[1:], start, end)[0] - take_windows(column.offsets[:-1], start, end)[0]
    share = 1.0 / np.repeat(np.maximum(np.diff(offsets), 1), np.diff(offsets))
    weights = np.repeat(share / np.maximum(counts, 1), counts).astype(np.float32)
    return Bags(torch.from_numpy(values), torch.from_numpy(outer), torch.from_numpy(weights))
