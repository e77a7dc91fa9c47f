"""A log for the tests of the keeping room, and tracks on it."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from freshrec.data import StreamSettings
from freshrec.keeping import Gate, Track, TrackSettings
from freshrec.seeds import numpy_rng

__all__ = ["DATA", "OPEN", "PERIODS", "PRETRAIN", "growing_log", "small_track"]

PERIODS, PRETRAIN = 9, 3
DATA = StreamSettings(period_rows=78, history=4, item_fields=("kind",))
OPEN = Gate(spread=1e9, shift=1e9, correlation=-1)
"""A gate that only a number that is not finite, or a period of another size, does not pass."""


def growing_log(rows: int = 700) -> pl.DataFrame:
    """A log in which new users and items come all the time; users like items of their own parity."""
    rng = numpy_rng(0, "growing log")
    time = np.arange(rows)
    user = (rng.random(rows) * (10 + time / 20)).astype(np.int64)
    item = ((rng.random(rows) * (8 + time / 30)).astype(np.int64) * 2 + user % 2) % 60
    return pl.DataFrame(
        {"user": [f"u{each}" for each in user], "item": item, "timestamp": 1_600_000_000 + time * 60, "kind": item % 7}
    )


def small_track(folder: Path, **settings: Any) -> Track:
    """A track through all periods of the log."""
    chosen = TrackSettings(**{"method": "iu", "dim": 3, "pretrain": PRETRAIN, "gate": OPEN, **settings})
    return Track.create(folder, growing_log(), DATA, chosen)
