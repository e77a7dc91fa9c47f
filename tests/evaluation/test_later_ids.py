"""Rows that come later, of users and items that nobody knew, change no score of a comparison until then."""

import warnings
from pathlib import Path

import numpy as np
import polars as pl

from freshrec.data import Stream
from freshrec.errors import FreshrecWarning
from freshrec.evaluation import CompareSettings, compare
from freshrec.seeds import numpy_rng
from freshrec.updaters import TRIVIAL

DAYS, DAY, LATER = 12, 86_400, 11


SETTINGS = {
    "methods": ("iu", "sml", "asmg-gru-multi", "factors", "rsg"),
    "runs": 1,
    "dim": 3,
    "base": {"batch_size": 32},
    "overrides": {
        "sml": {"batch_size": 32},
        "asmg-gru-multi": {"batch_size": 32},
        "factors": {"method": "iu", "model": "matrix-factorisation"},
        "rsg": {"batch_size": 32, "guard": False},
    },
}


def log_until(days: int, rows: int = 50) -> pl.DataFrame:
    """A log whose users like items of their own parity, with new users and items every day."""
    rng = numpy_rng(0, "log")
    parts = []
    for day in range(days):
        user = rng.integers(0, 12 + day, rows)
        item = rng.integers(0, 10 + day, rows) * 2 + user % 2
        time = np.sort(rng.choice(DAY, rows, replace=False)) + day * DAY
        parts.append(pl.DataFrame({"user": user, "item": item, "timestamp": time, "kind": item % 5}))
    return pl.concat(parts)


def rows_of_new_ids(count: int) -> pl.DataFrame:
    """Rows of new users and items, and of new kinds, from the day `LATER` on; more than small tables hold."""
    number = np.arange(count)
    time = (LATER - 1) * DAY + number * (DAYS - LATER + 1) * DAY // count
    return pl.DataFrame(
        {"user": 1_000 + number // 3, "item": 1_000 + number, "timestamp": time, "kind": 100 + number % 40}
    )


def test_later_ids_change_no_earlier_score(tmp_path: Path) -> None:
    """The contract that ships asks it of every updater; here initial values and negatives have their part in it."""
    log, settings = log_until(DAYS), CompareSettings.model_validate(SETTINGS)
    scores = []
    for name, frame in (("short", log), ("long", pl.concat([log, rows_of_new_ids(2_100)]))):
        stream = Stream.from_frame(frame, period="1d", item_fields=("kind",), time_unit="s")
        assert len(stream.periods) == DAYS
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FreshrecWarning)  # A small log has few steps.
            results = compare(stream, settings, tmp_path / name).results
        scores.append({(each.method, each.scored_period): dict(each.scores) for each in results})
    earlier = [key for key in scores[0] if key[1] < LATER]
    assert len(earlier) == 6 * (len(settings.methods) + len(TRIVIAL))
    assert [scores[1][key] for key in earlier] == [scores[0][key] for key in earlier]
    assert all(scores[1][key] != scores[0][key] for key in scores[0] if key[1] >= LATER and key[0] not in TRIVIAL)
