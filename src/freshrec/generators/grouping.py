"""Which coordinates of a parameter share a generator."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Literal, TypeAlias

import torch
from pydantic import Field

from freshrec.errors import ConfigError
from freshrec.settings import Settings

__all__ = ["Grouping", "Sharing"]

Sharing: TypeAlias = Literal["coordinate", "column", "row", "tensor"]


class Grouping(Settings):
    """How a model's parameters are divided among generators.

    A parameter has a generator for each of its *coordinates*; one a *column*, shared by its rows; one a *row*, shared
    by its columns; or one for the whole *tensor*. The columns of an embedding table are its dimensions. A parameter of
    more than two axes has the first index as row and the last as column.

    The defaults are the paper's (section 3.5): a table has a generator a dimension, shared by its ids, and every weight
    outside the tables one of its own. A GRU with H = 4 has 65 weights a coordinate, so that larger parameters share: a
    row of `nn.Linear`'s weight is what flows into one unit, as a dimension of a table is.

    A table with a generator a row or a coordinate has as many generators as ids, those of the future among them. They
    start from one stream of random numbers, so that there the number of later ids changes earlier scores.
    """

    rules: tuple[tuple[str, Sharing], ...] = Field(
        (), description="pattern of parameter names (as of shells: * ? [..]) and sharing; the first that matches counts"
    )
    tables: Sharing = Field("column", description="embedding tables")
    dense: Sharing = Field("coordinate", description="parameters outside the tables of at most `limit` weights")
    large: Sharing = Field("row", description="parameters outside the tables of more weights")
    limit: int = Field(100_000, ge=0, description="up to how many weights a parameter outside the tables is not large")

    def of(self, shapes: Mapping[str, torch.Size], tables: Collection[str]) -> dict[str, Sharing]:
        """The sharing of each parameter.

        Args:
            shapes: of the parameters, by name.
            tables: names of those that are embedding tables.

        Raises:
            ConfigError: a pattern matches no parameter.
        """
        for pattern, _ in self.rules:
            if not any(fnmatchcase(name, pattern) for name in shapes):
                close = get_close_matches(pattern, shapes, n=3, cutoff=0.3) or list(shapes)[:3]
                raise ConfigError(
                    f"the grouping's pattern {pattern!r} matches none of the model's {len(shapes)} parameters, such as "
                    f"{', '.join(close)}. Leave the rule out or mend its pattern."
                )
        return {name: self._of(name, shape.numel(), name in tables) for name, shape in shapes.items()}

    def _of(self, name: str, size: int, table: bool) -> Sharing:
        for pattern, sharing in self.rules:
            if fnmatchcase(name, pattern):
                return sharing
        if table:
            return self.tables
        return self.dense if size <= self.limit else self.large
