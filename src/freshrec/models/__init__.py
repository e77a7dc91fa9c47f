"""Base models: from a batch to logits [B]."""

from freshrec.models.embedding_mlp import EmbeddingMLP
from freshrec.models.matrix_factorisation import MatrixFactorisation

__all__ = ["EmbeddingMLP", "MatrixFactorisation"]
