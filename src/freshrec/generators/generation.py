"""Generating models from a window lazily, for training: the rows that a batch looks up, and what is small."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor

from freshrec.generators.cell import Cell
from freshrec.generators.made_rows import MadeRows
from freshrec.generators.planes import DENSE, SMALL, Plane
from freshrec.generators.window import Window
from freshrec.training import LazyTable

__all__ = ["Generation", "without_autocast"]

DEARER = 2
"""A row that is looked up costs so many times what it costs in a whole table: it is found, gathered, put together."""


@dataclass
class Generation:
    """The models Theta*_1..K generated from one window with weights that gradients flow to.

    Rows of a table are independent of each other given the generator's weights. So a model generated for one batch
    holds `LazyTable`s, which make the rows that the batch looks up; those that a later step has looked up before are
    there already, so ask for the last step first. What is small is made whole once for all K steps, for they are the
    same recurrence read out at every step: all outside the tables, and tables that would cost more row by row.

    Attributes:
        cell: the generator applied to every coordinate.
        weights: the generator's parameters by name.
        window: what is read.
        last: how many of the last steps are asked for; 1 is the newest alone.
        lazy: False to make every table whole: the plain definition that the lazy way must equal.
        demand: by table, the most steps of rows that a generation has made row by row; it is added to. Given to the
            next generation of the same window, it tells from the start what will cost less.
    """

    cell: Cell
    weights: Mapping[str, Tensor]
    window: Window
    last: int = 1
    lazy: bool = True
    demand: dict[str, int] = field(default_factory=dict)
    _taken: dict[str, int] = field(default_factory=dict, init=False)
    _made: dict[str, MadeRows] = field(default_factory=dict, init=False)
    _whole: dict[str, Tensor] = field(default_factory=dict, init=False)

    def at(self, steps: int) -> dict[str, Tensor]:
        """The model after the window's first `steps` snapshots, by name; one of the last `last` of all K.

        What is not generated is as the newest of those snapshots has it: buffers, frozen parameters and padding rows.
        """
        params: dict[str, Tensor] = {}
        which, newest = steps - len(self.window.snapshots) - 1, self.window.snapshots[steps - 1]
        for name, plane in self.window.planes.own.items():
            if self.lazy and plane.by_rows and not self._cheaper_whole(name, plane.shape[0]):
                params[name] = self._lazy_table(name, plane, steps)
            else:
                made = plane.tensor(self._all_rows(name)[which])
                params[name] = made if plane.padding is None else plane.kept(made, self._table(name, plane, steps))
        if self.window.planes.dense:
            params |= self.window.planes.split(self._all_rows(DENSE)[which], newest[DENSE])
        return params | self.window.beside(steps)

    def rows(self, plane: str, steps: int, rows: Tensor | None) -> Tensor:
        """Generated rows [N, G] of a plane after the first `steps` snapshots: the given ones, or all."""
        return self._outputs(plane, steps, 1, rows)[0]

    def _cheaper_whole(self, name: str, rows: int) -> bool:
        """Whether to make all R rows of a table once costs less than to make, and put together, those looked up."""
        if rows <= SMALL or name in self._whole:
            return True
        return name not in self._made and DEARER * self.demand.get(name, 0) > rows * len(self.window.snapshots)

    def _lazy_table(self, name: str, plane: Plane, steps: int) -> LazyTable:
        def rows_of(rows: Tensor | None) -> Tensor:
            if rows is None:
                return plane.kept(plane.tensor(self.rows(name, steps, None)), self._table(name, plane, steps))
            return self._after_each(name, plane, 1, rows, steps)[steps]

        def look_up(ids: Tensor) -> tuple[Tensor, Tensor]:
            if name not in self._made:
                self._made[name] = MadeRows(plane.shape[0])
            last = steps - (len(self.window.snapshots) - self.last)
            return self._made[name].look_up(ids, steps, partial(self._after_each, name, plane, last))

        return LazyTable(name, plane.shape, rows_of, like=next(iter(self.weights.values())), look_up=look_up)

    def _after_each(self, name: str, plane: Plane, last: int, rows: Tensor, steps: int) -> dict[int, Tensor]:
        """Rows [N, D] of a table after each of the `last` of the first `steps` steps, by step."""
        self._taken[name] = self._taken.get(name, 0) + len(rows) * steps
        self.demand[name] = max(self.demand.get(name, 0), self._taken[name])
        outputs = self._outputs(name, steps, last, plane.places(rows)).unbind(0)
        return {
            step: plane.kept(made.reshape(-1, plane.shape[1]), self._table(name, plane, step), rows)
            for step, made in zip(range(steps - last + 1, steps + 1), outputs, strict=True)
        }

    def _table(self, name: str, plane: Plane, steps: int) -> Tensor:
        """A table [R, D] as the newest of the first `steps` snapshots has it."""
        return plane.tensor(self.window.snapshots[steps - 1][name])

    def _all_rows(self, plane: str) -> Tensor:
        """All rows [last, R, G] of a plane after each of the last steps, from one pass over the window."""
        if plane not in self._whole:
            self._whole[plane] = self._outputs(plane, len(self.window.snapshots), self.last, None)
        return self._whole[plane]

    def _outputs(self, plane: str, steps: int, last: int, rows: Tensor | None) -> Tensor:
        """Rows [last, N, G] of a plane after each of the `last` of `steps` snapshots."""
        x = self.window.coordinates(plane, steps, rows)
        state = self.window.state(plane, self.cell.state_size, rows)
        with without_autocast(x.device.type):
            return self.cell.outputs(self.weights, plane, x, state, last)


def without_autocast(kind: str) -> AbstractContextManager[None]:
    """Autocast is for the model that looks up; the rows that it is given are made in the weights' precision."""
    cast = torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind)
    return torch.autocast(kind, enabled=False) if cast else nullcontext()
