"""Parameters as values: a model is its structure (`nn.Module`) applied to a mapping of names to tensors."""

import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import torch
from torch import Tensor, nn

from freshrec.errors import ModelError

__all__ = ["Params", "glorot", "params_of", "table_names"]

Params: TypeAlias = Mapping[str, Tensor]


def params_of(model: nn.Module) -> dict[str, Tensor]:
    """Copies of the model's parameters by name; one that is used in several places is listed once."""
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}


def glorot(shape: Sequence[int], fans: int, rng: torch.Generator) -> Tensor:
    """Glorot-uniform initial values of a shape: within sqrt(6 / fans), where `fans` is fan-in and fan-out together."""
    limit = math.sqrt(6 / fans)
    return torch.empty(tuple(shape)).uniform_(-limit, limit, generator=rng)


def table_names(model: nn.Module) -> tuple[str, ...]:
    """Names of the parameters that are embedding tables [R, D], found by the type of the module that holds them.

    Raises:
        ModelError: a table has `padding_idx` or `max_norm`, whose rows are not free parameters.
    """
    held: set[int] = set()
    for path, module in model.named_modules():
        if isinstance(module, nn.Embedding | nn.EmbeddingBag):
            for option in ("padding_idx", "max_norm"):
                if getattr(module, option) is not None:
                    raise ModelError(
                        f"the embedding {path!r} has {option}={getattr(module, option)}; its rows cannot be generated. "
                        f"Build it without {option}."
                    )
            held.add(id(module.weight))
    return tuple(name for name, parameter in model.named_parameters() if id(parameter) in held)
