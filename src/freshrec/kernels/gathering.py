"""Copying rows of a table that stand anywhere in it."""

import numpy as np
import torch
from torch import Tensor

__all__ = ["gather"]


def gather(values: Tensor, rows: Tensor, out: Tensor | None = None) -> Tensor:
    """Rows [N, ...] of a table [R, ...], as `torch.index_select` gives them; no gradient flows.

    On the CPU numpy copies them, which takes half the time for rows of 32 bytes, and a third where the table is larger
    than the processor's cache.

    Args:
        values: the table, of any type and on any device.
        rows: int64 [N].
        out: what they are written to and returned as, contiguous, of the table's type and on its device; by default
            a new tensor.

    Raises:
        IndexError: a row is not in [0, R).
    """
    out = values.new_empty(len(rows), *values.shape[1:]) if out is None else out
    if values.device.type != "cpu" or not values.is_contiguous() or not out.numel():
        return torch.index_select(values.detach(), 0, rows, out=out)
    which = rows.numpy()
    if len(which) and not 0 <= which.min() <= which.max() < len(values):
        raise IndexError(
            f"rows {which.min()} to {which.max()} of a table of {len(values)} rows; expected some of those"
        )
    # As bytes, for numpy does not know all of torch's types; without "clip", which does nothing here, it copies twice.
    source, target = (tensor.detach().flatten(1).view(torch.uint8).numpy() for tensor in (values, out))
    np.take(source, which, axis=0, out=target, mode="clip")
    return out
