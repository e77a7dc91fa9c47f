"""Generating the model that serves, and the state that the next window starts from: all rows of every plane.

A cell that has code for whole planes is left to it. For any other, rows are made in consecutive chunks. Either way no
row of a table depends on how many rows the table has.
"""

from collections.abc import Mapping
from types import MappingProxyType

import torch
from torch import Tensor

from freshrec.generators.cell import Cell, Fills
from freshrec.generators.chunks import fill_by_chunks
from freshrec.generators.generation import Generation
from freshrec.generators.planes import DENSE, Plane
from freshrec.generators.window import Window
from freshrec.params import Params

__all__ = ["generate", "hand_over", "tensor_of"]


@torch.no_grad()
def generate(cell: Cell, weights: Params, window: Window) -> dict[str, Tensor]:
    """The serving model after the last snapshot: all parameters, and what is not generated.

    Every row is made, whether the newest period touched it or not: a generator that was trained makes other rows of
    equal inputs, and while a state is handed on it moves in every row.

    Raises:
        ModelError: a parameter is NaN or infinite somewhere in a snapshot.
    """
    window.see_that_finite()
    newest, params = window.snapshots[-1], dict[str, Tensor]()
    for name, plane in window.planes.own.items():
        params[name] = tensor_of(plane, _outputs(cell, weights, window, name), newest[name])
    if window.planes.dense:
        params |= window.planes.split(_outputs(cell, weights, window, DENSE), newest[DENSE])
    return params | window.beside(len(window.snapshots))


@torch.no_grad()
def hand_over(
    cell: Cell,
    weights: Params,
    window: Window,
    held: torch.dtype | None = None,
    unborn: Mapping[str, Tensor] = MappingProxyType({}),
) -> dict[str, Tensor]:
    """The hidden state [R, G, H] of every plane after the window's FIRST snapshot, where the next window starts.

    Args:
        cell: the generator applied to every coordinate.
        weights: its parameters by name.
        window: what is read.
        held: the type that the state is held in; by default the weights'.
        unborn: by table the rows, bool [R], that the first snapshot's training had not seen yet; their state is zero.
    """
    states: dict[str, Tensor] = {}
    for name, values in window.snapshots[0].items():
        handed = _any(weights).new_empty(*values.shape, cell.state_size, dtype=held)
        state = window.hidden.get(name)
        if not isinstance(cell, Fills) or not cell.fill_states(weights, name, values, state, handed):
            _hand_over_by_chunks(cell, weights, window, name, handed)
        if name in unborn and _is_table(window, name):
            rows = unborn[name].nonzero().squeeze(1)
            handed.index_fill_(0, window.planes.own[name].places(rows), 0)
        states[name] = handed
    return states


def tensor_of(plane: Plane, made: Tensor, newest: Tensor) -> Tensor:
    """A parameter's value from its plane [R, G] made without gradients, the padding row written over as it was."""
    value = plane.tensor(made)
    if plane.padding is not None:
        value[plane.padding] = plane.tensor(newest)[plane.padding]
    return value


def _outputs(cell: Cell, weights: Params, window: Window, plane: str) -> Tensor:
    """All rows [R, G] of a plane after the last snapshot."""
    values = [snapshot[plane] for snapshot in window.snapshots]
    made = _any(weights).new_empty(values[-1].shape)
    state = window.hidden.get(plane)
    if isinstance(cell, Fills) and cell.fill_outputs(weights, plane, values, state, made):
        return made

    def work(*parts: Tensor) -> Tensor:
        hidden = {} if state is None else {plane: parts[-1]}
        view = Window(window.planes, tuple({plane: each} for each in parts[: len(values)]), hidden)
        return Generation(cell, weights, view).rows(plane, len(values), None)

    fill_by_chunks(made, values if state is None else [*values, state], work, even=_is_table(window, plane))
    return made


def _hand_over_by_chunks(cell: Cell, weights: Params, window: Window, plane: str, handed: Tensor) -> None:
    values, state = window.snapshots[0][plane], window.hidden.get(plane)

    def work(*parts: Tensor) -> Tensor:
        before = parts[1] if len(parts) > 1 else values.new_zeros(*parts[0].shape, cell.state_size)
        return cell.hand_over(weights, plane, parts[0], before)

    fill_by_chunks(handed, [values] if state is None else [values, state], work, even=_is_table(window, plane))


def _is_table(window: Window, plane: str) -> bool:
    """Whether a plane's rows are those of a table, each independent of the others."""
    return plane in window.planes.own and window.planes.own[plane].by_rows


def _any(weights: Params) -> Tensor:
    """One of the weights; what is generated has their precision and device, whatever the snapshots are held in."""
    return next(iter(weights.values()))
