"""How a model's parameters are laid out for a generator that is applied coordinate by coordinate.

A plane is a matrix [R, G]: G generators, each applied to the R coordinates that share it. An embedding table [R, D] is
a plane by itself, with one generator a dimension shared by all ids; the weights with a generator each are one plane
with a single row, all of them together (section 3.5). What else there is, `Grouping` says.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn

from freshrec.generators.cell import Cell
from freshrec.generators.grouping import Grouping, Sharing
from freshrec.params import Params, tables_of
from freshrec.training import rows_in

__all__ = ["DENSE", "SMALL", "Plane", "Planes"]

DENSE = "(dense)"
# Tables of at most so many rows are made whole at every step: finding the rows looked up would cost more.
SMALL = 2048


@dataclass(frozen=True)
class Plane:
    """One parameter as a matrix [R, G].

    Attributes:
        shape: the parameter's own.
        sharing: which of its coordinates share a generator.
        table: whether it is an embedding table, whose rows are looked up.
        padding: the row of a table that is no free parameter: it is taken as it is, not generated.
    """

    shape: torch.Size
    sharing: Sharing
    table: bool = False
    padding: int | None = None

    @property
    def generators(self) -> int:
        """G."""
        match self.sharing:
            case "coordinate":
                return self.shape.numel()
            case "column":
                return self.shape[-1] if self.shape else 1
            case "row":
                return self.shape[0] if self.shape else 1
            case "tensor":
                return 1

    @property
    def by_rows(self) -> bool:
        """Whether any rows of the table can be generated without the others."""
        return self.table and self.sharing in ("column", "tensor")

    def matrix(self, value: Tensor) -> Tensor:
        """The plane [R, G] of the parameter's value."""
        if self.sharing == "row":
            return value.reshape(self.generators, -1).t().contiguous()
        return value if self._as_it_is else value.reshape(-1, self.generators)

    def tensor(self, matrix: Tensor) -> Tensor:
        """The parameter's value from its plane [R, G]."""
        if self.sharing == "row":
            return matrix.t().reshape(self.shape)
        return matrix if self._as_it_is else matrix.reshape(self.shape)

    @property
    def _as_it_is(self) -> bool:
        """Whether the value is the plane: a view would have a gradient of its own, and sums in another order."""
        return self.sharing == "column" and len(self.shape) == 2

    def places_before(self, rows: int) -> int:
        """The number of the plane's rows that hold the first rows of the table."""
        return rows * (self.shape[1] // self.generators)

    def places(self, rows: Tensor) -> Tensor:
        """The plane's rows int64 [M] that hold some rows int64 [N] of the table, one after another."""
        each = self.shape[1] // self.generators
        return rows if each == 1 else (rows.unsqueeze(1) * each + torch.arange(each, device=rows.device)).reshape(-1)

    def kept(self, made: Tensor, newest: Tensor, rows: Tensor | None = None) -> Tensor:
        """Generated rows of a table with the padding row, where it is among them, put back as it was.

        Args:
            made: rows [N, D].
            newest: the table [R, D], which may be lazy, in the newest snapshot; no gradient flows to it.
            rows: int64 [N], which rows are made; None for all R.
        """
        if self.padding is None:
            return made
        which = torch.arange(self.shape[0], device=made.device) if rows is None else rows
        padding = rows_in(newest, torch.full((1,), self.padding, device=made.device))
        return torch.where((which == self.padding).unsqueeze(1), padding.detach(), made)


@dataclass(frozen=True)
class Planes:
    """The planes of all parameters that are trained.

    Attributes:
        own: the parameters that are a plane by themselves, of the parameter's name.
        dense: those with a generator a coordinate, in the order in which they stand together in the plane `DENSE`.
    """

    own: Mapping[str, Plane]
    dense: Mapping[str, Plane]

    @classmethod
    def of(cls, model: nn.Module, grouping: Grouping | None = None) -> Self:
        """Lay out the parameters of a model but for frozen ones; its embedding tables are found by module type.

        Raises:
            ConfigError: the grouping is not of this model.
            ModelError: a table has `max_norm`.
        """
        tables = tables_of(model)
        shapes = {name: value.shape for name, value in model.named_parameters() if value.requires_grad}
        planes = {
            name: Plane(shapes[name], sharing, name in tables, tables[name].padding if name in tables else None)
            for name, sharing in (grouping or Grouping()).of(shapes, tables).items()
        }
        return cls(
            {name: plane for name, plane in planes.items() if plane.sharing != "coordinate"},
            {name: plane for name, plane in planes.items() if plane.sharing == "coordinate"},
        )

    @property
    def parameters(self) -> dict[str, Plane]:
        """All that is generated, by name."""
        return {**self.own, **self.dense}

    def groups(self) -> dict[str, list[int]]:
        """How many generators were initialised together, by plane: one number a parameter tensor."""
        counts = {name: [plane.generators] for name, plane in self.own.items()}
        if self.dense:
            counts[DENSE] = [plane.generators for plane in self.dense.values()]
        return counts

    def join(self, params: Params) -> dict[str, Tensor]:
        """The planes [R, G] of some parameters."""
        planes = {name: plane.matrix(params[name]) for name, plane in self.own.items()}
        if self.dense:
            planes[DENSE] = torch.cat([params[name].reshape(-1) for name in self.dense]).unsqueeze(0)
        return planes

    def split(self, made: Tensor, newest: Tensor) -> dict[str, Tensor]:
        """The parameters with a generator a coordinate, by name.

        Args:
            made: their plane [1, G], generated.
            newest: the same plane in the newest snapshot, from which padding rows are kept.
        """
        sizes = [plane.generators for plane in self.dense.values()]
        parts = zip(self.dense.items(), torch.split(made[0], sizes), torch.split(newest[0], sizes), strict=True)
        return {name: plane.kept(plane.tensor(part), plane.tensor(before)) for (name, plane), part, before in parts}

    def apart(self, params: Params) -> dict[str, Tensor]:
        """What is in a snapshot and not generated: buffers and frozen parameters."""
        return {name: value for name, value in params.items() if name not in self.own and name not in self.dense}

    def describe(self, cell: Cell) -> str:
        """A table of the parameters: who shares a generator, how many there are, and how many weights those have."""
        each = sum(weight.numel() for weight in cell.initial_weights({"": [1]}, 0).values())
        wide = max(map(len, self.parameters))
        lines = [f"{'parameter':{wide}} {'shape':>16} {'one a':>11} {'generators':>11} {'weights':>13}"]
        for name, plane in self.parameters.items():
            shape, count = " x ".join(map(str, plane.shape)), plane.generators
            lines.append(f"{name:{wide}} {shape:>16} {plane.sharing:>11} {count:11,} {count * each:13,}")
        count = sum(map(sum, self.groups().values()))
        return "\n".join([*lines, f"{'all':{wide}} {'':16} {'':11} {count:11,} {count * each:13,}"])
