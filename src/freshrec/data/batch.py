"""What a model is given: a batch of samples."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

__all__ = ["SCORING_BATCH", "Bags", "Batch"]

SCORING_BATCH = 16_384
"""Samples that are scored together, where there are many; the last bits of a score may depend on it."""


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

    def part(self, first: int, last: int) -> "Bags":
        """The bags of the samples from `first` to before `last`."""
        begin, end = int(self.offsets[first]), int(self.offsets[last])
        weights = None if self.weights is None else self.weights[begin:end]
        return Bags(self.ids[begin:end], self.offsets[first : last + 1] - begin, weights)

    def to(self, device: torch.device) -> "Bags":
        """The bags on a device."""
        weights = None if self.weights is None else _placed(self.weights, device)
        return Bags(_placed(self.ids, device), _placed(self.offsets, device), weights)


@dataclass(frozen=True, slots=True)
class Batch:
    """B samples: who (user), which candidate (item), what the user had before (history), what else is known of the row.

    Attributes:
        user: table name to ids: `user` itself, where the stream has users, and each user field; int64 [B], or bags
            where a field may have several values.
        item: the same for the candidate: `item` itself, where the stream has items, and each item field.
        history: table name to bags over the user's last T positives, to be averaged: `item` and each item
            field; a user without history has an empty bag. No tables where the stream has no histories.
        label: float32 [B], 1 for a positive and 0 for a negative.
        row: name of each field of the row itself to its ids: int64 [B], or bags.
        numbers: name of each numeric column to its standardised values, float32 [B].
    """

    user: Mapping[str, Tensor | Bags]
    item: Mapping[str, Tensor | Bags]
    history: Mapping[str, Bags]
    label: Tensor
    row: Mapping[str, Tensor | Bags] = field(default_factory=dict)
    numbers: Mapping[str, Tensor] = field(default_factory=dict)

    @property
    def fields(self) -> dict[str, Tensor | Bags]:
        """What is looked up of user, candidate and row, by table name; everything but the history."""
        return {**self.user, **self.item, **self.row}

    def __len__(self) -> int:
        """B, the number of samples."""
        return len(self.label)

    def part(self, first: int, last: int) -> "Batch":
        """The samples from `first` to before `last`, without a copy but for offsets."""
        user = {name: _cut(feature, first, last) for name, feature in self.user.items()}
        item = {name: _cut(feature, first, last) for name, feature in self.item.items()}
        history = {name: bags.part(first, last) for name, bags in self.history.items()}
        row = {name: _cut(feature, first, last) for name, feature in self.row.items()}
        numbers = {name: column[first:last] for name, column in self.numbers.items()}
        return Batch(user, item, history, self.label[first:last], row, numbers)

    def to(self, device: torch.device) -> "Batch":
        """The batch on a device, where the host does not wait for the copies; itself if it is there already."""
        if self.label.device == device:
            return self
        user = {name: _moved(feature, device) for name, feature in self.user.items()}
        item = {name: _moved(feature, device) for name, feature in self.item.items()}
        history = {name: bags.to(device) for name, bags in self.history.items()}
        row = {name: _moved(feature, device) for name, feature in self.row.items()}
        numbers = {name: _placed(column, device) for name, column in self.numbers.items()}
        return Batch(user, item, history, _placed(self.label, device), row, numbers)


def _cut(feature: Tensor | Bags, first: int, last: int) -> Tensor | Bags:
    return feature.part(first, last) if isinstance(feature, Bags) else feature[first:last]


def _moved(feature: Tensor | Bags, device: torch.device) -> Tensor | Bags:
    return feature.to(device) if isinstance(feature, Bags) else _placed(feature, device)


def _placed(tensor: Tensor, device: torch.device) -> Tensor:
    # A copy from pageable memory would make the host wait.
    return (tensor.pin_memory() if device.type == "cuda" else tensor).to(device, non_blocking=True)
