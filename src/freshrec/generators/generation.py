"""Generating models from a window lazily, for training: the rows that a batch looks up, and what is small."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor

from freshrec.generators.cell import Cell
from freshrec.generators.planes import DENSE, SMALL
from freshrec.generators.window import Window
from freshrec.training import LazyTable

__all__ = ["Generation"]


@dataclass
class Generation:
    """The models Theta*_1..K generated from one window with weights that gradients flow to.

    Rows of a table are independent of each other given the generator's weights. So a model generated for one batch
    holds `LazyTable`s, which make the rows that the batch looks up. What is small is made whole once for all K steps,
    for they are the same recurrence read out at every step: all outside the tables, and tables that would cost more
    row by row, j steps of the recurrence for each row that the batch of step j looks up.

    Attributes:
        cell: the generator applied to every coordinate.
        weights: the generator's parameters by name.
        window: what is read.
        last: how many of the last steps are asked for; 1 is the newest alone.
        lazy: False to make every table whole: the plain definition that the lazy way must equal.
        demand: by table, how many rows a batch has looked up at most; it is added to. Given to the next generation of
            the same window, it tells from the start what will cost less.
    """

    cell: Cell
    weights: Mapping[str, Tensor]
    window: Window
    last: int = 1
    lazy: bool = True
    demand: dict[str, int] = field(default_factory=dict)
    _looked_up: dict[tuple[str, int], int] = field(default_factory=dict, init=False)
    _whole: dict[str, Tensor] = field(default_factory=dict, init=False)

    def at(self, steps: int) -> dict[str, Tensor]:
        """The model after the window's first `steps` snapshots, by name; one of the last `last` of all K.

        What is not generated is as the newest of those snapshots has it: buffers, frozen parameters and padding rows.
        """
        params: dict[str, Tensor] = {}
        which, newest = steps - len(self.window.snapshots) - 1, self.window.snapshots[steps - 1]
        for name, plane in self.window.planes.own.items():
            if self.lazy and plane.by_rows and not self._cheaper_whole(name, plane.shape[0], steps):
                rows_of = partial(self._rows_of_table, name, steps)
                params[name] = LazyTable(name, plane.shape, rows_of, like=next(iter(self.weights.values())))
            else:
                params[name] = plane.kept(plane.tensor(self._all_rows(name)[which]), newest[name])
        if self.window.planes.dense:
            params |= self.window.planes.split(self._all_rows(DENSE)[which], newest[DENSE])
        return params | self.window.beside(steps)

    def rows(self, plane: str, steps: int, rows: Tensor | None) -> Tensor:
        """Generated rows [N, G] of a plane after the first `steps` snapshots: the given ones, or all."""
        return self._outputs(plane, steps, 1, rows)[0]

    def _cheaper_whole(self, name: str, rows: int, steps: int) -> bool:
        """Whether all R rows of a table, made once, cost less than the rows that batches look up from this step on."""
        if rows <= SMALL or name in self._whole:
            return True
        count = len(self.window.snapshots)
        return self.demand.get(name, 0) * sum(range(steps, count + 1)) > rows * count

    def _rows_of_table(self, name: str, steps: int, rows: Tensor | None) -> Tensor:
        """Rows [N, D] of a table after the first `steps` snapshots: the given ones, or all."""
        plane, newest = self.window.planes.own[name], self.window.snapshots[steps - 1][name]
        if rows is not None:
            looked_up = self._looked_up.get((name, steps), 0) + len(rows)
            self._looked_up[name, steps] = looked_up
            self.demand[name] = max(self.demand.get(name, 0), looked_up)
        made = self.rows(name, steps, None if rows is None else plane.places(rows))
        return plane.kept(made.reshape(-1, plane.shape[1]), newest, rows)

    def _all_rows(self, plane: str) -> Tensor:
        """All rows [last, R, G] of a plane after each of the last steps, from one pass over the window."""
        if plane not in self._whole:
            self._whole[plane] = self._outputs(plane, len(self.window.snapshots), self.last, None)
        return self._whole[plane]

    def _outputs(self, plane: str, steps: int, last: int, rows: Tensor | None) -> Tensor:
        """Rows [last, N, G] of a plane after each of the `last` of `steps` snapshots."""
        x = self.window.coordinates(plane, steps, rows)
        state = self.window.state(plane, self.cell.state_size, rows)
        with _without_autocast(x.device.type):
            return self.cell.outputs(self.weights, plane, x, state, last)


def _without_autocast(kind: str) -> AbstractContextManager[None]:
    """Autocast is for the model that looks up; the rows that it is given are made in the weights' precision."""
    cast = torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind)
    return torch.autocast(kind, enabled=False) if cast else nullcontext()
