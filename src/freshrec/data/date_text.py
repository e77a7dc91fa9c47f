"""Dates and date-times in text: ISO 8601 and its usual variants, and dates with the year last."""

from collections.abc import Callable
from functools import partial
from typing import Literal

import polars as pl

from freshrec.data.calendar_time import instants

__all__ = ["DayOrder", "has_year_last", "parse_iso", "parse_year_last"]

DayOrder = Literal["DMY", "MDY"]
"""Whether the day or the month is first in a date with the year last."""

_FORMATS = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f UTC", "%Y-%m-%dT%H:%M:%S%.fZ")
"""The most frequent forms, which polars reads faster than a regular expression."""

_ZONE = r"\s*(?:(?P<zone>[+-]\d{2}(?::?\d{2})?)(?:\s*(?:UTC|GMT))?|Z|z|UTC|GMT)?(?:\[(?:UTC|GMT)\])?$"
_TIME = (
    r"(?:(?:[Tt]|,? +)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d+))?)?"
    rf"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?{_ZONE}|$)"
)
_YEAR_FIRST = rf"^(?P<year>\d{{4}})(?P<first>[-/.])(?P<month>\d{{1,2}})(?P<last>[-/.])(?P<day>\d{{1,2}}){_TIME}"
_COMPACT = (
    r"^(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})[Tt ](?P<hour>\d{2})(?P<minute>\d{2})"
    rf"(?:(?P<second>\d{{2}})(?:[.,](?P<fraction>\d+))?)?{_ZONE}"
)
_YEAR_LAST = {
    "DMY": rf"^(?P<day>\d{{1,2}})(?P<first>[-/.])(?P<month>\d{{1,2}})(?P<last>[-/.])(?P<year>\d{{4}}){_TIME}",
    "MDY": rf"^(?P<month>\d{{1,2}})(?P<first>[-/.])(?P<day>\d{{1,2}})(?P<last>[-/.])(?P<year>\d{{4}}){_TIME}",
}


def parse_iso(text: pl.Series) -> pl.Series:
    """Dates and date-times with the year first as int64 microseconds since 1970 UTC; null for any other text.

    A time without a zone is UTC. Accepted are ISO 8601, extended and compact, and its variants in use: a space instead
    of "T", "/" or "." in the date, one digit of month, day or hour, AM and PM, "UTC", "GMT" or "Z" after the time.

    >>> parse_iso(pl.Series(["1970-01-02", "1970/1/1 2:00 +01:00", "19700101T000001", "soon"])).to_list()
    [86400000000, 3600000000, 1000000, None]
    """
    times = pl.Series([None], dtype=pl.Int64).new_from_index(0, len(text))
    for form in _FORMATS:
        times = _fill(times, text, partial(_in_format, form=form))
    for pattern in (_YEAR_FIRST, _COMPACT):
        times = _fill(times, text, partial(_parse, pattern=pattern))
    return times


def has_year_last(text: pl.Series) -> pl.Series:
    """Which texts look like dates with the year last, such as 31.01.2024 or 1/31/2024 3:04 PM; null for null."""
    return text.str.contains(_YEAR_LAST["DMY"])


def parse_year_last(text: pl.Series, order: DayOrder) -> pl.Series:
    """Dates with the year last as int64 microseconds since 1970 UTC; null for any other text.

    >>> dates = pl.Series(["02/01/1970", "01.02.1970 00:00:01"])
    >>> parse_year_last(dates, "DMY").to_list(), parse_year_last(dates, "MDY").to_list()
    ([86400000000, 2678401000000], [2678400000000, 86401000000])
    """
    return _parse(text, _YEAR_LAST[order])


def _fill(times: pl.Series, text: pl.Series, parse: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """The times, with those of the texts that have none yet, as far as they can be parsed."""
    rest = (times.is_null() & text.is_not_null()).arg_true()
    return times.scatter(rest, parse(text.gather(rest))) if len(rest) else times


def _in_format(text: pl.Series, form: str) -> pl.Series:
    return text.str.to_datetime(form, time_unit="us", strict=False).cast(pl.Int64)


def _parse(text: pl.Series, pattern: str) -> pl.Series:
    found = text.to_frame("text").select(part=pl.col("text").str.extract_groups(pattern)).unnest("part")
    hour = pl.col("hour").cast(pl.Int64).fill_null(0)
    if "half" in found.columns:
        afternoon = (pl.col("half").str.to_lowercase() == "p").cast(pl.Int64)
        twelve = pl.when(hour.is_between(1, 12)).then(hour % 12 + 12 * afternoon).otherwise(-1)
        hour = pl.when(pl.col("half").is_null()).then(hour).otherwise(twelve)
    clock = [pl.col(unit).cast(pl.Int64).fill_null(0) for unit in ("minute", "second")]
    times = instants(found.select(pl.col("year", "month", "day").cast(pl.Int64), hour.alias("hour"), *clock))
    micros = pl.col("fraction").str.pad_end(6, "0").str.head(6).cast(pl.Int64).fill_null(0)
    zone = pl.col("zone")
    minutes = zone.str.slice(1, 2).cast(pl.Int64) * 60
    minutes += pl.when(zone.str.len_chars() > 3).then(zone.str.tail(2).cast(pl.Int64)).otherwise(0)
    ahead = pl.when(zone.str.starts_with("-")).then(-minutes).otherwise(minutes).fill_null(0)
    moved = found.select(time=pl.lit(times) + micros - ahead * 60_000_000)["time"]
    return (
        moved
        if "first" not in found.columns
        else moved.zip_with(found["first"] == found["last"], pl.Series([None], dtype=pl.Int64))
    )
