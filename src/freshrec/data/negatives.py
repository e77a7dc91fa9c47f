"""Negatives: items drawn uniformly among those that are not excluded, each by a hash of the row that it belongs to."""

from dataclasses import dataclass, field
from typing import Literal, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from freshrec.data.sorted_runs import SortedRuns
from freshrec.data.windows import take_windows
from freshrec.hashing import Hashes, hash_further, uniform

__all__ = ["Exclude", "Exclusions", "draw_negatives", "occurrences", "pair_keys"]

Exclude: TypeAlias = Literal["had", "now"]
Ints = npt.NDArray[np.integer]

_ROUNDS = 32
"""Rejections before the exact draw takes over: enough for users who have had nine items in ten."""

_CHUNK = 1 << 22
"""Excluded items the exact draw holds in memory at once."""


@dataclass(frozen=True)
class Exclusions:
    """The items that a negative may not be: P pairs of an owner and an item, by owner, then item.

    With `had` the owner is a user, and an item is excluded from the user's first positive on it on. With `now` the
    owner is a user at an instant, and only the positives of that instant are excluded.

    Attributes:
        key: int64 [P], ascending: owner * items + item.
        item: int32 [P].
        first: int64 [P], the instant of the first positive of the pair.
        begin: int64 [W + 1], where the pairs of each owner begin.
        items: how many items there are.
        instants: how many distinct times the log has; an instant is a time's place among them.
        moments: int64 [W], ascending: user * instants + instant, of each owner; None where users are the owners.
        before: further pairs, excluded at every instant, as `pair_keys`; none of them is among the P pairs.
    """

    key: npt.NDArray[np.int64]
    item: npt.NDArray[np.int32]
    first: npt.NDArray[np.int64]
    begin: npt.NDArray[np.int64]
    items: int
    instants: int
    moments: npt.NDArray[np.int64] | None = None
    before: SortedRuns = field(default_factory=SortedRuns)

    @classmethod
    def of(
        cls,
        exclude: Exclude,
        user: Ints,
        item: Ints,
        instant: Ints,
        users: int,
        items: int,
        instants: int,
        before: SortedRuns | None = None,
    ) -> Self:
        """Collect the pairs of positives: users, items and instants [M], ascending in time.

        Args:
            exclude: who the owners are.
            user: [M].
            item: [M].
            instant: [M].
            users: how many there are.
            items: how many there are.
            instants: how many distinct times there are.
            before: the pairs of earlier positives, where users are the owners.
        """
        moments = None
        owner, owners = user.astype(np.int64), users
        if exclude == "now":
            moments, owner = np.unique(owner * instants + instant, return_inverse=True)
            owners = len(moments)
        key, row = np.unique(owner * items + item, return_index=True)
        before = before or SortedRuns()
        if before.runs:
            new = ~before.contains(pair_keys(key // items, key % items))
            key, row = key[new], row[new]
        begin = np.searchsorted(key, np.arange(owners + 1) * items)
        pairs = (key % items).astype(np.int32)
        return cls(key, pairs, instant[row].astype(np.int64), begin, items, instants, moments, before)

    def owner(self, user: Ints, instant: Ints) -> Ints:
        """The owners [N] of positives, given by users and instants [N]."""
        return (
            user
            if self.moments is None
            else np.searchsorted(self.moments, user.astype(np.int64) * self.instants + instant)
        )

    def excludes(self, owner: Ints, item: Ints, instant: Ints) -> npt.NDArray[np.bool_]:
        """Whether each item is excluded for the owner up to and including the instant; all [N]."""
        excluded = self.before.contains(pair_keys(owner, item)) if self.before.runs else np.zeros(len(item), np.bool_)
        if len(self.key):
            key = owner.astype(np.int64) * self.items + item
            at = np.minimum(np.searchsorted(self.key, key), len(self.key) - 1)
            excluded |= (self.key[at] == key) & (self.first[at] <= instant)
        return excluded

    def counts(self, owner: Ints) -> npt.NDArray[np.int64]:
        """At most how many items are excluded for each of N owners."""
        counts = self.begin[owner + 1] - self.begin[owner]
        if self.before.runs:
            low = pair_keys(owner, np.zeros_like(owner))
            counts += self.before.counts(low, low + np.uint64(2**32))
        return counts

    def items_of(self, owner: Ints, instant: Ints) -> tuple[Ints, Ints]:
        """The items that are excluded for each of N owners up to and including an instant.

        Returns:
            The items [M], ascending for each owner; and the place of the owner of each, [M], ascending.
        """
        pairs, offsets = take_windows(np.arange(len(self.key)), self.begin[owner], self.begin[owner + 1])
        place = np.repeat(np.arange(len(owner)), np.diff(offsets))
        then = self.first[pairs] <= instant[place]
        item, place = self.item[pairs[then]], place[then]
        if not self.before.runs:
            return item, place
        low = pair_keys(owner, np.zeros_like(owner))
        key, earlier = self.before.between(low, low + np.uint64(2**32))
        item = np.concatenate([item, (key & np.uint64(2**32 - 1)).astype(np.int32)])
        place = np.concatenate([place, earlier])
        order = np.lexsort((item, place))
        return item[order], place[order]


def pair_keys(user: Ints, item: Ints) -> npt.NDArray[np.uint64]:
    """A number for each pair of a user and an item, both [N]: user * 2^32 + item."""
    keys: npt.NDArray[np.uint64] = user.astype(np.uint64) << np.uint64(32) | item.astype(np.uint64)
    return keys


def occurrences(*columns: Ints) -> npt.NDArray[np.int64]:
    """How many equal rows stand directly before each row [N] of some columns; 0 for the first of its kind.

    >>> occurrences(np.array([1, 1, 2, 2]), np.array([5, 5, 5, 6])).tolist()
    [0, 1, 0, 0]
    """
    place = np.arange(len(columns[0]))
    changed = np.any([np.diff(column, prepend=column[:1] - 1) != 0 for column in columns], axis=0)
    return place - np.maximum.accumulate(np.where(changed, place, 0))


def draw_negatives(excluded: Exclusions, owner: Ints, instant: Ints, known: Ints, key: Hashes) -> npt.NDArray[np.int32]:
    """An item for each of N rows that is not excluded for its owner by then, int32 [N]; -1 where there is none.

    Each is drawn uniformly. Try k = 0, 1, .. proposes the item floor(u known), where u in [0, 1) comes from the hash of
    (key, k), and the first one that is not excluded is taken. After 32 of them the item at that place of all that are
    left is taken, with u from the next try. So a draw depends on its own row alone: other rows, their order, chunks and
    what comes later change nothing.

    Args:
        excluded: what may not be drawn.
        owner: [N].
        instant: [N].
        known: [N], items are drawn among the first `known`; all that are excluded for the owner by then are among them.
        key: [N], a hash of all that identifies the draw.
    """
    drawn = np.full(len(owner), -1, np.int32)
    todo = np.arange(len(owner))
    for number in range(_ROUNDS):
        if not len(todo):
            return drawn
        item = (uniform(hash_further(key[todo], number)) * known[todo]).astype(np.int64)
        refused = excluded.excludes(owner[todo], item, instant[todo])
        drawn[todo[~refused]] = item[~refused]
        todo = todo[refused]
    share = uniform(hash_further(key[todo], _ROUNDS))
    sizes = np.cumsum(excluded.counts(owner[todo]))
    for part in np.split(np.arange(len(todo)), np.flatnonzero(np.diff(sizes // _CHUNK)) + 1):
        rows = todo[part]
        drawn[rows] = _draw_exactly(excluded, owner[rows], instant[rows], known[rows], share[part])
    return drawn


def _draw_exactly(
    excluded: Exclusions, owner: Ints, instant: Ints, known: Ints, share: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """The item at `share` of what is left to each row, in the order of ids; -1 where nothing is left.

    The r-th item left is r plus the number of excluded items e_j (ascending, j from 0) with e_j - j <= r.
    """
    items, row = excluded.items_of(owner, instant)
    count = np.bincount(row, minlength=len(owner))
    place = np.arange(len(items)) - (np.cumsum(count) - count)[row]
    left = known - count
    rank = (share * left).astype(np.int64)
    below = items - place <= rank[row]
    item = rank + np.bincount(row[below], minlength=len(owner))
    return np.where(left > 0, item, -1)
