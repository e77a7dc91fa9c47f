"""A table that does not exist: look-ups in it make the rows they need."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor

from freshrec.kernels import distinct, embedding_bag

__all__ = ["CHUNK", "SMALL", "LazyTable"]

# Tables of at most so many rows are made whole at every step: finding the rows looked up would cost more.
SMALL = 2048
# Whole tables are made so many rows at a time, which bounds the memory beside them.
CHUNK = 65_536
RowsOf = Callable[[Tensor | None], Tensor]


class LazyTable(Tensor):
    """Stands in for the weight [R, D] of an embedding; only the rows that are looked up are made.

    `F.embedding` and `F.embedding_bag` ask for the distinct rows of the call and look up in the compact table of those,
    which gives the same values and gradients as looking up in the whole table. Any other use makes the whole table,
    which is right but slow, and warns once.
    """

    rows_of: RowsOf

    @staticmethod
    def __new__(cls, rows: int, columns: int, rows_of: RowsOf, dtype: torch.dtype = torch.float32) -> Self:
        """Make a table of the given shape.

        `rows_of` makes rows [N, D] from distinct row numbers int64 [N], or the whole table [R, D] from None.
        """
        table: Self = torch.zeros((), dtype=dtype).expand(rows, columns).as_subclass(cls)
        table.rows_of = rows_of
        return table

    @classmethod
    def __torch_function__(
        cls,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Answer look-ups with generated rows, questions about the shape as they are, and the rest in full."""
        kwargs = dict(kwargs or {})
        if func is F.embedding:
            return _embedding(*args, **kwargs)
        if func is F.embedding_bag:
            return _embedding_bag(*args, **kwargs)
        if func in _SHAPE_ONLY:
            with torch._C.DisableTorchFunctionSubclass():
                return func(*args, **kwargs)
        return func(*(_made(a) for a in args), **{name: _made(a) for name, a in kwargs.items()})


_SHAPE_ONLY = {
    Tensor.size,
    Tensor.dim,
    Tensor.__len__,
    *(
        getattr(Tensor, name).__get__
        for name in ("shape", "ndim", "dtype", "device", "layout", "requires_grad", "is_sparse", "is_leaf")
    ),
}


def _made(value: Any) -> Any:
    """The value with a lazy table in it replaced by all its rows."""
    if isinstance(value, LazyTable):
        warnings.warn(
            "the model reads an embedding table other than by looking up ids, so the whole table is generated at every "
            "step. The result is right but slow; use F.embedding or F.embedding_bag where you can.",
            stacklevel=2,
        )
        return value.rows_of(None)
    if isinstance(value, list | tuple):
        return type(value)(_made(part) for part in value)
    return value


def _compact(ids: Tensor, table: LazyTable) -> tuple[Tensor, Tensor]:
    """Positions like `ids`, and the table [N, D] they point into."""
    if ids.numel() >= len(table):
        return ids, table.rows_of(None)
    rows, positions = distinct(ids, len(table))
    return positions, table.rows_of(rows)


def _embedding(
    input: Tensor,
    weight: LazyTable,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    positions, rows = _compact(input, weight)
    return F.embedding(positions, rows, scale_grad_by_freq=scale_grad_by_freq)


def _embedding_bag(
    input: Tensor,
    weight: LazyTable,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    positions, rows = _compact(input, weight)
    return embedding_bag(
        positions,
        rows,
        offsets=offsets,
        scale_grad_by_freq=scale_grad_by_freq,
        mode=mode,
        per_sample_weights=per_sample_weights,
        include_last_offset=include_last_offset,
    )
