"""Generating the model that serves, and the state that the next window starts from: all rows, in chunks."""

import torch
from torch import Tensor

from freshrec.generators.cell import Cell
from freshrec.generators.generation import Generation
from freshrec.generators.planes import CHUNK, DENSE
from freshrec.generators.window import Window
from freshrec.params import Params

__all__ = ["generate", "hand_over"]


@torch.no_grad()
def generate(cell: Cell, weights: Params, window: Window) -> dict[str, Tensor]:
    """The serving model after the last snapshot: all parameters, made in chunks of rows, and what is not generated."""
    generation, newest = Generation(cell, weights, window), window.snapshots[-1]
    params: dict[str, Tensor] = {}
    for name, plane in window.planes.own.items():
        matrix = _any(weights).new_empty(newest[name].shape)
        for first in range(0, len(matrix), CHUNK):
            chunk = torch.arange(first, min(first + CHUNK, len(matrix)), device=matrix.device)
            matrix[first : first + CHUNK] = generation.rows(name, len(window.snapshots), chunk)
        params[name] = plane.kept(plane.tensor(matrix), newest[name])
    if window.planes.dense:
        params |= window.planes.split(generation.rows(DENSE, len(window.snapshots), None), newest[DENSE])
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
    for plane, values in window.snapshots[0].items():
        handed = _any(weights).new_empty(*values.shape, cell.state_size, dtype=held)
        for first in range(0, len(values), CHUNK):
            chunk = torch.arange(first, min(first + CHUNK, len(values)), device=values.device)
            state = window.state(plane, cell.state_size, chunk)
            coordinates = window.coordinates(plane, 1, chunk)[0]
            handed[first : first + CHUNK] = cell.hand_over(weights, plane, coordinates, state)
        states[plane] = handed
    return states


def _any(weights: Params) -> Tensor:
    """One of the weights; what is generated has their precision and device, whatever the snapshots are held in."""
    return next(iter(weights.values()))
