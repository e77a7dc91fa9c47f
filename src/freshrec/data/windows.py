"""Many slices of one array at once."""

import numpy as np
import numpy.typing as npt

from freshrec.errors import DataError
from freshrec.kernels import copy_slices

__all__ = ["take_windows"]

Ints = npt.NDArray[np.integer]


def take_windows(
    array: Ints, start: Ints, end: Ints, dtype: type[np.integer] | None = None
) -> tuple[Ints, npt.NDArray[np.int64]]:
    """The slices array[start:end], one after another.

    Args:
        array: any integers [M].
        start: [B], where each slice begins.
        end: [B], where it ends (exclusive), not before it begins.
        dtype: what the elements become; by default they keep their type.

    Returns:
        The slices' elements [N], and where each slice begins among them, int64 [B + 1];
        the last entry is N.

    Raises:
        DataError: a slice is not within the array.
    """
    offsets = np.zeros(len(start) + 1, np.int64)
    np.cumsum(end - start, out=offsets[1:])
    taken = np.empty(max(offsets[-1], 0), dtype or array.dtype)
    filled = copy_slices(array, start, offsets, taken)
    if filled < len(start):
        raise DataError(
            f"slice {filled} is [{start[filled]}, {end[filled]}) of an array of {len(array)} elements; 0 <= start <= "
            f"end <= {len(array)} was expected. Prepare the log again."
        )
    return taken, offsets
