"""Synthetic logs whose drift, and so what a method can gain, is known; made in seconds, from a seed."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import numpy.typing as npt
import polars as pl

from freshrec.data.datasets.dataset import Dataset
from freshrec.data.datasets.drift import Drift
from freshrec.data.datasets.finding import Files
from freshrec.data.datasets.world import BEGINNING, DAY, World
from freshrec.data.settings import StreamSettings
from freshrec.seeds import numpy_rng

__all__ = ["DRIFTS", "SYNTHETIC", "SYNTHETIC_DRIFT", "SYNTHETIC_NEWS", "SYNTHETIC_STILL", "synthetic_log"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DRIFTS: Mapping[str, Drift] = {
    "synthetic": Drift(),
    "synthetic-still": Drift(new_items=0, dying_items=0, taste_change=0),
    "synthetic-drift": Drift(new_items=0.02, dying_items=0.03, taste_change=0.3),
    "synthetic-news": Drift(
        users=3_000,
        items=31 * 220,
        interactions=200_000,
        parts=4,
        new_items=1 / 31,
        dying_items=0.25,
        popularity=1.0,
        half_life=1,
        taste_change=0.02,
        sharpness=2.5,
    ),
}
"""How each synthetic data set drifts, by its name."""

_ROWS = 2048
"""Users whose choices are drawn together, so that memory stays small."""


def synthetic_log(drift: Drift) -> pl.DataFrame:
    """A log that follows a drift: `user`, `item`, `timestamp` (seconds) and the item's `category`, by time.

    Period t of the drift is day t of the log, from 1 January 2020, so `period="1d"` cuts it where the truth changes.
    Some users are more active than others; whom an interaction is by does not depend on what is liked.

    >>> log = synthetic_log(Drift(users=5, items=4, periods=2, interactions=9))
    >>> log.height, log.columns
    (9, ['user', 'item', 'timestamp', 'category'])
    """
    world = World(drift)
    activity = numpy_rng(drift.seed, "drift", "activity").lognormal(size=drift.users)
    ends = np.arange(drift.periods + 1) * drift.interactions // drift.periods
    parts = []
    for period in range(1, drift.periods + 1):
        random = numpy_rng(drift.seed, "drift", "choices", period)
        rows = int(ends[period] - ends[period - 1])
        user = np.sort(random.choice(drift.users, rows, p=activity / activity.sum()))
        drawn = random.random(rows)
        second = random.integers(0, DAY, rows)
        item = np.empty(rows, np.int64)
        for part in range(drift.parts):
            now = np.flatnonzero(second * drift.parts // DAY == part)
            item[now] = _choose(world, period, part + 1, user[now], drawn[now])
        time = BEGINNING + (period - 1) * DAY + second
        parts.append(pl.DataFrame({"user": user, "item": item, "timestamp": time}))
    log = pl.concat(parts).with_columns(category=pl.Series(world.category).gather(pl.concat(parts)["item"]))
    return log.sort("timestamp", "user", "item")


def _choose(world: World, period: int, part: int, user: Ints, drawn: Floats) -> Ints:
    """An item for each row of `user`, ascending, from the users' chances and numbers `drawn` in [0, 1)."""
    chosen = np.empty(len(user), np.int64)
    there = np.flatnonzero(world.there(period, part))
    active, place = np.unique(user, return_inverse=True)
    for begin in range(0, len(active), _ROWS):
        low, high = np.searchsorted(place, (begin, begin + _ROWS))
        # Cumulative chances of row u, moved up by 2u, are one ascending array for all of them.
        sums = np.cumsum(world.preference(period, part, active[begin : begin + _ROWS])[:, there], axis=1)
        row = place[low:high] - begin
        goal = drawn[low:high] * sums[row, -1] * (1 - 1e-12)
        sums += np.arange(len(sums))[:, None] * 2.0
        found = np.searchsorted(sums.ravel(), goal + row * 2.0, side="right")
        chosen[low:high] = there[found - row * len(there)]
    return chosen


def _dataset(name: str, title: str) -> Dataset:
    drift = DRIFTS[name]
    return Dataset(
        name=name,
        title=title,
        source="made here, from a seed",
        licence="none needed",
        counts={"interactions": drift.interactions},
        settings=StreamSettings(name=name, item_fields=("category",), period="1d"),
        load=partial(_load, drift),
    )


def _load(drift: Drift, _: Files) -> pl.DataFrame:
    return synthetic_log(drift)


SYNTHETIC = _dataset("synthetic", "Synthetic, with the default drift")
SYNTHETIC_STILL = _dataset("synthetic-still", "Synthetic, without drift: no method can gain by being fresher")
SYNTHETIC_DRIFT = _dataset("synthetic-drift", "Synthetic, with strong drift: tastes, new items and dying ones")
SYNTHETIC_NEWS = _dataset("synthetic-news", "Synthetic, with the turnover of a news portal: items live for hours")
