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

LOOKUP_COST_RATIO = 1.4
"""Cost of a looked-up row relative to a row of a fully generated table: it is found, gathered, put together."""


@dataclass
class Generation:
    """The models Theta*_1..K generated from one window with weights that gradients flow to.

    Rows of a table are independent of each other given the generator's weights. So a model generated for one batch
    holds `LazyTable`s, which make the rows that the batch looks up; those that a later step has looked up before are
    there already, so ask for the last step first. What is small is made whole once for all K steps, for they are the
    same recurrence read out at every step: all outside the tables, and tables that would cost more row by row.

    The last bits of a gradient, a sum over rows, depend on how many rows there are. So that ids of the future change
    nothing, rows beyond the reach of look-ups decide nothing, and are not made unless they are looked up after all.

    Attributes:
        cell: the generator applied to every coordinate.
        weights: the generator's parameters by name.
        window: what is read.
        last: how many of the last steps are asked for; 1 is the newest alone.
        lazy: False to make every table whole: the plain definition that the lazy way must equal.
        reach: by table the number of first rows among which batches look up, as far as is known; by default all.
        demand: by table, the most steps of rows that a generation has made row by row; it is added to. Given to the
            next generation of the same window, it tells from the start what will cost less.
    """

    cell: Cell
    weights: Mapping[str, Tensor]
    window: Window
    last: int = 1
    lazy: bool = True
    reach: Mapping[str, int] = field(default_factory=dict)
    demand: dict[str, int] = field(default_factory=dict)
    _taken: dict[str, int] = field(default_factory=dict, init=False)
    _made: dict[str, MadeRows] = field(default_factory=dict, init=False)
    _whole: dict[str, Tensor] = field(default_factory=dict, init=False)

    def at(self, steps: int) -> dict[str, Tensor]:
        """The model after the window's first `steps` snapshots, by name; one of the last `last` of all K.

        What is not generated is as the newest of those snapshots has it: buffers, frozen parameters and padding rows.
        """
        newest = self.window.snapshots[steps - 1]
        params = {name: self._parameter(name, plane, steps) for name, plane in self.window.planes.own.items()}
        if self.window.planes.dense:
            params |= self.window.planes.split(self._once(DENSE, steps, slice(None)), newest[DENSE])
        return params | self.window.beside(steps)

    def rows(self, plane: str, steps: int, rows: Tensor | None) -> Tensor:
        """Generated rows [N, G] of a plane after the first `steps` snapshots: the given ones, or all."""
        return self._outputs(plane, steps, 1, slice(None) if rows is None else rows)[0]

    def _parameter(self, name: str, plane: Plane, steps: int) -> Tensor:
        """A parameter after the first `steps` snapshots, lazy where that costs less."""
        if not (self.lazy and plane.by_rows):
            return self._whole_parameter(name, plane, steps)
        rows, reach = plane.shape[0], self._reach(name, plane)
        if reach and self._cheaper_whole(name, reach):
            if reach == rows:
                return self._whole_parameter(name, plane, steps)
            made = self._once(name, steps, slice(plane.places_before(reach))).reshape(reach, -1)
            first = plane.kept(made, self._table(name, plane, steps), torch.arange(reach))
            return self._lazy_table(name, plane, steps, first)
        return self._lazy_table(name, plane, steps)

    def _reach(self, name: str, plane: Plane) -> int:
        """The number of first rows of a table among which batches look up."""
        rows = plane.shape[0]
        # From another device than the CPU an id would have to be read back, to see whether it is among them.
        on_cpu = self.window.snapshots[0][name].device.type == "cpu"
        return min(self.reach.get(name, rows), rows) if on_cpu else rows

    def _cheaper_whole(self, name: str, rows: int) -> bool:
        """Whether to make the first rows of a table once costs less than to make, and put together, those looked up."""
        if rows <= SMALL or name in self._whole:
            return True
        return name not in self._made and LOOKUP_COST_RATIO * self.demand.get(name, 0) > rows * len(
            self.window.snapshots
        )

    def _whole_parameter(self, name: str, plane: Plane, steps: int) -> Tensor:
        """All of a parameter after the first `steps` snapshots."""
        value = plane.tensor(self._once(name, steps, slice(None)))
        return value if plane.padding is None else plane.kept(value, self._table(name, plane, steps))

    def _lazy_table(self, name: str, plane: Plane, steps: int, first: Tensor | None = None) -> LazyTable:
        def rows_of(rows: Tensor | None) -> Tensor:
            if rows is None:
                return plane.kept(plane.tensor(self.rows(name, steps, None)), self._table(name, plane, steps))
            return self._after_each(name, plane, 1, rows, steps)[steps]

        def look_up(ids: Tensor) -> tuple[Tensor, Tensor]:
            if name not in self._made:
                self._made[name] = MadeRows(plane.shape[0])
            last = steps - (len(self.window.snapshots) - self.last)
            return self._made[name].look_up(ids, steps, partial(self._after_each, name, plane, last))

        like, small = next(iter(self.weights.values())), plane.shape[0] <= SMALL
        return LazyTable(name, plane.shape, rows_of, like=like, look_up=look_up, first=first, small=small)

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

    def _once(self, plane: str, steps: int, rows: slice) -> Tensor:
        """Rows [N, G] of a plane after the first `steps` snapshots, the same at every call, from one pass for all."""
        if plane not in self._whole:
            self._whole[plane] = self._outputs(plane, len(self.window.snapshots), self.last, rows)
        return self._whole[plane][steps - len(self.window.snapshots) - 1]

    def _outputs(self, plane: str, steps: int, last: int, rows: Tensor | slice) -> Tensor:
        """Rows [last, N, G] of a plane after each of the `last` of `steps` snapshots."""
        x = self.window.coordinates(plane, steps, rows)
        state = self.window.state(plane, self.cell.state_size, rows)
        with without_autocast(x.device.type):
            return self.cell.outputs(self.weights, plane, x, state, last)


def without_autocast(kind: str) -> AbstractContextManager[None]:
    """Autocast is for the model that looks up; the rows that it is given are made in the weights' precision."""
    cast = torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind)
    return torch.autocast(kind, enabled=False) if cast else nullcontext()
