"""Slices of a period's samples: by what was known of user and item before the period, and by the user's history."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import numpy.typing as npt

from freshrec.data import Samples

__all__ = ["ALL", "KNOWN_ITEMS", "RECENT", "Activity", "slices_of"]

ALL = "all"
KNOWN_ITEMS = "known items"
"""Without the items that no finished period has."""

RECENT = 3
"""A user or item of the last 3 finished periods is returning; one that was seen before them only is stale."""

HISTORY = {"history 0": 0, "history 1-4": 1, "history 5-19": 5, "history 20+": 20}
"""Slices by the number of past positives in a sample, with their least one."""

POPULARITY = {"popularity 1-9": 1, "popularity 10-99": 10, "popularity 100+": 100}
"""Slices by an item's interactions in finished periods, with their least one; new items are in none."""

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Activity:
    """What finished periods say about the ids of one table, those of later periods included: they were never seen.

    Attributes:
        periods: how many periods are finished.
        newest: the last of them that an id has an interaction in [N], 0 for none.
        count: how many interactions an id has [N].
    """

    periods: int = 0
    newest: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    count: Ints = field(default_factory=lambda: np.zeros(0, np.int64))

    def after(self, ids: npt.NDArray[np.integer]) -> Self:
        """The activity after one more period with interactions of these ids; it is a new value."""
        counts = np.bincount(ids, minlength=len(self.count))
        newest = np.pad(self.newest, (0, len(counts) - len(self.newest)))
        newest[counts > 0] = self.periods + 1
        counts[: len(self.count)] += self.count
        return type(self)(self.periods + 1, newest, counts)

    def ages(self, ids: npt.NDArray[np.integer]) -> Ints:
        """For each id [B] the periods since it was last seen, 1 for the newest finished one; 0 for a new id."""
        newest = _look_up(self.newest, ids)
        return np.where(newest > 0, self.periods + 1 - newest, 0)

    def counts(self, ids: npt.NDArray[np.integer]) -> Ints:
        """For each id [B] its number of interactions."""
        return _look_up(self.count, ids)


def interactions(samples: Samples) -> Mask:
    """Which samples are rows of the log [N]: all, or the positives where negatives were drawn."""
    if samples.schema.labels == "explicit":
        return np.ones(len(samples), np.bool_)
    return np.equal(samples.label, 1)


def slices_of(samples: Samples, users: Activity, items: Activity) -> dict[str, Mask]:
    """The slices of a period's samples by name, each as bool [N]; no sample of the period itself counts as seen.

    A stream without users or without items has no slices of them.

    Args:
        samples: of the period.
        users: activity of the users in the periods before it.
        items: activity of the items in the periods before it.
    """
    slices = {ALL: np.ones(len(samples), np.bool_)}
    if "item" in samples.schema.rows:
        slices[KNOWN_ITEMS] = items.counts(samples.item) > 0
    for table, name, activity, ids in (("user", "users", users, samples.user), ("item", "items", items, samples.item)):
        if table not in samples.schema.rows:
            continue
        age = activity.ages(ids)
        slices[f"new {name}"] = age == 0
        slices[f"returning {name}"] = (age > 0) & (age <= RECENT)
        slices[f"stale {name}"] = age > RECENT
    slices |= _by_size(samples.end - samples.start, HISTORY)
    return slices | _by_size(items.counts(samples.item), POPULARITY) if "item" in samples.schema.rows else slices


def _by_size(values: npt.NDArray[np.integer], least: Mapping[str, int]) -> dict[str, Mask]:
    bounds = [*least.values(), np.inf]
    return {
        name: (values >= low) & (values < high) for name, low, high in zip(least, bounds[:-1], bounds[1:], strict=True)
    }


def _look_up(values: Ints, ids: npt.NDArray[np.integer]) -> Ints:
    """The values of ids [B], 0 for one that has none yet."""
    known = ids < len(values)
    return np.where(known, values[np.where(known, ids, 0)] if len(values) else 0, 0)
