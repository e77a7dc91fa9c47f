"""What the ids stand for: the raw values of each table, in the order of their ids."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from freshrec.data.canonical import canonical_values
from freshrec.errors import DataError

__all__ = ["Vocabulary"]


@dataclass(frozen=True)
class Vocabulary:
    """Raw values by id, both ways.

    Ids are given in the order of first appearance, so those known at any instant are a prefix of the values.

    Attributes:
        values: table name to its raw values as text, that of id i at place i; None is the missing value.
        null_values: text that stands for the missing value, as in the log.
    """

    values: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict, repr=False)
    null_values: tuple[str, ...] = ()
    _index: dict[str, dict[str | None, int]] = field(default_factory=dict, init=False, repr=False, compare=False)

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
        if table not in self._index:
            self._index[table] = {value: number for number, value in enumerate(self.values[table])}
        index = self._index[table]
        nulls = {"", *self.null_values}
        texts = (None if text is None or text.strip() in nulls else text for text in canonical_values(values))
        return np.array([index.get(text, -1) for text in texts], np.int64)
