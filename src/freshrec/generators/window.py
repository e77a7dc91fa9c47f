"""Generating a model from a window of snapshots: lazily for training, whole and in chunks for serving."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor

from freshrec.generators.cell import Cell
from freshrec.generators.lazy_table import CHUNK, SMALL, LazyTable
from freshrec.generators.planes import DENSE, Planes
from freshrec.params import Params

__all__ = ["Generation", "Window", "generate", "hand_over"]


@dataclass(frozen=True)
class Window:
    """What the generator reads: K snapshots, oldest first, and the hidden state before the first of them.

    Attributes:
        planes: how the parameters are laid out.
        snapshots: K mappings from plane to its values [R, G].
        hidden: from plane to hidden state [R, G, H]; empty for the zero state.
    """

    planes: Planes
    snapshots: tuple[Mapping[str, Tensor], ...]
    hidden: Params = field(default_factory=dict)

    @classmethod
    def of(cls, planes: Planes, snapshots: Sequence[Params], hidden: Params) -> "Window":
        """The window over some models' parameters."""
        return cls(planes, tuple(planes.join(params) for params in snapshots), hidden)


@dataclass
class Generation:
    """The models Theta*_1..K generated from one window with weights that gradients flow to.

    Rows of a table are independent of each other given the generator's weights. So a model generated for one batch
    holds `LazyTable`s, which make the rows that the batch looks up; small tables, and all outside them, are made
    once for all K steps, for they are the same recurrence read out at every step.

    Attributes:
        cell: the generator applied to every coordinate.
        weights: the generator's parameters by name.
        window: what is read.
        last: how many of the last steps are asked for; 1 is the newest alone.
        lazy: False to make every table whole: the plain definition that the lazy way must equal.
    """

    cell: Cell
    weights: Mapping[str, Tensor]
    window: Window
    last: int = 1
    lazy: bool = True
    _whole: dict[str, Tensor] = field(default_factory=dict, init=False)

    def at(self, steps: int) -> dict[str, Tensor]:
        """The parameters after the window's first `steps` snapshots, by name; one of the last `last` of all K."""
        params: dict[str, Tensor] = {}
        which = steps - len(self.window.snapshots) - 1
        for name, (rows, columns) in self.window.planes.tables.items():
            if self.lazy and rows > SMALL:
                dtype = self.window.snapshots[0][name].dtype
                params[name] = LazyTable(rows, columns, partial(self._rows, name, steps), dtype)
            else:
                params[name] = self._all_rows(name)[which]
        if self.window.planes.dense:
            params |= self.window.planes.split(self._all_rows(DENSE)[which])
        return params

    def _rows(self, plane: str, steps: int, rows: Tensor | None) -> Tensor:
        """Generated rows [N, G] of a plane after the first `steps` snapshots: the given rows, or all."""
        return self._outputs(plane, steps, 1, rows)[0]

    def _all_rows(self, plane: str) -> Tensor:
        """All rows [last, R, G] of a plane after each of the last steps, from one pass over the window."""
        if plane not in self._whole:
            self._whole[plane] = self._outputs(plane, len(self.window.snapshots), self.last, None)
        return self._whole[plane]

    def _outputs(self, plane: str, steps: int, last: int, rows: Tensor | None) -> Tensor:
        """Rows [last, N, G] of a plane after each of the `last` of `steps` snapshots."""
        x = torch.stack([_take(snapshot[plane], rows) for snapshot in self.window.snapshots[:steps]])
        state = _state(self.window, plane, self.cell, rows)
        return self.cell.outputs(self.weights, plane, x, state, last)


@torch.no_grad()
def generate(cell: Cell, weights: Params, window: Window) -> dict[str, Tensor]:
    """The serving model: all parameters after the last snapshot, made in chunks of rows."""
    generation = Generation(cell, weights, window)
    params: dict[str, Tensor] = {}
    for name, (rows, columns) in window.planes.tables.items():
        table = torch.empty(rows, columns, dtype=window.snapshots[0][name].dtype)
        for first in range(0, rows, CHUNK):
            chunk = torch.arange(first, min(first + CHUNK, rows))
            table[first : first + CHUNK] = generation._rows(name, len(window.snapshots), chunk)
        params[name] = table
    if window.planes.dense:
        params |= window.planes.split(generation._rows(DENSE, len(window.snapshots), None))
    return params


@torch.no_grad()
def hand_over(cell: Cell, weights: Params, window: Window) -> dict[str, Tensor]:
    """The hidden state [R, G, H] of every plane after the window's FIRST snapshot, where the next window starts."""
    states: dict[str, Tensor] = {}
    for plane, values in window.snapshots[0].items():
        handed = torch.empty(*values.shape, cell.state_size, dtype=values.dtype)
        for first in range(0, len(values), CHUNK):
            chunk = torch.arange(first, min(first + CHUNK, len(values)))
            state = _state(window, plane, cell, chunk)
            handed[first : first + CHUNK] = cell.hand_over(weights, plane, _take(values, chunk), state)
        states[plane] = handed
    return states


def _take(values: Tensor, rows: Tensor | None) -> Tensor:
    return values if rows is None else values.index_select(0, rows)


def _state(window: Window, plane: str, cell: Cell, rows: Tensor | None) -> Tensor:
    """The rows of a plane's state [N, G, state_size]."""
    if plane in window.hidden:
        return _take(window.hidden[plane], rows)
    values = window.snapshots[0][plane]
    return values.new_zeros(len(values) if rows is None else len(rows), values.shape[1], cell.state_size)
