"""Cutting whole tables into chunks of rows, which bounds the memory that generating them needs."""

from collections.abc import Iterator

from torch import Tensor

__all__ = ["row_chunks", "rows_per_chunk"]

CPU_ROWS = 16_384
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
