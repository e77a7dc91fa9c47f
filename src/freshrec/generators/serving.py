"""Generating the model that serves, and the state that the next window starts from: all rows of every plane.

A cell that has code for whole planes is left to it. For any other, rows are made in consecutive chunks.
"""

import torch
from torch import Tensor

from freshrec.generators.cell import Cell, Fills
from freshrec.generators.chunks import row_chunks
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
def hand_over(cell: Cell, weights: Params, window: Window, held: torch.dtype | None = None) -> dict[str, Tensor]:
    """The hidden state [R, G, H] of every plane after the window's FIRST snapshot, where the next window starts.

    Args:
        cell: the generator applied to every coordinate.
        weights: its parameters by name.
        window: what is read.
        held: the type that the state is held in; by default the weights'.
    """
    states: dict[str, Tensor] = {}
    for name, values in window.snapshots[0].items():
        handed = _any(weights).new_empty(*values.shape, cell.state_size, dtype=held)
        if not isinstance(cell, Fills) or not cell.fill_states(weights, name, values, window.hidden.get(name), handed):
            for rows in row_chunks(values):
                state = _part(window, name, rows).state(name, cell.state_size, None)
                handed[rows] = cell.hand_over(weights, name, values[rows], state)
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
    if not isinstance(cell, Fills) or not cell.fill_outputs(weights, plane, values, window.hidden.get(plane), made):
        for rows in row_chunks(made):
            view = _part(window, plane, rows)
            made[rows] = Generation(cell, weights, view).rows(plane, len(values), None)
    return made


def _part(window: Window, plane: str, rows: slice) -> Window:
    """The window onto some rows of a plane."""
    hidden = {plane: window.hidden[plane][rows]} if plane in window.hidden else {}
    return Window(window.planes, tuple({plane: snapshot[plane][rows]} for snapshot in window.snapshots), hidden)


def _any(weights: Params) -> Tensor:
    """One of the weights; what is generated has their precision and device, whatever the snapshots are held in."""
    return next(iter(weights.values()))
