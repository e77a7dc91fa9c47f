"""The base models that a comparison knows by name."""

from collections.abc import Mapping
from typing import TypeAlias

from freshrec.models.embedding_mlp import EmbeddingMLP
from freshrec.models.matrix_factorisation import MatrixFactorisation
from freshrec.models.trivial import ConstantLogit, ItemLogit

__all__ = ["MODELS", "ModelClass"]

ModelClass: TypeAlias = type[EmbeddingMLP | MatrixFactorisation | ConstantLogit | ItemLogit]

MODELS: Mapping[str, ModelClass] = {
    "embedding-mlp": EmbeddingMLP,
    "matrix-factorisation": MatrixFactorisation,
}
