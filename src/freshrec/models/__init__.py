"""Base models: from a batch to logits [B]."""

from freshrec.models.embedding_mlp import EmbeddingMLP

__all__ = ["EmbeddingMLP"]
