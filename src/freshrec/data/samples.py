"""One period's samples as columns, and how rows of them become a batch."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from freshrec.data.batch import Bags, Batch
from freshrec.data.catalog import Catalog, FieldValues
from freshrec.data.windows import Ints, take_windows
from freshrec.errors import ConfigError, DataError

__all__ = ["Samples"]


@dataclass(frozen=True)
class Samples:
    """N samples in the order of time, with histories as windows into one array.

    Attributes:
        catalog: the field values of users and items.
        user: int32 [N].
        item: int32 [N].
        timestamp: int64 [N], microseconds since 1970-01-01 UTC.
        label: int8 [N], 0 or 1.
        start: int32 [N], where each sample's history begins in `positives`.
        end: int32 [N], where it ends (exclusive); `start == end` for an empty history.
        positives: int32 [M], item ids of the positives of this period's users, those in it and the last T
            before it, by user and time, oldest first; no other period is needed to read it.
    """

    catalog: Catalog
    user: npt.NDArray[np.int32]
    item: npt.NDArray[np.int32]
    timestamp: npt.NDArray[np.int64]
    label: npt.NDArray[np.int8]
    start: npt.NDArray[np.int32]
    end: npt.NDArray[np.int32]
    positives: npt.NDArray[np.int32]

    def __len__(self) -> int:
        """N, the number of samples."""
        return len(self.user)

    def pairs(self) -> npt.NDArray[np.int64]:
        """The rows of each drawn negative and its positive, int64 [P, 2], positives first, in the order of negatives.

        A positive with several negatives is in as many pairs, one whose negatives were lacking in none.

        Raises:
            ConfigError: labels are explicit, so that no negative belongs to a positive.
            DataError: a negative does not follow a positive of the same user and time.
        """
        if self.catalog.schema.labels == "explicit":
            raise ConfigError(
                "pairs of a positive and its drawn negative were asked for, but the labels of this stream are "
                "explicit: no negative of the log belongs to a positive. Train with loss = 'log'."
            )
        row, positive = np.arange(len(self)), self.label == 1
        newest = np.maximum.accumulate(np.where(positive, row, -1))
        first, second = newest[~positive], row[~positive]
        apart = (
            (first < 0) | (self.user[first] != self.user[second]) | (self.timestamp[first] != self.timestamp[second])
        )
        if apart.any():
            raise DataError(
                f"row {second[apart][0]} is a negative, and the last positive before it is of another user or time; "
                "the samples of an implicit stream were expected in their order, each positive before its negatives. "
                "Keep that order, or say in the schema that labels are explicit."
            )
        return np.stack([first, second], axis=1)

    def batch(self, rows: Ints | slice) -> Batch:
        """The batch of the given rows, in the given order."""
        catalog, user, item = self.catalog, self.user[rows], self.item[rows]
        history: dict[str, Bags] = {}
        if catalog.schema.history:
            past, offsets = take_windows(self.positives, self.start[rows], self.end[rows], np.int64)
            history["item"] = Bags(torch.from_numpy(past), torch.from_numpy(offsets))
            for name, values in catalog.item_fields.items():
                history[name] = _pooled(values, past, offsets)
        return Batch(
            user=_features("user", user, catalog.user_fields),
            item=_features("item", item, catalog.item_fields),
            history=history,
            label=torch.from_numpy(self.label[rows].astype(np.float32)),
        )

    def batches(self, size: int, order: Ints | None = None) -> Iterator[Batch]:
        """Batches of at most `size` samples, in the order of time or in the given one."""
        for first in range(0, len(self) if order is None else len(order), size):
            rows = slice(first, first + size)
            yield self.batch(rows if order is None else order[rows])


def _ids(ids: Ints) -> Tensor:
    return torch.from_numpy(ids.astype(np.int64))


def _features(name: str, ids: Ints, fields: Mapping[str, FieldValues]) -> dict[str, Tensor | Bags]:
    features: dict[str, Tensor | Bags] = {name: _ids(ids)}
    for field, values in fields.items():
        if values.offsets is None:
            features[field] = _ids(values.values.take(ids))
        else:
            taken, offsets = take_windows(values.values, values.offsets[ids], values.offsets[ids + 1], np.int64)
            features[field] = Bags(torch.from_numpy(taken), torch.from_numpy(offsets))
    return features


def _pooled(values: FieldValues, past: Ints, offsets: npt.NDArray[np.int64]) -> Bags:
    """A field's values over histories: the mean over items of each item's mean, as weights."""
    if values.offsets is None:
        return Bags(_ids(values.values.take(past)), torch.from_numpy(offsets))
    taken, inner = take_windows(values.values, values.offsets[past], values.offsets[past + 1], np.int64)
    counts = np.diff(inner)
    share = 1.0 / np.repeat(np.maximum(np.diff(offsets), 1), np.diff(offsets))
    weights = np.repeat(share / np.maximum(counts, 1), counts).astype(np.float32)
    return Bags(torch.from_numpy(taken), torch.from_numpy(inner[offsets]), torch.from_numpy(weights))
