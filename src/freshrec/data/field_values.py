"""The values of one categorical field, row by row."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from freshrec.data.windows import Ints, take_windows

__all__ = ["FieldValues"]


@dataclass(frozen=True)
class FieldValues:
    """The value ids of one field in N rows.

    Attributes:
        values: int32 [N] where each row has exactly one value; otherwise [sum of counts], one row after another.
        offsets: int64 [N + 1], where the values of each row begin, of a field that may have several values or none;
            None where each row has exactly one.

    >>> tags = FieldValues(np.array([4, 5, 4], np.int32), np.array([0, 2, 2, 3]))
    >>> tags.take(np.array([2, 0])).values.tolist()
    [4, 4, 5]
    """

    values: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64] | None = None

    def __len__(self) -> int:
        """N, the number of rows."""
        return len(self.values) if self.offsets is None else len(self.offsets) - 1

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """How many values each row has, int64 [N]."""
        return np.ones(len(self.values), np.int64) if self.offsets is None else np.diff(self.offsets)

    def take(self, rows: Ints | slice) -> Self:
        """The values of the given rows, in the given order."""
        if self.offsets is None:
            return type(self)(self.values[rows])
        values, offsets = take_windows(self.values, self.offsets[:-1][rows], self.offsets[1:][rows])
        return type(self)(values.astype(np.int32, copy=False), offsets)

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """The rows of all parts of one field, in their order; one part at least."""
        values = np.concatenate([part.values for part in parts])
        if parts[0].offsets is None:
            return cls(values)
        return cls(values, np.concatenate([[0], np.cumsum(np.concatenate([part.counts for part in parts]))]))
