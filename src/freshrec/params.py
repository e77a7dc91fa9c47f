"""Parameters as values: a model is its structure (`nn.Module`) applied to a mapping of names to tensors."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from freshrec.errors import ModelError
from freshrec.hashing import hash_columns, hash_further, uniform

__all__ = ["ByRow", "Params", "Slots", "Table", "glorot", "glorot_rows", "params_of", "tables_of"]


@dataclass(frozen=True)
class ByRow:
    """Marks the type of a mapping from names to tensors [R, ...] that get rows where tables do.

    Attributes:
        fill: what new rows hold; None for the initial values of the model.
    """

    fill: int | None


Params: TypeAlias = Annotated[Mapping[str, Tensor], ByRow(None)]
"""Values of a model, by parameter name."""

Slots: TypeAlias = Annotated[Mapping[str, Tensor], ByRow(0)]
"""A memory beside the values, such as moments or counts, by the name of the parameter or of the data's table."""

CHUNK = 65_536
"""Rows of a table whose initial values are computed together, which bounds the memory beside the table."""


def params_of(model: nn.Module) -> dict[str, Tensor]:
    """Copies of all that the model computes with, by name: parameters, then buffers.

    What is used in several places is listed once. What no gradient step moves, buffers and frozen parameters
    (`requires_grad=False`), is marked as torch's `nn.Buffer`.

    Raises:
        ModelError: a parameter has no shape yet, as in `nn.LazyLinear` before its first batch.
    """
    params: dict[str, Tensor] = {}
    for name, parameter in model.named_parameters():
        if is_lazy(parameter):
            raise ModelError(
                f"the parameter {name!r} has no shape yet; a model with all its parameters was expected. "
                "Apply the model to one batch first."
            )
        copy = parameter.detach().clone()
        params[name] = copy if parameter.requires_grad else nn.Buffer(copy)
    return params | {name: nn.Buffer(buffer.detach().clone()) for name, buffer in model.named_buffers()}


def glorot(shape: Sequence[int], fans: int, rng: torch.Generator) -> Tensor:
    """Glorot-uniform initial values of a shape: within sqrt(6 / fans), where `fans` is fan-in and fan-out together."""
    limit = math.sqrt(6 / fans)
    return torch.empty(tuple(shape)).uniform_(-limit, limit, generator=rng)


def glorot_rows(rows: int, columns: int, fans: int, seed: int) -> Tensor:
    """Glorot-uniform initial values [R, D] of an embedding table, float32.

    The value of row r and column d is (2 u - 1) sqrt(6 / fans), where u in [0, 1) comes from the hash of (seed, r, d)
    alone. So a row starts with the same values whatever the number of rows.

    Args:
        rows: R.
        columns: D.
        fans: fan-in and fan-out together.
        seed: of this table.
    """
    limit, places = math.sqrt(6 / fans), np.arange(columns)
    values = torch.empty(rows, columns)
    for first in range(0, rows, CHUNK):
        which = np.arange(first, min(first + CHUNK, rows))
        hashes = hash_further(hash_columns(seed, which)[:, None], places)
        values[first : first + CHUNK] = torch.from_numpy((2 * uniform(hashes) - 1) * limit)
    return values


@dataclass(frozen=True)
class Table:
    """An embedding table [R, D].

    Attributes:
        padding: the row that stands for nothing and is no free parameter; None where every row is an id's. A table
            that several modules share has one if they agree on it.
    """

    padding: int | None


def tables_of(model: nn.Module) -> dict[str, Table]:
    """The parameters that are embedding tables, by name, found by the type of the module that holds them.

    Raises:
        ModelError: a table has `max_norm`.
    """
    paddings: dict[int, set[int | None]] = {}
    for path, module in model.named_modules():
        weight = module._parameters.get("weight")
        if not isinstance(module, nn.Embedding | nn.EmbeddingBag) or weight is None:
            continue
        if module.max_norm is not None:
            raise ModelError(
                f"the embedding {path!r} has max_norm={module.max_norm}, which shortens rows in place while they are "
                "looked up, so that looking up would change the model. Build it without max_norm."
            )
        paddings.setdefault(id(weight), set()).add(module.padding_idx)
    return {
        name: Table(held.pop() if len(held := paddings[id(parameter)]) == 1 else None)
        for name, parameter in model.named_parameters()
        if id(parameter) in paddings
    }
