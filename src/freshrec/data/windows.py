"""Many slices of one array at once."""

import numpy as np
import numpy.typing as npt

__all__ = ["take_windows"]

Ints = npt.NDArray[np.integer]


def take_windows(array: Ints, start: Ints, end: Ints) -> tuple[Ints, npt.NDArray[np.int64]]:
    """The slices array[start:end], one after another.

    Args:
        array: any integers [M].
        start: [B], where each slice begins.
        end: [B], where it ends (exclusive), not before it begins.

    Returns:
        The slices' elements [N], in `array`'s type, and where each slice begins among them, int64 [B + 1];
        the last entry is N.
    """
    lengths = end - start
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    at = np.arange(offsets[-1])
    at += np.repeat(start - offsets[:-1], lengths)
    return array.take(at), offsets
