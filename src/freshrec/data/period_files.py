"""One period as columns of its files, and back."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from freshrec.data.field_values import FieldValues
from freshrec.data.numbers import Running, RunningMoments, RunningQuantiles
from freshrec.data.samples import ROW_ARRAYS, Samples
from freshrec.data.schema import Schema
from freshrec.data.state import Positives

__all__ = [
    "NUMBER",
    "arrays_of_fields",
    "arrays_of_running",
    "fields_of_arrays",
    "frame_of",
    "read_samples",
    "running_of_arrays",
]

NUMBER = "number:"
"""What the names of numbers begin with."""

_FIELD, _OFFSETS = "field:", "offsets:"
_MOMENTS, _HASHES, _QUANTILES = "moments:", "hashes:", "quantiles:"


def frame_of(samples: Samples) -> pl.DataFrame:
    """The samples of a period without their positives, a row each."""
    arrays = {name: getattr(samples, name) for name in ROW_ARRAYS}
    numbers = {f"{NUMBER}{name}": column for name, column in samples.numbers.items()}
    return pl.DataFrame(arrays | numbers).hstack([_column(name, column) for name, column in samples.fields.items()])


def read_samples(schema: Schema, frame: pl.DataFrame, positives: Positives) -> Samples:
    """The samples of a period.

    Args:
        schema: tables and columns.
        frame: as `frame_of` made it.
        positives: those of the period's users.
    """
    fields = {name.removeprefix(_FIELD): _values(frame[name]) for name in frame.columns if name.startswith(_FIELD)}
    numbers = {
        name.removeprefix(NUMBER): frame[name].to_numpy(writable=True)
        for name in frame.columns
        if name.startswith(NUMBER)
    }
    arrays: dict[str, Any] = {name: frame[name].to_numpy(writable=True) for name in ROW_ARRAYS}
    arrays |= {"positives": positives.item, "fields": fields, "past_fields": positives.fields, "numbers": numbers}
    return Samples(schema, **arrays)


def arrays_of_fields(fields: Mapping[str, FieldValues]) -> dict[str, npt.NDArray[Any]]:
    """The values of fields as arrays of a file."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    for name, column in fields.items():
        arrays[f"{_FIELD}{name}"] = column.values
        if column.offsets is not None:
            arrays[f"{_OFFSETS}{name}"] = column.offsets
    return arrays


def fields_of_arrays(arrays: Mapping[str, npt.NDArray[Any]]) -> dict[str, FieldValues]:
    """The values of fields, as `arrays_of_fields` made arrays of them."""
    return {
        name.removeprefix(_FIELD): FieldValues(array, arrays.get(f"{_OFFSETS}{name.removeprefix(_FIELD)}"))
        for name, array in arrays.items()
        if name.startswith(_FIELD)
    }


def arrays_of_running(running: Mapping[str, Running]) -> dict[str, npt.NDArray[Any]]:
    """What finished periods tell of columns of numbers, as arrays of a file."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    for name, held in running.items():
        if isinstance(held, RunningMoments):
            arrays[f"{_MOMENTS}{name}"] = np.array([held.count, held.mean, held.squares])
        else:
            arrays[f"{_HASHES}{name}"] = np.concatenate([np.array([held.seed, held.seen], np.uint64), held.hashes])
            arrays[f"{_QUANTILES}{name}"] = held.numbers
    return arrays


def running_of_arrays(arrays: Mapping[str, npt.NDArray[Any]]) -> dict[str, Running]:
    """What finished periods tell of columns of numbers, as `arrays_of_running` made arrays of it."""
    running: dict[str, Running] = {}
    for key, array in arrays.items():
        if key.startswith(_MOMENTS):
            count, mean, squares = array.tolist()
            running[key.removeprefix(_MOMENTS)] = RunningMoments(int(count), mean, squares)
        elif key.startswith(_HASHES):
            name = key.removeprefix(_HASHES)
            seed, seen = array[:2].tolist()
            running[name] = RunningQuantiles(seed, seen, array[2:], arrays[f"{_QUANTILES}{name}"])
    return running


def _column(name: str, column: FieldValues) -> pl.Series:
    """Value ids, as lists where a row may have several; each row of a prepared stream has one at least."""
    values = pl.Series(f"{_FIELD}{name}", column.values)
    if column.offsets is None:
        return values
    row = pl.Series("row", np.repeat(np.arange(len(column)), column.counts)).set_sorted()
    return pl.DataFrame([row, values]).group_by("row", maintain_order=True).agg(values.name)[values.name]


def _values(column: pl.Series) -> FieldValues:
    if column.dtype != pl.List:
        return FieldValues(column.to_numpy(writable=True))
    offsets = np.zeros(len(column) + 1, np.int64)
    np.cumsum(column.list.len().to_numpy(), out=offsets[1:])
    return FieldValues(column.explode().to_numpy(writable=True), offsets)
