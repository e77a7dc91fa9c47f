"""Negatives: items drawn uniformly among those that a user has not had by the time of the positive."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from freshrec.data.windows import take_windows

__all__ = ["Had", "draw_negatives"]

Ints = npt.NDArray[np.integer]

_ROUNDS = 32
"""Rejections before the exact draw takes over: enough for users who have had nine items in ten."""

_CHUNK = 1 << 22
"""Had items the exact draw holds in memory at once."""


@dataclass(frozen=True)
class Had:
    """Which user first had which item when: P pairs by user, then item.

    Attributes:
        key: int64 [P], ascending: user * items + item.
        item: int32 [P].
        first: int64 [P], the time of the first positive of the pair.
        begin: int64 [U + 1], where each user's pairs begin.
        items: how many items there are.
    """

    key: npt.NDArray[np.int64]
    item: npt.NDArray[np.int32]
    first: npt.NDArray[np.int64]
    begin: npt.NDArray[np.int64]
    items: int

    @classmethod
    def of(cls, user: Ints, item: Ints, time: npt.NDArray[np.int64], users: int, items: int) -> Self:
        """Collect the pairs of positives, [M] each, ascending in time."""
        key, row = np.unique(user.astype(np.int64) * items + item, return_index=True)
        begin = np.searchsorted(key, np.arange(users + 1) * items)
        return cls(key, (key % items).astype(np.int32), time[row], begin, items)

    def by(self, user: Ints, item: Ints, time: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Whether each user has had the item up to and including the time; all [N]."""
        key = user.astype(np.int64) * self.items + item
        at = np.minimum(np.searchsorted(self.key, key), len(self.key) - 1)
        had: npt.NDArray[np.bool_] = (self.key[at] == key) & (self.first[at] <= time)
        return had


def draw_negatives(
    had: Had, user: Ints, time: npt.NDArray[np.int64], known: Ints, rng: np.random.Generator
) -> npt.NDArray[np.int32]:
    """An item for each of N users that the user has not had by then, int32 [N]; -1 where there is none.

    Each is drawn uniformly and independently of the others; what comes after the last time changes nothing.

    Args:
        had: what the users had.
        user: [N].
        time: int64 [N].
        known: [N], items are drawn among the first `known`; all that the user has had by then are among them.
        rng: source of the draws.
    """
    drawn = np.full(len(user), -1, np.int32)
    todo = np.arange(len(user))
    for _ in range(_ROUNDS):
        if not len(todo):
            return drawn
        item = (rng.random(len(todo)) * known[todo]).astype(np.int64)
        refused = had.by(user[todo], item, time[todo])
        drawn[todo[~refused]] = item[~refused]
        todo = todo[refused]
    share = rng.random(len(todo))
    sizes = np.cumsum(had.begin[user[todo] + 1] - had.begin[user[todo]])
    for part in np.split(np.arange(len(todo)), np.flatnonzero(np.diff(sizes // _CHUNK)) + 1):
        rows = todo[part]
        drawn[rows] = _draw_exactly(had, user[rows], time[rows], known[rows], share[part])
    return drawn


def _draw_exactly(
    had: Had, user: Ints, time: npt.NDArray[np.int64], known: Ints, share: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """The item at `share` of what is left to each user, in the order of ids; -1 where nothing is left.

    The r-th item not had is r plus the number of had items h_j (ascending, j from 0) with h_j - j <= r.
    """
    pairs, offsets = take_windows(np.arange(len(had.key)), had.begin[user], had.begin[user + 1])
    row = np.repeat(np.arange(len(user)), np.diff(offsets))
    then = had.first[pairs] <= time[row]
    pairs, row = pairs[then], row[then]
    count = np.bincount(row, minlength=len(user))
    place = np.arange(len(pairs)) - (np.cumsum(count) - count)[row]
    left = known - count
    rank = (share * left).astype(np.int64)
    below = had.item[pairs] - place <= rank[row]
    item = rank + np.bincount(row[below], minlength=len(user))
    return np.where(left > 0, item, -1)
