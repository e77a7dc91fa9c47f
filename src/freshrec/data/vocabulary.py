"""What the ids stand for: the raw values of each table, in the order of their ids, and a hash index of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from freshrec.data.canonical import canonical_values
from freshrec.data.sorted_runs import SortedRuns
from freshrec.data.values import Values, text_hashes
from freshrec.errors import DataError
from freshrec.files import sha256
from freshrec.seeds import derive

__all__ = ["Vocabulary", "table_hashes"]

_PART = 1 << 20
"""Values that are hashed at a time."""


@dataclass(frozen=True)
class Vocabulary:
    """Raw values by id, both ways.

    Ids are given in the order of first appearance, so those known at any instant are a prefix of the values. An id is
    found by the hash of its raw value, `table_hashes`, and then its raw value is compared, so values of one hash are
    told apart.

    Attributes:
        values: table name to its raw values as text, that of id i at place i; None is the missing value.
        null_values: text that stands for the missing value, as in the log.
        index: the hash of each value of each table, with its id as payload; made when it is needed where left out.
    """

    values: Mapping[str, Sequence[str | None]] = field(default_factory=dict, repr=False)
    null_values: tuple[str, ...] = ()
    index: SortedRuns | None = field(default=None, repr=False, compare=False)
    _series: dict[str, pl.Series] = field(default_factory=dict, init=False, repr=False, compare=False)
    _indexes: dict[str, SortedRuns] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Hold all values as `Values`, without a Python object a value."""
        values = {table: raw if isinstance(raw, Values) else Values(raw) for table, raw in self.values.items()}
        object.__setattr__(self, "values", values)
        self._series.update({table: raw.series for table, raw in values.items()})

    def ids(self, table: str, values: Iterable[object]) -> npt.NDArray[np.int64]:
        """The ids [N] of raw values, -1 for one that is not in the table.

        Values are compared as in the log: 7, 7.0, Decimal("7.00"), numpy.int64(7) and "7" are one value.

        Raises:
            DataError: there is no such table, or a value is no text, number, truth value or date.

        >>> Vocabulary({"user": ("7", "x")}).ids("user", [7.0, "7", "x", "new", None]).tolist()
        [0, 0, 1, -1, -1]
        """
        if table not in self.values:
            raise DataError(f"there is no table {table!r}; this stream has {', '.join(self.values)}. Name one of them.")
        texts = pl.Series(canonical_values(values), dtype=pl.String)
        missing = texts.str.strip_chars().is_in(["", *self.null_values])
        return self.find(table, texts.set(missing, None))

    def first(self, rows: Mapping[str, int]) -> "Vocabulary":
        """The vocabulary of the first ids of each table, such as those that were known at some time.

        >>> Vocabulary({"user": ("7", "x")}).first({"user": 1}).ids("user", ["7", "x"]).tolist()
        [0, -1]
        """
        return Vocabulary({table: values[: rows[table]] for table, values in self.values.items()}, self.null_values)

    def raw(self, table: str, ids: npt.NDArray[np.integer]) -> pl.Series:
        """The raw values [N] of ids, as a column of text; null is the missing value.

        >>> Vocabulary({"user": ("7", "x")}).raw("user", np.array([1, 0, 1])).to_list()
        ['x', '7', 'x']
        """
        return self._series[table].gather(ids)

    def followed_by(self, new: Mapping[str, pl.Series]) -> "Vocabulary":
        """With further raw values, by table; their ids follow those that are there."""
        parts = {table: [*self._series_of(table), values] for table, values in new.items()}
        values = {table: Values(pl.concat(series, rechunk=False)) for table, series in parts.items()}
        return Vocabulary({**self.values, **values}, self.null_values)

    def between(self, table: str, first: int, last: int) -> pl.Series:
        """The raw values of the ids from `first` up to `last` (exclusive)."""
        return self._series[table][first:last]

    def digests(self, before: Mapping[str, int], known: Mapping[str, int]) -> dict[str, str]:
        """The SHA-256 of the raw values of each table from one number of known ids to another."""
        return {table: _digest(self._series[table][before.get(table, 0) : count]) for table, count in known.items()}

    def _series_of(self, table: str) -> list[pl.Series]:
        return [self._series[table]] if table in self._series else []

    def find(self, table: str, texts: pl.Series) -> npt.NDArray[np.int64]:
        """The ids [N] of canonical texts, -1 for one that is not in the table; null is the missing value."""
        known, texts = self._series[table], texts.fill_null("")
        found = np.full(len(texts), -1, np.int64)
        hashes = table_hashes(table, texts)
        order = np.argsort(hashes)  # neighbours are then looked up in neighbouring pages
        for run in (self.index or self._indexed(table)).runs:
            if run.payload is None:
                continue
            at, todo = np.searchsorted(run.key, hashes[order]), order
            while len(todo):
                hit = at < len(run.key)
                hit[hit] = run.key[at[hit]] == hashes[todo[hit]]
                at, todo = at[hit], todo[hit]
                ids = run.payload[at]
                # Of another table with the same hash the id may be beyond this one.
                equal = ids < len(known)
                equal[equal] = (known.gather(ids[equal]).fill_null("") == texts.gather(todo[equal])).to_numpy()
                found[todo[equal]] = ids[equal]
                at, todo = at[~equal] + 1, todo[~equal]
        return found

    def _indexed(self, table: str) -> SortedRuns:
        if table not in self._indexes:
            values = self._series[table]
            ids = np.arange(len(values), dtype=np.int32)
            self._indexes[table] = SortedRuns().added(np.ones_like(ids), table_hashes(table, values), ids)
        return self._indexes[table]


def table_hashes(table: str, texts: pl.Series) -> npt.NDArray[np.uint64]:
    """The hash of each of N values of a table; null is the empty text.

    It is SplitMix64 chained over (seed, length, words of eight bytes), with the seed `derive(0, "vocabulary", table)`.
    """
    seed, hashes = derive(0, "vocabulary", table), np.empty(len(texts), np.uint64)
    for first in range(0, len(texts), _PART):
        hashes[first : first + _PART] = text_hashes(texts[first : first + _PART], seed)
    return hashes


def _digest(texts: pl.Series) -> str:
    """The SHA-256 of texts: of the length of each in bytes, little-endian in 64 bits, and then of all their bytes."""
    filled = texts.fill_null("")
    lengths = filled.str.len_bytes().to_numpy().astype("<i8")
    return sha256(lengths.tobytes() + (filled.str.join("").item() or "").encode())
