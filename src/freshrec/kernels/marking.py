"""Finding the distinct ids of look-ups by marking them, in a time that follows the ids and not the table."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from freshrec.kernels.compiling import compiled

__all__ = ["Seen", "borrow", "distinct", "give_back"]

Ints: TypeAlias = npt.NDArray[np.int64]
Marks: TypeAlias = npt.NDArray[np.int32]


class Seen:
    """The distinct ids of several look-ups in a table of R rows, in the order in which they first stood.

    It holds a mark a row, int32 [R], which is as long to make as the table: `borrow` one.
    """

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self._count = 0
        self._found: Ints = np.empty(0, np.int64)
        self._marks: Marks = np.full(rows, -1, np.int32)

    def positions(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        """Where each id stands among all seen so far, int64 like `ids`, and which of them are new, int64 [M].

        Raises:
            IndexError: an id is not in [0, R); none of these ids was seen then.
        """
        flat = ids.reshape(-1).to(torch.int64).numpy()
        if len(self._found) < self._count + len(flat):
            self._found = np.concatenate([self._found[: self._count], np.empty(self._count + 2 * len(flat), np.int64)])
        places = np.empty(len(flat), np.int64)
        count = _mark(flat, self._marks, self._found, self._count, places)
        if count < 0:
            raise IndexError(
                f"id {flat[-1 - count]} was looked up in a table of {self.rows} rows; ids must be in [0, {self.rows})"
            )
        new, self._count = self._found[self._count : count].copy(), count
        return torch.from_numpy(places).reshape(ids.shape), torch.from_numpy(new)

    def clear(self) -> None:
        """Forget all ids."""
        self._marks[self._found[: self._count]] = -1
        self._count = 0


_free: dict[int, list[Seen]] = {}


def borrow(rows: int) -> Seen:
    """One for a table of R rows that has seen nothing and that nobody else uses; give it back afterwards."""
    try:
        return _free.setdefault(rows, []).pop()
    except IndexError:
        return Seen(rows)


def give_back(seen: Seen) -> None:
    """What was borrowed is free for the next to borrow."""
    seen.clear()
    _free.setdefault(seen.rows, []).append(seen)


def distinct(ids: Tensor, rows: int) -> tuple[Tensor, Tensor]:
    """The distinct ids in the order in which they first stand, and for each id its position among them.

    `torch.unique` gives the same up to the order, by sorting. On other devices than the CPU it is used; on a GPU the
    host waits for how many there are.

    Args:
        ids: int64, of any shape.
        rows: R; all ids must be in [0, R).

    Returns:
        int64 [N] distinct ids, and int64 positions in the shape of `ids`.

    Raises:
        IndexError: an id is not in [0, R).

    >>> distinct(torch.tensor([7, 2, 7]), 10)
    (tensor([7, 2]), tensor([0, 1, 0]))
    """
    if ids.device.type != "cpu":
        found, positions = torch.unique(ids, return_inverse=True)
        return found, positions
    seen = borrow(rows)
    try:
        positions, found = seen.positions(ids)
    finally:
        give_back(seen)
    return found, positions


@compiled()
def _mark(ids: Ints, marks: Marks, found: Ints, before: int, places: Ints) -> int:
    """How many ids are distinct, with those of before; or -1 - i where the i-th is out of range, and none is marked."""
    count = before
    for i in range(len(ids)):
        one = ids[i]
        if one < 0 or one >= len(marks):
            for new in range(before, count):
                marks[found[new]] = -1
            return -1 - i
        if marks[one] < 0:
            marks[one] = count
            found[count] = one
            count += 1
        places[i] = marks[one]
    return count
