"""The forms that times have as numbers, each read into microseconds since 1970 UTC."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from freshrec.data.calendar_time import DAY, END, UNITS, instants
from freshrec.data.settings import TimeUnit

__all__ = ["NAMES", "NUMBERS", "Numbers", "forms_of"]

NAMES: Mapping[str, str] = {
    "s": "seconds since 1970",
    "ms": "milliseconds since 1970",
    "us": "microseconds since 1970",
    "ns": "nanoseconds since 1970",
    "d": "days since 1970",
    "excel": "Excel's serial days",
    "YYYYMMDD": "dates YYYYMMDD",
    "YYMMDDHH": "hours YYMMDDHH",
    "YYYYMMDDHH": "hours YYYYMMDDHH",
    "YYYYMMDDHHMM": "minutes YYYYMMDDHHMM",
    "YYYYMMDDHHMMSS": "seconds YYYYMMDDHHMMSS",
    "DMY": "dates with the day first",
    "MDY": "dates with the month first",
}
"""What each time unit is in words."""

_MICROSECONDS = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3, "d": float(DAY), "excel": float(DAY)}
_EXCEL_1970 = 25_569
"""Excel's serial day of 1 January 1970."""

_CALENDAR: Mapping[TimeUnit, tuple[int, int, int]] = {
    "YYYYMMDD": (19700101, 99991231, 0),
    "YYMMDDHH": (1010100, 99123123, 1),
    "YYYYMMDDHH": (1970010100, 9999123123, 1),
    "YYYYMMDDHHMM": (197001010000, 999912312359, 2),
    "YYYYMMDDHHMMSS": (19700101000000, 99991231235959, 3),
}
"""Forms made of digits of the calendar: the smallest and the largest number, and how many pairs of digits follow DD."""

NUMBERS: tuple[TimeUnit, ...] = ("s", "ms", "us", "ns", "d", "excel", *_CALENDAR)
"""All forms of numbers."""


def forms_of(number: float) -> list[TimeUnit]:
    """The calendar's forms that a number of this size can have.

    >>> forms_of(20240131), forms_of(1.7e9)
    (['YYYYMMDD', 'YYMMDDHH'], [])
    """
    return [form for form, (least, most, _) in _CALENDAR.items() if least <= number <= most]


@dataclass(frozen=True)
class Numbers:
    """N times as numbers, null for a cell that holds none.

    Attributes:
        exact: int64 where the cells are whole numbers, otherwise float64.
        rounded: the same as float64.
    """

    exact: pl.Series
    rounded: pl.Series

    def read(self, form: TimeUnit) -> pl.Series:
        """The times as int64 microseconds since 1970 UTC, if the numbers have a form.

        Null is for no number and, in the calendar's forms, for no such date. A time before 1970 is negative, and one
        after the year 9999 is at least `END`.
        """
        cells = pl.DataFrame({"exact": self.exact, "number": self.rounded})
        return _calendar(cells, form) if form in _CALENDAR else cells.select(time=_scaled(form))["time"]

    def filter(self, rows: pl.Series) -> "Numbers":
        """The numbers of some rows."""
        return Numbers(self.exact.filter(rows), self.rounded.filter(rows))


def _scaled(form: TimeUnit) -> pl.Expr:
    exact, number, factor = pl.col("exact"), pl.col("number"), _MICROSECONDS[form]
    if form == "excel":
        exact, number = exact - _EXCEL_1970, number - _EXCEL_1970
    if form == "ns":
        time = exact // 1000
    elif form in ("d", "excel"):
        # A fraction of a day has milliseconds at most; more digits are noise.
        time = (exact * factor / 1e3).round() * 1e3
    else:
        time = (exact * int(factor)).round()
    within = time.cast(pl.Int64, strict=False)
    return pl.when(number < 0).then(-1).when(number * factor >= END).then(END).otherwise(within).cast(pl.Int64)


def _calendar(cells: pl.DataFrame, form: TimeUnit) -> pl.Series:
    _, most, pairs = _CALENDAR[form]
    number, year = pl.col("number"), pl.col("year")
    is_whole = (number.floor() == number) & (number <= most)
    whole = cells.select(digits=pl.when(is_whole).then("exact").cast(pl.Int64, strict=False))
    parts = whole.select(
        pl.col("digits").floordiv(100 ** (pairs + 2)).alias("year"),
        *(_pair(pairs + 1 - place).alias(unit) for place, unit in enumerate(UNITS[1:])),
    )
    if form == "YYMMDDHH":
        parts = parts.with_columns(year + pl.when(year < 70).then(2000).otherwise(1900))
    return instants(parts).zip_with((cells["number"] >= 0).fill_null(True), pl.Series([-1]))


def _pair(place: int) -> pl.Expr:
    """The pair of digits that has `place` pairs behind it; zero where that is negative."""
    return pl.col("digits") // 100**place % 100 if place >= 0 else pl.lit(0, pl.Int64)
