"""What a score needs beside model and vocabulary: each user's last positives, and the newest field values of items."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from freshrec.data import FieldValues, Samples, Schema, take_windows

__all__ = ["Context"]

Ints = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Context:
    """The newest histories of users and the newest values of fields, after some periods.

    Attributes:
        offsets: int64 [U + 1], where the history of each of U users begins in `positives`.
        positives: int32 [M], item ids of each user's last T positives, oldest first, user by user.
        fields: name of a field of users or items to the value ids of each of its R owners, int32; one after another
            where a field may have several.
        bounds: name of such a field that may have several values to int64 [R + 1], where each owner's values begin.
    """

    offsets: Tensor = field(default_factory=lambda: torch.zeros(1, dtype=torch.int64))
    positives: Tensor = field(default_factory=lambda: torch.zeros(0, dtype=torch.int32))
    fields: Mapping[str, Tensor] = field(default_factory=dict)
    bounds: Mapping[str, Tensor] = field(default_factory=dict)

    def after(self, samples: Samples, known: Mapping[str, int]) -> Self:
        """The context after one more period.

        Args:
            samples: of the period.
            known: table name to how many of its ids are known by the period's end.
        """
        offsets, positives = np.zeros(1, np.int64), np.zeros(0, np.int32)
        if samples.schema.history:
            offsets, positives = self._extended(samples, known["user"])
        fields, bounds = {}, {}
        for owner, names in (("user", samples.schema.user_fields), ("item", samples.schema.item_fields)):
            for name in names:
                values = self._newest(name, samples.fields[name], getattr(samples, owner), known[owner])
                fields[name] = torch.from_numpy(values.values)
                if values.offsets is not None:
                    bounds[name] = torch.from_numpy(values.offsets)
        return type(self)(torch.from_numpy(offsets), torch.from_numpy(positives), fields, bounds)

    def values(self, name: str) -> FieldValues:
        """The newest values of a field by owner."""
        bounds = self.bounds.get(name)
        return FieldValues(self.fields[name].numpy(), None if bounds is None else bounds.numpy())

    def histories(self, users: Ints, schema: Schema) -> tuple[Ints, npt.NDArray[np.int64]]:
        """The histories of some users, one after another, and where each begins, [N + 1]; empty for unknown users.

        Args:
            users: ids [N]; those of `len(offsets) - 1` or more are unknown.
            schema: says how many positives a history has at most.
        """
        offsets = self.offsets.numpy()
        known = users < len(offsets) - 1
        place = np.where(known, users, 0)
        end = np.where(known, offsets[1:][place] if len(offsets) > 1 else 0, 0)
        begin = np.where(known, np.maximum(offsets[place], end - schema.history), 0)
        return take_windows(self.positives.numpy(), begin, end)

    def _extended(self, samples: Samples, users: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
        """The histories with a period's positives, cut to the last T."""
        liked = samples.label == 1
        before = np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets.numpy()))
        owner = np.concatenate([before, samples.user[liked]])
        item = np.concatenate([self.positives.numpy(), samples.item[liked]])
        order = np.argsort(owner, kind="stable")
        count = np.bincount(owner, minlength=users)
        end = np.cumsum(count)
        begin = np.maximum(end - samples.schema.history, end - count)
        positives, offsets = take_windows(item[order], begin, end)
        return offsets, positives.astype(np.int32, copy=False)

    def _newest(self, name: str, rows: FieldValues, owner: Ints, owners: int) -> FieldValues:
        """The newest values of each owner: those of its last row in the period, or else those of before."""
        parts = [rows]
        newest = np.full(owners, -1, np.int64)
        if name in self.fields:
            before = self.values(name)
            newest[: len(before)] = np.arange(len(before))
            parts = [before, rows]
        newest[owner] = len(parts[0]) * (len(parts) - 1) + np.arange(len(owner))  # the last of equal places stays
        return FieldValues.join(parts).take(newest)
