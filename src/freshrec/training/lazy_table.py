"""A table that does not exist: look-ups in it make the rows they need."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor

from freshrec.errors import ModelError
from freshrec.kernels import distinct, embedding_bag
from freshrec.usage import changed_in_place, no_such_row, written_to

__all__ = ["LazyTable", "rows_in"]

RowsOf = Callable[[Tensor | None], Tensor]
LookUp = Callable[[Tensor], tuple[Tensor, Tensor]]


class LazyTable(Tensor):
    """Stands in for the weight [R, D] of an embedding; only the rows that are looked up are made.

    `F.embedding` and `F.embedding_bag` ask for the rows of the call and look up in the compact table of those, which
    gives the same values and gradients as looking up in the whole table. Any other reading makes the whole table,
    once a step, which is right but slow for a large one, and warns once. Writing to it is refused: it would be lost.
    """

    parameter: str
    rows: int
    rows_of: RowsOf
    look_up: LookUp | None
    first: Tensor | None
    small: bool
    made: Tensor | None
    _version = 0

    @staticmethod
    def __new__(
        cls,
        parameter: str,
        shape: Sequence[int],
        rows_of: RowsOf,
        *,
        like: Tensor,
        look_up: LookUp | None = None,
        first: Tensor | None = None,
        small: bool = False,
    ) -> Self:
        """Make a table of the given shape [R, D] in the place of a parameter, of the type and on the device of `like`.

        `rows_of` makes rows [N, D] from row numbers int64 [N], or the whole table [R, D] from None. `look_up` finds ids
        among rows that several tables share, where gradients flow on the CPU: it gives positions like the ids, and the
        table [M, D] that they point into. `first` are first rows [P, D] that are there already, which is for the CPU as
        well. A `small` table costs little as a whole.
        """
        table: Self = like.new_zeros(()).expand(*shape).as_subclass(cls)
        table.parameter, table.rows, table.rows_of = parameter, shape[0], rows_of
        table.look_up, table.first, table.small, table.made = look_up, first, small, None
        return table

    def __len__(self) -> int:
        """R, without a detour through torch: it is asked for at every look-up."""
        return self.rows

    @classmethod
    def __torch_function__(
        cls,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Answer look-ups with generated rows, questions about the shape as they are, and the rest in full.

        Raises:
            ModelError: the table is written to, or an id is not one of its rows.
        """
        kwargs = dict(kwargs or {})
        if func is F.embedding:
            return _embedding(*args, **kwargs)
        if func is F.embedding_bag:
            return _embedding_bag(*args, **kwargs)
        if func in _SHAPE_ONLY:
            with torch._C.DisableTorchFunctionSubclass():
                return func(*args, **kwargs)
        if isinstance(written := changed_in_place(func, args, kwargs), LazyTable):
            raise written_to(written.parameter)
        return func(*(_made(a) for a in args), **{name: _made(a) for name, a in kwargs.items()})


def rows_in(table: Tensor, rows: Tensor | None) -> Tensor:
    """Rows [N, D] of a table [R, D], which may be lazy, by their numbers int64 [N]; all of them for None."""
    if isinstance(table, LazyTable):
        return table.rows_of(rows)
    return table if rows is None else table.index_select(0, rows)


_SHAPE_ONLY = {
    Tensor.size,
    Tensor.dim,
    Tensor.numel,
    Tensor.__len__,
    Tensor.is_floating_point,
    *(
        getattr(Tensor, name).__get__
        for name in ("shape", "ndim", "dtype", "device", "layout", "requires_grad", "is_sparse", "is_leaf", "_version")
    ),
}


def _made(value: Any) -> Any:
    """The value with a lazy table in it replaced by all its rows."""
    if isinstance(value, LazyTable):
        if not value.small:
            warnings.warn(
                f"the model reads the embedding table {value.parameter!r} other than by looking up ids, so all of it "
                "is generated at every step. The result is right but slow; use F.embedding or F.embedding_bag where "
                "you can.",
                stacklevel=2,
            )
        return _whole(value)
    if isinstance(value, list | tuple):
        return type(value)(_made(part) for part in value)
    return value


def _whole(table: LazyTable) -> Tensor:
    """All rows, kept for the next reading unless they were made without gradients."""
    if table.made is not None:
        return table.made
    rows = table.rows_of(None)
    if torch.is_grad_enabled():
        table.made = rows
    return rows


def _compact(ids: Tensor, table: LazyTable, padding_idx: int | None, once: bool) -> tuple[Tensor, Tensor, int | None]:
    """Positions like `ids`, the table [N, D] they point into, and where the padding row stands in it, if it does.

    A row is made once, or, on other devices than the CPU and unless `once` is set, as often as it is looked up. Those
    make the whole table where more ids are looked up than there are rows. The CPU does not, so that the number of rows,
    which ids of the future add to, decides nothing.
    """
    padding = None if padding_idx is None else padding_idx % len(table)
    on_cpu = ids.device.type == "cpu"
    if table.made is not None or (not on_cpu and ids.numel() >= len(table)):
        return ids, table.rows_of(None) if table.made is None else table.made, padding
    if not on_cpu and not once:
        return _as_they_stand(ids, table, padding)
    try:
        if table.first is not None:
            positions, compact = _after_first(ids, table, table.first)
        elif table.look_up and torch.is_grad_enabled() and on_cpu:
            positions, compact = table.look_up(ids)
        else:
            rows, positions = distinct(ids, len(table))
            compact = table.rows_of(rows)
    except IndexError as error:
        raise no_such_row(table.parameter, ids, len(table)) or error from error
    found: Tensor | list[Tensor] = [] if padding is None else positions[ids == padding]
    return positions, compact, int(found[0]) if len(found) else None


def _after_first(ids: Tensor, table: LazyTable, first: Tensor) -> tuple[Tensor, Tensor]:
    """Positions like `ids`, and the table that they point into: the first rows, and after them what else is needed."""
    beyond = ((ids < 0) | (ids >= len(first))).nonzero(as_tuple=True)
    if not len(beyond[0]):
        return ids, first
    rows, places = distinct(ids[beyond], len(table))
    positions = ids.clone()
    positions[beyond] = places + len(first)
    return positions, torch.cat([first, table.rows_of(rows)])


def _as_they_stand(ids: Tensor, table: LazyTable, padding: int | None) -> tuple[Tensor, Tensor, int | None]:
    """As `_compact`, with a row for every id: for how many ids are distinct, the host would wait for the device."""
    rows = ids.reshape(-1)
    positions = torch.arange(len(rows), device=ids.device)
    if padding is None:
        return positions.reshape(ids.shape), table.rows_of(rows), None
    positions = torch.where(rows == padding, len(rows), positions)
    rows = torch.cat([rows, rows.new_full((1,), padding)])
    return positions.reshape(ids.shape), table.rows_of(rows), len(rows) - 1


def _embedding(
    input: Tensor,
    weight: LazyTable,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    _refuse_max_norm(weight, max_norm)
    positions, compact, padding = _compact(input, weight, padding_idx, scale_grad_by_freq)
    return F.embedding(positions, compact, padding_idx=padding, scale_grad_by_freq=scale_grad_by_freq)


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
    _refuse_max_norm(weight, max_norm)
    positions, compact, padding = _compact(input, weight, padding_idx, scale_grad_by_freq)
    return embedding_bag(
        positions,
        compact,
        offsets=offsets,
        scale_grad_by_freq=scale_grad_by_freq,
        mode=mode,
        per_sample_weights=per_sample_weights,
        include_last_offset=include_last_offset,
        padding_idx=padding,
    )


def _refuse_max_norm(table: LazyTable, max_norm: float | None) -> None:
    if max_norm is not None:
        raise ModelError(
            f"the model looks up in the embedding table {table.parameter!r} with max_norm={max_norm}, which shortens "
            "rows in place, so that looking up would change the model. Look up without max_norm."
        )
