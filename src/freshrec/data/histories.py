"""Histories: the last positives of a user strictly before a time, as windows into a period's own array."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from freshrec.data.windows import take_windows

__all__ = ["Past"]

Ints = npt.NDArray[np.integer]
Int32s = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Past:
    """All M positives of a log by user, then time, then item.

    Attributes:
        row: int64 [M], the row of each in the log.
        key: int64 [M], ascending: user * instants + instant.
        begin: int64 [U + 1], where each user's positives begin.
        instants: how many distinct times the log has; an instant is a time's place among them.
    """

    row: npt.NDArray[np.int64]
    key: npt.NDArray[np.int64]
    begin: npt.NDArray[np.int64]
    instants: int

    @classmethod
    def of(cls, user: Ints, row: npt.NDArray[np.int64], instant: Ints, users: int, instants: int) -> Self:
        """Sort positives; `user`, `row` and `instant` are [M] each, by time and then by item."""
        key = user.astype(np.int64) * instants + instant
        order = np.argsort(key, kind="stable")
        key = key[order]
        return cls(row[order], key, np.searchsorted(key, np.arange(users + 1) * instants), instants)

    def windows(self, user: Ints, instant: Ints, history: int) -> tuple[Ints, Int32s, Int32s]:
        """The histories of a period's N interactions, [N] each and ascending in `instant`.

        Returns:
            The log's rows int64 [M'] of positives, those of the period's users within it and the last `history` before
            it; `start` and `end` int32 [N], the window of each interaction among them. No later period is looked at.
        """
        none = np.zeros(len(user), np.int32)
        if not (history and len(user)):
            return np.zeros(0, np.int64), none, none.copy()
        active, place = np.unique(user, return_inverse=True)
        base = active.astype(np.int64) * self.instants
        low = np.maximum(np.searchsorted(self.key, base + instant[0]) - history, self.begin[active])
        high = np.searchsorted(self.key, base + instant[-1], side="right")
        rows, offsets = take_windows(self.row, low, high, np.int64)
        end = np.searchsorted(self.key, user.astype(np.int64) * self.instants + instant)
        start = np.maximum(end - history, low[place])
        shift = (offsets[:-1] - low)[place]
        fits = np.int32 if len(rows) < 2**31 else np.int64
        return rows, (start + shift).astype(fits), (end + shift).astype(fits)
