"""Finding the distinct ids of a batch by marking them, in a time that follows the batch and not the table."""

import threading
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from numba import njit
from torch import Tensor

__all__ = ["distinct"]

Ints: TypeAlias = npt.NDArray[np.int64]
Marks: TypeAlias = npt.NDArray[np.int32]

_local = threading.local()


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
    flat = ids.reshape(-1).to(torch.int64).numpy()
    found_ids, places = np.empty(len(flat), np.int64), np.empty(len(flat), np.int64)
    count = _mark(flat, _marks(rows), found_ids, places)
    if count < 0:
        raise IndexError(f"id {flat[-1 - count]} was looked up in a table of {rows} rows; ids must be in [0, {rows})")
    return torch.from_numpy(found_ids[:count]), torch.from_numpy(places).reshape(ids.shape)


def _marks(rows: int) -> Marks:
    """This thread's marks for tables of so many rows, all -1; whoever uses them leaves them so."""
    held: dict[int, Marks] = _local.__dict__.setdefault("marks", {})
    if rows not in held:
        held[rows] = np.full(rows, -1, np.int32)
    return held[rows]


@njit(nogil=True, cache=True)
def _mark(ids: Ints, marks: Marks, found: Ints, places: Ints) -> int:
    """How many ids are distinct; or -1 - i where the i-th is out of range."""
    count, wrong = 0, -1
    for i in range(len(ids)):
        one = ids[i]
        if one < 0 or one >= len(marks):
            wrong = i
            break
        if marks[one] < 0:
            marks[one] = count
            found[count] = one
            count += 1
        places[i] = marks[one]
    for i in range(count):
        marks[found[i]] = -1
    return count if wrong < 0 else -1 - wrong
