"""An epoch of incremental training as one would write it in torch: the yardstick for feeding.

Samples are dense arrays in memory: int32 ids [N], histories padded to [N, 30], one category an item. Embedding&MLP
(embedding 8, MLP 40-20-10-1) pools a history by its mask; batches of 1,024 in random order; Adam as torch has it, fused
and dense.
"""

from copy import deepcopy
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from freshrec.data import Samples
from freshrec.models import EmbeddingMLP

__all__ = ["Dense", "PlainModel", "plain_epoch"]


@dataclass(frozen=True)
class Dense:
    """Samples as padded arrays: user, item and length int32 [N], history int32 [N, T], label float32 [N]."""

    user: Tensor
    item: Tensor
    history: Tensor
    length: Tensor
    label: Tensor

    @classmethod
    def of(cls, samples: Samples) -> "Dense":
        """Padded once, before anything is timed."""
        length = torch.from_numpy(samples.end - samples.start)
        at = torch.from_numpy(samples.start)[:, None] + torch.arange(samples.schema.history)
        past = torch.from_numpy(samples.positives)[at.clamp(max=len(samples.positives) - 1)]
        history = past.masked_fill_(torch.arange(at.shape[1]) >= length[:, None], 0)
        user, item = torch.from_numpy(samples.user), torch.from_numpy(samples.item)
        return cls(user, item, history, length, torch.from_numpy(samples.label).float())


class PlainModel(nn.Module):
    """Embedding&MLP over dense samples, beginning with the values of one over batches.

    Args:
        start: its tables and weights are copied.
        category: of every item, int64 [items].
    """

    category: Tensor

    def __init__(self, start: EmbeddingMLP, category: Tensor):
        super().__init__()
        self.register_buffer("category", category)
        self.users, self.items, self.categories = (
            deepcopy(start.get_submodule(start.modules_of[table])) for table in ("user", "item", "category")
        )
        self.mlp = deepcopy(start.mlp)

    def _vectors(self, item: Tensor) -> Tensor:
        return torch.cat([self.items(item), self.categories(self.category[item])], -1)

    def forward(self, user: Tensor, item: Tensor, history: Tensor, length: Tensor) -> Tensor:
        """Logits [B]."""
        there = torch.arange(history.shape[1]) < length[:, None]
        pooled = (self._vectors(history) * there.unsqueeze(-1)).sum(1) / length.clamp(min=1).unsqueeze(1)
        logits: Tensor = self.mlp(torch.cat([self.users(user), pooled, self._vectors(item)], 1)).squeeze(1)
        return logits

    def scores(self, samples: Dense, rows: Tensor) -> Tensor:
        """Logits [B] of some rows of the samples."""
        user, item, history = (ids[rows].long() for ids in (samples.user, samples.item, samples.history))
        logits: Tensor = self(user, item, history, samples.length[rows])
        return logits


def plain_epoch(model: PlainModel, adam: torch.optim.Optimizer, samples: Dense, order: Tensor, batch_size: int) -> None:
    """One step a batch, through the samples in the given order [N]."""
    for rows in torch.split(order, batch_size):
        loss = F.binary_cross_entropy_with_logits(model.scores(samples, rows), samples.label[rows])
        adam.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()
