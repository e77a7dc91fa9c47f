"""What the ids stand for: the raw values of each table, in the order of their ids."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from freshrec.errors import DataError

__all__ = ["Vocabulary"]


@dataclass(frozen=True)
class Vocabulary:
    """Raw values by id, both ways.

    Ids are given in the order of first appearance, so those known at any instant are a prefix of the values.

    Attributes:
        values: table name to its raw values as text, that of id i at place i; None is the missing value.
    """

    values: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict, repr=False)
    _index: dict[str, dict[str | None, int]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def ids(self, table: str, values: Iterable[str | int | None]) -> npt.NDArray[np.int64]:
        """The ids [N] of raw values, -1 for one that is not in the table; 7 and "7" are the same value.

        Raises:
            DataError: there is no such table.
        """
        if table not in self.values:
            raise DataError(f"there is no table {table!r}; this stream has {', '.join(self.values)}. Name one of them.")
        if table not in self._index:
            self._index[table] = {value: number for number, value in enumerate(self.values[table])}
        index = self._index[table]
        return np.array([index.get(None if raw is None else str(raw), -1) for raw in values], np.int64)
