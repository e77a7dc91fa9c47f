"""Copying many slices of an array, one after another."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from freshrec.kernels.compiling import compiled

__all__ = ["copy_slices"]

Ints: TypeAlias = npt.NDArray[np.integer]


@compiled()
def copy_slices(array: Ints, start: Ints, offsets: npt.NDArray[np.int64], copied: Ints) -> int:
    """Fill copied[offsets[b]:offsets[b + 1]] [N] with as many elements of `array` [M] from start[b] on, for all b.

    Returns:
        How many slices are within the array up to the first that is not. Nothing is filled unless all are.
    """
    for b in range(len(start)):
        count = offsets[b + 1] - offsets[b]
        if start[b] < 0 or count < 0 or start[b] + count > len(array):
            return b
    for b in range(len(start)):
        # Unsigned, it is not asked whether an index counts from the end.
        source, target = np.uint64(start[b]), np.uint64(offsets[b])
        for j in range(np.uint64(offsets[b + 1] - offsets[b])):
            copied[target + j] = array[source + j]
    return len(start)
