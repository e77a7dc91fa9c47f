"""Dates of the calendar as microseconds since 1970 UTC."""

import polars as pl

__all__ = ["DAY", "END", "UNITS", "instants", "year_start"]

DAY = 86_400_000_000
"""Microseconds of a day."""

END = 253_402_300_800_000_000
"""The beginning of the year 10000, in microseconds since 1970 UTC."""

UNITS = ("year", "month", "day", "hour", "minute", "second")


def instants(parts: pl.DataFrame) -> pl.Series:
    """Dates and times of the Gregorian calendar as int64 microseconds since 1970 UTC; null where there is no such one.

    Args:
        parts: int64 columns named as `UNITS`, N rows; month and day count from 1.

    >>> instants(pl.DataFrame([[1970, 1, 2, 0, 0, 1], [2023, 2, 29, 0, 0, 0]], UNITS, orient="row")).to_list()
    [86401000000, None]
    """
    year, month, day, hour, minute, second = (pl.col(unit) for unit in UNITS)
    is_last = month == 12
    dated = parts.select(
        *UNITS,
        begin=_days(year, month),
        end=_days(year + is_last.cast(pl.Int64), pl.when(is_last).then(1).otherwise(month + 1)),
    )
    exists = year.is_between(1, 9999) & month.is_between(1, 12) & (day >= 1) & (day <= pl.col("end") - pl.col("begin"))
    exists &= hour.is_between(0, 23) & minute.is_between(0, 59) & second.is_between(0, 59)
    seconds = ((pl.col("begin") + day - 1) * 24 + hour) * 3600 + minute * 60 + second
    return dated.select(time=pl.when(exists).then(seconds * 1_000_000))["time"]


def year_start(year: int) -> int:
    """The beginning of a year in microseconds since 1970 UTC.

    >>> year_start(1970), year_start(1971) // DAY
    (0, 365)
    """
    return int(pl.select(_days(pl.lit(year), pl.lit(1))).item()) * DAY


def _days(year: pl.Expr, month: pl.Expr) -> pl.Expr:
    """Days from 1970-01-01 to the first of a month, counted in years that begin in March and end with the leap day."""
    shifted = year - (month <= 2).cast(pl.Int64)
    of_year = (153 * ((month + 9) % 12) + 2) // 5
    return shifted * 365 + shifted // 4 - shifted // 100 + shifted // 400 + of_year - 719_468
