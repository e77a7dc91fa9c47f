"""The base models that a comparison knows by name, and those of other packages."""

from collections.abc import Mapping
from typing import TypeAlias

from torch import nn

from freshrec.errors import ConfigError
from freshrec.extensions import load, names
from freshrec.models.embedding_mlp import EmbeddingMLP
from freshrec.models.matrix_factorisation import MatrixFactorisation
from freshrec.settings import nearest

__all__ = ["MODELS", "ModelClass", "find_model"]

ModelClass: TypeAlias = type[nn.Module]
"""A module from a batch to logits [B], made with `(schema, dim=D, seed=S)`; equal seeds give equal parameters."""

MODELS: Mapping[str, ModelClass] = {
    "embedding-mlp": EmbeddingMLP,
    "matrix-factorisation": MatrixFactorisation,
}


def find_model(name: str) -> ModelClass:
    """The base model of a name: one of `MODELS`, an entry point of `freshrec.models`, or `package.module:Name`.

    Raises:
        ConfigError: there is no such model, or it is no subclass of `nn.Module`.
    """
    if name in MODELS:
        return MODELS[name]
    known = names("models")
    if ":" not in name and name not in known:
        raise ConfigError(f"unknown base model {name!r}. {nearest(name, [*MODELS, *known])}")
    found = load("models", name)
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        raise ConfigError(
            f"{name!r} is no base model. Name a subclass of torch.nn.Module; docs/extending.md shows one."
        )
    return found
