"""How a model's coordinates are laid out for a generator that is applied coordinate by coordinate.

A plane is a matrix [R, G]: G coordinates with a generator each, and R rows that share those generators. An embedding
table [R, D] is a plane by itself, with one generator a dimension shared by all ids; every weight and bias outside the
tables is a coordinate of its own, and all of them together are one plane with a single row (section 3.5).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from freshrec.params import Params, table_names

__all__ = ["DENSE", "Planes"]

DENSE = "(dense)"


@dataclass(frozen=True)
class Planes:
    """The planes of a model's parameters.

    Attributes:
        tables: shapes (R, D) of the embedding tables by parameter name; each is a plane of that name.
        dense: shapes of all other parameters by name, in the order in which they stand in the plane `DENSE`.
    """

    tables: Mapping[str, tuple[int, int]]
    dense: Mapping[str, torch.Size]

    @classmethod
    def of(cls, model: nn.Module) -> "Planes":
        """Lay out the parameters of a model; its embedding tables are found by module type.

        Raises:
            ModelError: a table has `padding_idx` or `max_norm`.
        """
        tables = table_names(model)
        shapes = {name: parameter.shape for name, parameter in model.named_parameters()}
        return cls(
            {name: (shapes[name][0], shapes[name][1]) for name in tables},
            {name: shape for name, shape in shapes.items() if name not in tables},
        )

    def groups(self) -> dict[str, list[int]]:
        """How many generators were initialised together, by plane: one number a parameter tensor."""
        counts = {name: [columns] for name, (_, columns) in self.tables.items()}
        if self.dense:
            counts[DENSE] = [shape.numel() for shape in self.dense.values()]
        return counts

    def join(self, params: Params) -> dict[str, Tensor]:
        """The planes of some parameters: [R, D] for each table and [1, G] for the rest."""
        planes = {name: params[name] for name in self.tables}
        if self.dense:
            planes[DENSE] = torch.cat([params[name].reshape(-1) for name in self.dense]).unsqueeze(0)
        return planes

    def split(self, plane: Tensor) -> dict[str, Tensor]:
        """The parameters outside the tables, by name, from their plane [1, G]."""
        parts = torch.split(plane.reshape(-1), [shape.numel() for shape in self.dense.values()])
        return {name: part.reshape(shape) for part, (name, shape) in zip(parts, self.dense.items(), strict=True)}
