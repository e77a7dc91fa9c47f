"""Cutting time into periods: of equal count, of a fixed count, or by the calendar; an instant is never split."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl

from freshrec.data.settings import PERIODS, StreamSettings
from freshrec.errors import DataError

__all__ = ["Cut", "cut", "ends_of_shares", "settled_until"]

Times = npt.NDArray[np.int64]

_MOST = 10_000
"""Periods a calendar cut may make: more is a wrong unit or a stray time rather than a wish."""

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "mo": 2_419_200}
"""Seconds of a unit, of a month the fewest."""


@dataclass(frozen=True)
class Cut:
    """Consecutive periods.

    Attributes:
        bounds: int64 [P + 1], where each period begins among the N interactions; the last entry is N.
        ends: int64 [P], when each ends (exclusive), in microseconds since 1970 UTC.
    """

    bounds: Times
    ends: Times


def cut(
    time: Times,
    settings: StreamSettings,
    begin: int | None = None,
    end: int | None = None,
    planned: Sequence[int] = (),
) -> Cut:
    """Cut N interactions into periods.

    Args:
        time: int64 [N], ascending, microseconds since 1970 UTC.
        settings: `periods` of equal count, the calendar length of a `period`, or the `period_rows` of each.
        begin: when the first period begins, where there are periods before.
        end: when the last one ends, from `settled_until`; by default the last one is as long as the log.
        planned: when each period of the whole log ends, where that is known.

    Raises:
        DataError: there are fewer instants than periods, or the calendar makes too many.
    """
    if end is None and not len(time):
        return Cut(np.zeros(1, np.int64), np.zeros(0, np.int64))
    if planned:
        ends = np.array([each for each in planned if each > (begin or 0) and (end is None or each <= end)], np.int64)
        return Cut(np.concatenate([[0], np.searchsorted(time, ends)]).astype(np.int64), ends)
    if settings.period is not None:
        first = int(time[0]) if begin is None else begin
        grid = _calendar(first, int(time[-1]) if end is None else end - 1, settings)
        return Cut(np.append(np.searchsorted(time, grid[:-1]), len(time)), grid[1:])
    bounds = _equal(time, settings.periods or PERIODS) if settings.period_rows is None else _full(time, settings)
    return Cut(bounds, time[bounds[1:] - 1] + 1)


def settled_until(
    time: Times, settings: StreamSettings, watermark: int, begin: int | None, planned: Sequence[int] = ()
) -> int | None:
    """When the last period ends that no further row is waited for; None where there is none.

    A period is settled once the watermark, less the lateness, has reached its end.

    Args:
        time: int64 [N], in any order, of rows that no period has yet.
        settings: how the log is cut; periods of equal count are never settled while rows come.
        watermark: the newest time seen.
        begin: when the first period begins, where there are periods before.
        planned: when each period of the whole log ends, where that is known.
    """
    if planned:
        return max((each for each in planned if (begin or 0) < each <= watermark), default=None)
    if settings.periods is not None or settings.negatives == "paper" or not (len(time) or begin):
        return None
    horizon = watermark - _microseconds(settings.lateness)
    if settings.period is not None:
        first = int(time.min()) if begin is None else begin
        grid = _calendar(first, horizon, settings) if horizon >= first else np.zeros(0, np.int64)
        return int(grid[-2]) if len(grid) > 2 else None
    ordered = np.sort(time[time < horizon])
    bounds = _full(ordered, settings) if len(ordered) else np.zeros(1, np.int64)
    if len(bounds) > 1 and bounds[-1] - bounds[-2] < (settings.period_rows or 1):
        bounds = bounds[:-1]
    return int(ordered[bounds[-1] - 1]) + 1 if bounds[-1] else None


def ends_of_shares(time: Times, settings: StreamSettings) -> tuple[int, ...]:
    """When each of `periods` of equal count ends (exclusive), given the times [N] of a whole log, ascending.

    Raises:
        DataError: there are fewer instants than periods.
    """
    bounds = _equal(time, settings.periods or PERIODS)
    return tuple((time[bounds[1:] - 1] + 1).tolist())


def _microseconds(length: str | None) -> int:
    return 0 if length is None else int(length[:-1]) * _SECONDS[length[-1]] * 10**6


def _full(time: Times, settings: StreamSettings) -> Times:
    """Borders after the instants by whose end a period has `period_rows` interactions; the last may have fewer."""
    ends = np.append(np.flatnonzero(np.diff(time)) + 1, len(time))
    bounds = [0]
    while bounds[-1] < len(time):
        wanted = bounds[-1] + (settings.period_rows or 1)
        bounds.append(int(ends[min(int(np.searchsorted(ends, wanted)), len(ends) - 1)]))
    return np.array(bounds, np.int64)


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


def _calendar(first: int, last: int, settings: StreamSettings) -> Times:
    """When each period of the calendar begins, from the one that holds `first` to the one that holds `last`.

    The end of the last one follows. Of minutes and hours all have the same length, whatever the clock does.
    """
    length, zone = str(settings.period), ZoneInfo(settings.time_zone)
    unit = length.lstrip("0123456789")
    count = (last - first) / 10**6 / _SECONDS[unit] / int(length.removesuffix(unit))
    if count >= _MOST:
        raise DataError(
            f"the log reaches from {_day(first)} to {_day(last)}, or {count:.0f} periods of {length}; "
            f"{_MOST} are the most. Look for stray times, check time_unit, or ask for longer periods."
        )
    by_clock = unit in {"d", "w", "mo"} and settings.time_zone != "UTC"
    limits = pl.Series([_to_clock(each, zone) if by_clock else each for each in (first, last)], dtype=pl.Int64)
    limits = limits.cast(pl.Datetime("us")).dt.truncate(length)
    begins = pl.datetime_range(limits[0], limits[1], length, time_unit="us", eager=True)
    begins = pl.concat([begins, begins[-1:].dt.offset_by(length)])
    grid = begins.dt.timestamp("us").to_numpy()
    return np.array([_from_clock(each, zone) for each in grid.tolist()], np.int64) if by_clock else grid


def _to_clock(time: int, zone: ZoneInfo) -> int:
    """What a clock shows at a time, both in microseconds since 1970."""
    offset = datetime.fromtimestamp(time // 10**6, UTC).astimezone(zone).utcoffset()
    return time + (0 if offset is None else round(offset.total_seconds()) * 10**6)


def _from_clock(shown: int, zone: ZoneInfo) -> int:
    """When a clock shows a time first; of one that it skips, when it is set forward."""
    naive = datetime.fromtimestamp(shown // 10**6, UTC).replace(tzinfo=zone)
    return round(naive.timestamp()) * 10**6


def _day(microseconds: int) -> str:
    return f"{datetime.fromtimestamp(microseconds / 1e6, UTC):%Y-%m-%d}"
