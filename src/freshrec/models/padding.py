"""Bags of ids as a rectangle, for models that attend to every id of a history."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from freshrec.data import Bags
from freshrec.errors import ModelError

__all__ = ["Padded", "padded"]


@dataclass(frozen=True, slots=True)
class Padded:
    """Up to T ids a sample, and padding in the other places.

    Attributes:
        ids: int64 [B, T], those of a sample in their order.
        mask: bool [B, T], true where an id stands.
        lengths: int64 [B], how many ids each sample has.
    """

    ids: Tensor
    mask: Tensor
    lengths: Tensor


def padded(bags: Bags, length: int, padding: int, side: Literal["left", "right"] = "right") -> Padded:
    """The ids of bags as a rectangle [B, T]; of a bag with more than T ids the last T, of a history the newest.

    Args:
        bags: ids of all samples, one after another.
        length: T.
        padding: the id to fill with: the model's `padding_idx`, or a row that no id has.
        side: where the padding stands.

    Raises:
        ModelError: the bags have weights, which a rectangle of ids has no place for.

    >>> bags = Bags(torch.tensor([4, 5, 6]), torch.tensor([0, 2, 2, 3]))
    >>> padded(bags, 2, padding=9).ids
    tensor([[4, 5],
            [9, 9],
            [6, 9]])
    """
    if bags.weights is not None:
        raise ModelError(
            "these bags have weights (a field with several values over a history), which padded ids cannot carry. "
            "Look them up as bags, F.embedding_bag(..., per_sample_weights=bags.weights), or leave the field out."
        )
    lengths = torch.diff(bags.offsets).clamp(max=length)
    places = torch.arange(length).expand(len(lengths), length)
    if side == "left":
        places = places - (length - lengths).unsqueeze(1)
    mask = (places >= 0) & (places < lengths.unsqueeze(1))
    ids = torch.full(mask.shape, padding, dtype=torch.int64)
    ids[mask] = bags.ids[((bags.offsets[1:] - lengths).unsqueeze(1) + places)[mask]]
    return Padded(ids, mask, lengths)
