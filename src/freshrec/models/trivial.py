"""Base models of the trivial baselines: one constant logit, and one logit an item."""

import torch
from torch import Tensor, nn

from freshrec.data import Batch, Schema

__all__ = ["ConstantLogit", "ItemLogit"]


class ConstantLogit(nn.Module):
    """Scores every sample with one bias [1], initially zero.

    Args:
        schema: unused; every base model takes the stream's schema, a dimension and a seed.
        dim: unused.
        seed: unused.
    """

    def __init__(self, schema: Schema, dim: int = 1, seed: int = 0):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, batch: Batch) -> Tensor:
        """Logits [B], all equal."""
        return self.bias.expand(len(batch))


class ItemLogit(nn.Module):
    """Scores b + b_i: one bias [1] and a table [R, 1] with a bias of each item, all initially zero.

    Of a stream without items all samples count as those of one item.

    Args:
        schema: the stream's tables, of which `item` is read.
        dim: unused; every base model takes the stream's schema, a dimension and a seed.
        seed: unused.
    """

    def __init__(self, schema: Schema, dim: int = 1, seed: int = 0):
        super().__init__()
        zeros = torch.zeros(schema.rows.get("item", 1), 1)
        self.item_table: nn.Embedding = nn.Embedding.from_pretrained(zeros, freeze=False)  # type: ignore[no-untyped-call]
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, batch: Batch) -> Tensor:
        """Logits [B] of the batch's candidates being positive; they depend on the item alone."""
        ids = batch.item.get("item", torch.zeros_like(batch.label, dtype=torch.int64))
        logits: Tensor = self.bias + self.item_table(ids)[:, 0]
        return logits
