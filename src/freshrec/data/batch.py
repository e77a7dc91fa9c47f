"""What a model is given: a batch of samples."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

__all__ = ["Bags", "Batch"]


@dataclass(frozen=True, slots=True)
class Bags:
    """Several ids a sample, as `embedding_bag` takes them.

    Attributes:
        ids: int64 [N], the ids of all samples, one sample after another.
        offsets: int64 [B + 1], where each sample's ids begin; the last entry is N.
        weights: float32 [N], each id's share of its sample's mean; None where all of a sample's are equal.
    """

    ids: Tensor
    offsets: Tensor
    weights: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """B samples: who (user), which candidate (item), what the user had before (history), and the label.

    Attributes:
        user: table name to ids: `user` itself and each user field; int64 [B], or bags where a field may have
            several values.
        item: the same for the candidate: `item` itself and each item field.
        history: table name to bags over the user's last T positives, to be averaged: `item` and each item
            field; a user without history has an empty bag. No tables where the stream has no histories.
        label: float32 [B], 1 for a positive and 0 for a negative.
    """

    user: Mapping[str, Tensor | Bags]
    item: Mapping[str, Tensor | Bags]
    history: Mapping[str, Bags]
    label: Tensor

    def __len__(self) -> int:
        """B, the number of samples."""
        return len(self.label)
