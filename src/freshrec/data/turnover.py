"""How fast users and items of a stream change, period by period, from what is known by the end of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from freshrec.data.samples import Samples

__all__ = ["RECENT_PERIODS", "TOP_ITEMS", "Turnover", "TurnoverCounter", "mean_turnover"]

RECENT_PERIODS = 3
"""Periods, the newest included, in which an item counts as recent after its first appearance."""

TOP_ITEMS = 100
"""Items with the most positives that consecutive periods are compared by."""


@dataclass(frozen=True)
class Turnover:
    """What the figures of a period are compared with.

    Attributes:
        known: table name to how many of its ids were known, at the end of each of the last periods, the newest last.
        top: the items with the most positives in the newest one, the most frequent first.
    """

    known: tuple[Mapping[str, int], ...] = ()
    top: tuple[int, ...] = ()


class TurnoverCounter:
    """Describes the turnover of consecutive periods; a period's figures depend on it and those before it only.

    Args:
        before: what the first of them is compared with.
    """

    def __init__(self, before: Turnover | None = None) -> None:
        self.newest = before or Turnover()

    def add(self, samples: Samples, known: Mapping[str, int]) -> dict[str, Any]:
        """The figures of the next period; None where a period has nothing to count, or the stream no users or items.

        Args:
            samples: of the period.
            known: table name to how many of its ids were seen by the period's end.

        Returns:
            `new_users` and `new_items`, ids first seen in the period; `new_item_share` and `recent_item_share`, the
            share of its positives on items first seen in it, or in the last `RECENT_PERIODS` periods;
            `top_item_overlap`, the share of its `TOP_ITEMS` items with the most positives that are among those of the
            period before; `busiest_user_share`, the largest share of the period's interactions that one user has.
        """
        positive = samples.label == 1
        taken = samples.item[positive]
        # Drawn negatives are no interactions of the log.
        acting = samples.user if samples.schema.labels == "explicit" else samples.user[positive]
        begins = self.newest.known
        begin = begins[-1] if begins else {}
        recent = begins[-RECENT_PERIODS] if len(begins) >= RECENT_PERIODS else {}
        most, before = _top(taken), set(self.newest.top)
        top = set(most)
        self.newest = Turnover((*begins[1 - RECENT_PERIODS :], dict(known)), most)
        users, items = "user" in samples.schema.rows, "item" in samples.schema.rows
        return {
            "new_users": known["user"] - begin.get("user", 0) if users else None,
            "new_items": known["item"] - begin.get("item", 0) if items else None,
            # Ids follow first appearance, so the items known at any time are the first ones.
            "new_item_share": _share(taken >= begin.get("item", 0)) if items else None,
            "recent_item_share": _share(taken >= recent.get("item", 0)) if items else None,
            "top_item_overlap": len(top & before) / max(len(top), len(before)) if items and top and before else None,
            "busiest_user_share": int(np.bincount(acting).max()) / len(acting) if users and len(acting) else None,
        }


def mean_turnover(periods: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The mean of each figure over the second half of the periods, and the number of the `first` one of them.

    The first half is left out since almost everything is new where a log begins.

    Args:
        periods: turnover of each period, as `TurnoverCounter.add` gives it.

    >>> mean_turnover([{"new_items": 9}, {"new_items": 2}, {"new_items": 3}, {"new_items": 1}])
    {'first': 3, 'new_items': 2.0}
    """
    skipped = len(periods) // 2
    means: dict[str, Any] = {"first": skipped + 1}
    for name in periods[0] if periods else ():
        values = [period[name] for period in periods[skipped:] if period[name] is not None]
        means[name] = float(np.mean(values)) if values else None
    return means


def _top(taken: np.ndarray[Any, np.dtype[np.int32]]) -> tuple[int, ...]:
    """The items with the most positives; of equal ones those that were first seen first."""
    items, counts = np.unique(taken, return_counts=True)
    return tuple(items[np.argsort(-counts, kind="stable")[:TOP_ITEMS]].tolist())


def _share(hits: np.ndarray[Any, np.dtype[np.bool_]]) -> float | None:
    return float(hits.mean()) if len(hits) else None
