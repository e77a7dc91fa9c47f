"""The base models that a comparison knows by name."""

from collections.abc import Mapping
from typing import TypeAlias

from freshrec.models.embedding_mlp import EmbeddingMLP
from freshrec.models.matrix_factorisation import MatrixFactorisation

__all__ = ["MODELS", "ModelClass"]

ModelClass: TypeAlias = type[EmbeddingMLP | MatrixFactorisation]

MODELS: Mapping[str, ModelClass] = {
    "embedding-mlp": EmbeddingMLP,
    "matrix-factorisation": MatrixFactorisation,
}
