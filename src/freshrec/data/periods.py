"""Cutting time into periods, of equal count or by the calendar; an instant is never split."""

from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from freshrec.data.settings import PERIODS, StreamSettings
from freshrec.errors import DataError

__all__ = ["cut"]

_MOST = 10_000
"""Periods a calendar cut may make: more is a wrong unit or a stray time rather than a wish."""


def cut(time: npt.NDArray[np.int64], settings: StreamSettings) -> npt.NDArray[np.int64]:
    """Where each of P periods begins among the N interactions, int64 [P + 1]; the last entry is N.

    Args:
        time: int64 [N], ascending, microseconds since 1970 UTC.
        settings: `periods` of equal count, or the calendar length of a `period`.

    Raises:
        DataError: there are fewer instants than periods, or the calendar makes too many.
    """
    return _equal(time, settings.periods or PERIODS) if settings.period is None else _calendar(time, settings.period)


def _equal(time: npt.NDArray[np.int64], periods: int) -> npt.NDArray[np.int64]:
    """Each border goes to the end of an instant, the nearest to its even share; no period is left empty."""
    ends = np.append(np.flatnonzero(np.diff(time)) + 1, len(time))
    if len(ends) < periods:
        raise DataError(
            f"the log has {len(time)} interactions at {len(ends)} instants, too few for {periods} periods, "
            "as an instant is never split. Ask for fewer periods, or give a longer log."
        )
    shares = np.arange(1, periods) * (len(time) / periods)
    at = np.searchsorted(ends, shares)
    before = np.maximum(at - 1, 0)
    at = np.where(shares - ends[before] < ends[at] - shares, before, at)
    number = np.arange(periods - 1)
    at = np.maximum.accumulate(at - number) + number
    at = np.minimum(at, len(ends) - periods + number)
    return np.concatenate(([0], ends[at], [len(time)])).astype(np.int64)


def _calendar(time: npt.NDArray[np.int64], length: str) -> npt.NDArray[np.int64]:
    """Periods of one calendar length, the first holding the first interaction; a quiet one is empty."""
    limits = pl.Series(time[[0, -1]]).cast(pl.Datetime("us")).dt.truncate(length)
    first, last = limits[0], limits[1]
    shortest = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800, "mo": 2_419_200}[length.lstrip("0123456789")]
    count = (last - first).total_seconds() / shortest / int(length.rstrip("mhdwo"))
    if count >= _MOST:
        raise DataError(
            f"the log reaches from {_day(time[0])} to {_day(time[-1])}, or {count:.0f} periods of {length}; "
            f"{_MOST} are the most. Look for stray times, check time_unit, or ask for longer periods."
        )
    begins = pl.datetime_range(first, last, length, time_unit="us", eager=True).dt.timestamp("us").to_numpy()
    return np.append(np.searchsorted(time, begins), len(time)).astype(np.int64)


def _day(microseconds: np.int64) -> str:
    return f"{datetime.fromtimestamp(int(microseconds) / 1e6, UTC):%Y-%m-%d}"
