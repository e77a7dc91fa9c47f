"""Cutting whole tables into chunks of rows, which bounds the memory that generating them needs."""

from collections.abc import Callable, Iterator, Sequence

import torch.nn.functional as F
from torch import Tensor

__all__ = ["fill_by_chunks", "row_chunks", "rows_per_chunk"]

CPU_ROWS = 4_096
"""Rows of a chunk on the CPU: its intermediate values stay in the cache."""
GPU_COORDINATES = 2**26
"""Coordinates of a chunk on other devices: large enough that launching kernels costs nothing (docs/gpu.md)."""


def rows_per_chunk(table: Tensor) -> int:
    """The number of rows of a table [R, D] that are generated together, on the device of the table."""
    if table.device.type == "cpu":
        return CPU_ROWS
    return max(1, GPU_COORDINATES // max(1, table.shape[1]))


def row_chunks(table: Tensor) -> Iterator[slice]:
    """Consecutive slices of rows that cover a table [R, D]."""
    size, rows = rows_per_chunk(table), len(table)
    return (slice(first, min(first + size, rows)) for first in range(0, rows, size))


def fill_by_chunks(made: Tensor, inputs: Sequence[Tensor], work: Callable[..., Tensor], even: bool) -> None:
    """Write what `work` makes of the rows of some inputs into `made`, chunk by chunk.

    The last bits of a product of matrices depend on how many rows it has. With `even`, on the CPU, the last chunk is
    filled up with zero rows, so that no row's value depends on how many rows come after it.

    Args:
        made: [R, ...].
        inputs: tensors [R, ...].
        work: makes rows [N, ...] from those of the inputs.
        even: whether all chunks have the same number of rows, as they should where more rows may come: in tables.
    """
    size = rows_per_chunk(made)
    for rows in row_chunks(made):
        count = rows.stop - rows.start
        missing = size - count if even and made.device.type == "cpu" else 0
        parts = [
            F.pad(each[rows], (0, 0) * (each.dim() - 1) + (0, missing)) if missing else each[rows] for each in inputs
        ]
        made[rows] = work(*parts)[:count]
