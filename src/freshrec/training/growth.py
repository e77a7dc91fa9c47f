"""States that get rows: an id that is first seen in a period has a row from then on, in all that is remembered."""

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Annotated, Any, Self, TypeVar, cast

import torch
from torch import Tensor, nn

from freshrec.data import Schema
from freshrec.errors import ModelError
from freshrec.params import ByRow, Params, params_of, tables_of

__all__ = ["Growth"]

S = TypeVar("S")


@dataclass(frozen=True)
class Growth:
    """From the tables of a model to longer ones.

    Attributes:
        rows: the numbers of rows before and after, by parameter name and, for memories that are kept by the data's own
            tables, by table name.
        initial: the longer model's initial values.
    """

    rows: Mapping[str, tuple[int, int]]
    initial: Params

    @classmethod
    def between(cls, before: nn.Module, after: nn.Module, known: tuple[Schema, Schema]) -> Self:
        """The growth from a model to the same model of a later schema.

        Args:
            before: the model so far.
            after: the model with longer tables.
            known: their schemas.

        Raises:
            ModelError: the models differ in something else than the number of rows of parameters and buffers.
        """
        earlier, later = (schema.rows for schema in known)
        rows = {table: (number, later[table]) for table, number in earlier.items()}
        shapes, initial = {name: value.shape for name, value in params_of(before).items()}, params_of(after)
        if shapes.keys() != initial.keys():
            different = min(shapes.keys() ^ initial.keys())
            raise ModelError(
                f"the model has a parameter {different!r} for some numbers of ids and not for others. "
                "Let its parameters not depend on how many ids there are."
            )
        paddings = ({name: table.padding for name, table in tables_of(model).items()} for model in (before, after))
        for (name, padding), later_padding in zip(next(paddings).items(), next(paddings).values(), strict=True):
            if padding != later_padding:
                raise ModelError(
                    f"the padding row of {name!r} is {padding} before new ids came and {later_padding} after; "
                    "a row keeps its place when a table grows. Let the padding row be the first."
                )
        for name, shape in shapes.items():
            grown = initial[name].shape
            if shape == grown:
                continue
            if len(shape) == 0 or shape[1:] != grown[1:] or shape[0] > grown[0]:
                raise ModelError(
                    f"the parameter {name!r} has the shape {tuple(shape)} before new ids came and {tuple(grown)} "
                    "after; more rows were expected, and all else alike. Keep what grows with ids in rows."
                )
            rows[name] = (shape[0], grown[0])
        return cls(rows, initial)

    def state(self, state: S) -> S:
        """A state with rows for the new ids: values begin as the longer model's, memories as their annotation says.

        A state is a tree of dataclasses, tuples and mappings, as `freshrec.store.pack` takes it. What is annotated as
        `Params` holds values; what is annotated as `Slots`, or with another `ByRow`, is a memory. The rest stays.

        Raises:
            ModelError: a tensor has another number of rows than its table.
        """
        return cast(S, self._grown(type(state), state))

    def _grown(self, kind: Any, value: Any) -> Any:
        origin, inner = typing.get_origin(kind), typing.get_args(kind)
        if origin is Annotated:
            marks = [part for part in inner[1:] if isinstance(part, ByRow)]
            return self._longer(value, marks[0].fill) if marks else self._grown(inner[0], value)
        if origin in (typing.Union, types.UnionType) and value is not None:
            (one,) = (part for part in inner if part is not type(None))
            return self._grown(one, value)
        if is_dataclass(value) and not isinstance(value, type):
            hints = typing.get_type_hints(type(value), include_extras=True)
            return replace(
                value, **{each.name: self._grown(hints[each.name], getattr(value, each.name)) for each in fields(value)}
            )
        if isinstance(value, tuple):
            return tuple(self._grown(inner[0], part) for part in value)
        return value

    def _longer(self, tensors: Mapping[str, Tensor], fill: int | None) -> dict[str, Tensor]:
        return {
            name: self._rows(name, value, fill) if name in self.rows and value.dim() else value
            for name, value in tensors.items()
        }

    def _rows(self, name: str, value: Tensor, fill: int | None) -> Tensor:
        before, after = self.rows[name]
        if before == after:
            return value
        # A memory may hold several rows for one of the table, as a generator's that all of a row's numbers share.
        each = len(value) // before
        if len(value) != before * (1 if fill is None else each):
            raise ModelError(
                f"the state has {len(value)} rows of {name!r}, and its table has {before}. "
                "Annotate what is not kept by rows as Mapping[str, Tensor], not as Params or Slots."
            )
        if fill is None:
            new = self.initial[name][before:].to(value)
        else:
            new = value.new_full((each * (after - before), *value.shape[1:]), fill)
        grown = torch.cat([value.detach(), new])
        return nn.Buffer(grown) if isinstance(value, nn.Buffer) else grown
