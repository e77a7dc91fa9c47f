"""Reading times: numbers, ISO 8601 text, dates and date-times become microseconds since 1970 UTC."""

from collections.abc import Collection

import polars as pl

from freshrec.data.canonical import is_null
from freshrec.data.cells import Parsed, judge
from freshrec.data.dtypes import is_text, refuse_dtype
from freshrec.data.iso import parse_iso
from freshrec.data.settings import TimeUnit

__all__ = ["parse_time"]

_END = 253_402_300_800_000_000
"""The year 10000, in microseconds."""

_MICROSECONDS = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}
_FINER_FROM: dict[TimeUnit, float] = {"ns": 1e17, "us": 1e14, "ms": 1e11}
"""A number of this size is in this unit or a finer one: in a coarser one it would be after the year 5000."""


def parse_time(cells: pl.Series, column: str, unit: TimeUnit, nulls: Collection[str] = ()) -> Parsed:
    """Times as int64 microseconds since 1970 UTC; finer digits are cut off.

    Args:
        cells: numbers, text, dates, or date-times with or without a zone; without one they are taken as UTC.
        column: the column's name in the log.
        unit: of times that are numbers; `auto` tells it from their median.
        nulls: text that stands for a missing time.

    Raises:
        DataError: the column's type cannot hold times.
    """
    dtype = cells.dtype
    missing = cells.is_null()
    if dtype == pl.Date:
        times = cells.cast(pl.Datetime("us")).dt.timestamp("us")
    elif dtype == pl.Datetime:
        times = cells.dt.timestamp("us")
    elif dtype.is_integer():
        numbers = cells.cast(pl.Float64)
        times = _from_numbers(cells.cast(pl.Int64, strict=False), numbers, _unit(numbers, unit))
    elif dtype.is_float():
        missing |= cells.is_nan().fill_null(False)
        numbers = cells.cast(pl.Float64)
        times = _from_numbers(numbers, numbers, _unit(numbers, unit))
    elif is_text(dtype):
        text = cells.cast(pl.String).str.strip_chars()
        missing = text.to_frame("text").select(is_null(pl.col("text"), nulls))["text"]
        times = _from_text(text, unit)
    else:
        raise refuse_dtype(column, dtype, "numbers, ISO 8601 text, dates or date-times")
    value = pl.col("value")
    return judge(
        cells,
        pl.lit(times),
        (pl.lit(missing), "time is missing"),
        (value.is_null(), "time cannot be read"),
        (value < 0, "time is before 1970"),
        (value >= _END, "time is after the year 9999"),
    )


def _from_text(text: pl.Series, unit: TimeUnit) -> pl.Series:
    cell = pl.col("text")
    # Polars reads "nan" and "inf" as numbers too; they are no times.
    number = pl.when(cell.str.contains(r"^[-+]?[0-9]")).then(cell.cast(pl.Float64, strict=False))
    read = text.to_frame("text").select(whole=cell.cast(pl.Int64, strict=False), number=number)
    known = _unit(read["number"], unit)
    times = _from_numbers(read["whole"], read["number"], known)
    times = times.zip_with(read["whole"].is_not_null(), _from_numbers(read["number"], read["number"], known))
    rest = (times.is_null() & text.is_not_null()).arg_true()
    return times.scatter(rest, parse_iso(text.gather(rest))) if len(rest) else times


def _from_numbers(exact: pl.Series, numbers: pl.Series, unit: TimeUnit) -> pl.Series:
    """Numbers as microseconds; those outside of the calendar as the nearest value that is outside of it."""
    value, number, factor = pl.col("exact"), pl.col("number"), _MICROSECONDS[unit]
    scaled = value // 1000 if unit == "ns" else (value * int(factor)).round()
    within = scaled.cast(pl.Int64, strict=False)
    clipped = pl.when(number < 0).then(-1).when(number * factor >= _END).then(_END).otherwise(within)
    return pl.DataFrame({"exact": exact, "number": numbers}).select(time=clipped.cast(pl.Int64))["time"]


def _unit(numbers: pl.Series, unit: TimeUnit) -> TimeUnit:
    if unit != "auto":
        return unit
    typical = numbers.to_frame("number").select(pl.col("number").filter(pl.col("number") >= 0).median()).item()
    return next((name for name, least in _FINER_FROM.items() if typical is not None and typical >= least), "s")
