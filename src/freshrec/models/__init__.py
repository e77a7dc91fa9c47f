"""Base models: from a batch to logits [B]; and any other model as one of them."""

from freshrec.models.adapted import Adapted, Call
from freshrec.models.embedding_mlp import EmbeddingMLP
from freshrec.models.matrix_factorisation import MatrixFactorisation
from freshrec.models.named import MODELS, ModelClass, find_model
from freshrec.models.padding import Padded, padded
from freshrec.models.trivial import ConstantLogit, ItemLogit

__all__ = [
    "MODELS",
    "Adapted",
    "Call",
    "ConstantLogit",
    "EmbeddingMLP",
    "ItemLogit",
    "MatrixFactorisation",
    "ModelClass",
    "Padded",
    "find_model",
    "padded",
]
