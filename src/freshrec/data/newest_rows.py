"""The values that an item's fields have at an instant, for items that were drawn and have no row of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

__all__ = ["NewestRows"]

Ints = npt.NDArray[np.integer]


@dataclass(frozen=True)
class NewestRows:
    """The rows of a log in which the fields of an item change: V rows by item, then by time; the first of each item.

    Attributes:
        row: int64 [V].
        key: int64 [V], ascending: item * instants + instant.
        begin: int64 [R], where the rows of each item begin.
        instants: how many distinct times the log has; an instant is a time's place among them.
    """

    row: npt.NDArray[np.int64]
    key: npt.NDArray[np.int64]
    begin: npt.NDArray[np.int64]
    instants: int

    @classmethod
    def of(cls, item: Ints, instant: Ints, columns: Sequence[Ints], items: int, instants: int) -> Self:
        """Collect the changes of N rows in the order of time.

        Args:
            item: [N], of `items` items that each have a row.
            instant: [N].
            columns: the item's fields, each a number [N] for every distinct cell.
            items: R.
            instants: how many distinct times there are.
        """
        first = np.zeros(items, np.int64)
        first[item[::-1]] = np.arange(len(item))[::-1]
        if all((column == column[first[item]]).all() for column in columns):
            return cls(first, np.arange(items) * instants + instant[first], np.arange(items), instants)
        row = np.argsort(item, kind="stable")
        sorted_columns = [column[row] for column in (item, *columns)]
        changed = np.any([np.diff(column, prepend=column[0] - 1) != 0 for column in sorted_columns], axis=0)
        row = row[changed]
        key = item[row].astype(np.int64) * instants + instant[row]
        return cls(row, key, np.searchsorted(key, np.arange(items) * instants), instants)

    def of_items(self, item: Ints, instant: Ints) -> npt.NDArray[np.int64]:
        """The newest row int64 [N] of each item up to an instant, both [N]; the first of one that is only seen later.

        The row has the item's newest field values, not necessarily its newest time.
        """
        if len(self.row) == len(self.begin):
            return self.row[item]
        newest = np.searchsorted(self.key, item.astype(np.int64) * self.instants + instant, side="right") - 1
        return self.row[np.maximum(newest, self.begin[item])]
