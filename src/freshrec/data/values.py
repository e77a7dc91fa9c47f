"""The raw values of one table, by id, without a Python object a value."""

from collections.abc import Iterator, Sequence
from operator import index
from typing import SupportsIndex, overload

import numpy as np
import numpy.typing as npt
import polars as pl

from freshrec.kernels import hash_texts

__all__ = ["Values", "text_hashes"]

_BLOCK = 65_536
"""Values that are Python objects at a time where all are looked at one by one."""


class Values(Sequence[str | None]):
    """Raw values as text, that of id i at place i; None is the missing value.

    >>> values = Values(["7", "x", None])
    >>> len(values), values[0], list(values[1:])
    (3, '7', ['x', None])
    """

    def __init__(self, values: "Sequence[str | None] | pl.Series") -> None:
        self.series = values if isinstance(values, pl.Series) else pl.Series(values, dtype=pl.String)

    def __len__(self) -> int:
        """The number of ids."""
        return len(self.series)

    @overload
    def __getitem__(self, place: SupportsIndex) -> str | None: ...
    @overload
    def __getitem__(self, place: slice) -> "Values": ...
    def __getitem__(self, place: SupportsIndex | slice) -> "str | Values | None":
        """The raw value of an id, or those of consecutive ids."""
        if isinstance(place, slice):
            return Values(self.series[place])
        value: str | None = self.series[index(place)]
        return value

    def __iter__(self) -> Iterator[str | None]:
        """The raw values in the order of their ids."""
        for first in range(0, len(self), _BLOCK):
            yield from self.series[first : first + _BLOCK].to_list()

    def __eq__(self, other: object) -> bool:
        """Whether both hold the same values in the same order."""
        if not isinstance(other, Sequence) or isinstance(other, str):
            return NotImplemented
        if len(self) != len(other):
            return False
        return self.series.equals(other.series) if isinstance(other, Values) else all(map(_same, self, other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """The first values."""
        more = ", ..." if len(self) > 3 else ""
        return f"Values([{', '.join(map(repr, self[:3]))}{more}])"


def text_hashes(texts: pl.Series, seed: int) -> npt.NDArray[np.uint64]:
    """The hash of each of N texts, as `hash_texts` gives it; null is the empty text."""
    filled = texts.fill_null("")
    offsets = np.zeros(len(filled) + 1, np.int64)
    np.cumsum(filled.str.len_bytes().to_numpy(), out=offsets[1:])
    joined = filled.str.join("").item() or ""
    return hash_texts(np.frombuffer(joined.encode(), np.uint8), offsets, seed)


def _same(one: str | None, other: object) -> bool:
    return one == other
