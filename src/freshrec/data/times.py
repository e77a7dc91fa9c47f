"""Reading times: numbers, text, dates and date-times become microseconds since 1970 UTC."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import cast

import polars as pl

from freshrec.data.calendar_time import END
from freshrec.data.canonical import is_null
from freshrec.data.cells import Parsed, judge
from freshrec.data.date_text import DayOrder, has_year_last, parse_iso, parse_year_last
from freshrec.data.dtypes import is_text, refuse_dtype
from freshrec.data.settings import TimeUnit
from freshrec.data.time_choice import check_converted, choose_form, choose_order, in_another_form
from freshrec.data.time_forms import Numbers

__all__ = ["Times", "parse_time"]

FEW = 0.05
"""Up to this share of a column, cells in another form than most are set aside rather than read in a form of theirs."""

_ORDERS = ("DMY", "MDY")


@dataclass(frozen=True)
class Times(Parsed):
    """A column of times, N cells: int64 microseconds since 1970 UTC.

    Attributes:
        form: the form that the times have, as the setting `time_unit` names it, or `date-times` or `ISO 8601`; several
            with "and" between them.
    """

    form: str


@dataclass(frozen=True)
class _Read:
    """Cells as times.

    Attributes:
        times: int64 [N], null where a cell cannot be read.
        missing: bool [N], which cells hold nothing.
        form: as in `Times`.
        stray: bool [N], which of the times are in another form than most, and not to be taken.
    """

    times: pl.Series
    missing: pl.Series
    form: str
    stray: pl.Series


def parse_time(
    cells: pl.Series, column: str, unit: TimeUnit, nulls: Collection[str] = (), *, is_found: bool = False
) -> Times:
    """Times as int64 microseconds since 1970 UTC; finer digits are cut off.

    Args:
        cells: numbers, text, dates, or date-times with or without a zone; without one they are taken as UTC.
        column: the column's name in the log.
        unit: the unit or form of the times; `auto` finds it.
        nulls: text that stands for a missing time.
        is_found: whether `unit` is what `auto` found for numbers of which these are a part, so that cells in another
            form than most are set aside.

    Raises:
        DataError: the column's type cannot hold times, or the times can be read in several ways.
    """
    read = _read(cells, column, unit, nulls, is_found=is_found)
    value = pl.col("value")
    parsed = judge(
        cells,
        pl.lit(read.times),
        (pl.lit(read.missing), "time is missing"),
        (pl.lit(read.stray), "time is in another form than most"),
        (value.is_null(), "time cannot be read"),
        (value < 0, "time is before 1970"),
        (value >= END, "time is after the year 9999"),
    )
    return Times(parsed.value, parsed.reason, read.form)


def _read(cells: pl.Series, column: str, unit: TimeUnit, nulls: Collection[str], *, is_found: bool) -> _Read:
    dtype = cells.dtype
    if dtype == pl.Date or dtype == pl.Datetime:
        times = cells.cast(pl.Datetime("us")).dt.timestamp("us") if dtype == pl.Date else cells.dt.timestamp("us")
        if unit == "auto":
            check_converted(times, cells.to_physical().cast(pl.Int64), column)
        form = "dates" if dtype == pl.Date else "date-times"
        return _Read(times, cells.is_null(), form, pl.repeat(False, len(cells), eager=True))
    if dtype.is_integer():
        numbers = Numbers(cells.cast(pl.Int64, strict=False), cells.cast(pl.Float64))
        return _from_numbers(numbers, column, unit, cells.is_null(), is_found=is_found)
    if dtype.is_float():
        known = cells.cast(pl.Float64).fill_nan(None)
        return _from_numbers(Numbers(known, known), column, unit, known.is_null(), is_found=is_found)
    if is_text(dtype):
        return _from_text(cells.cast(pl.String).str.strip_chars(), column, unit, nulls)
    raise refuse_dtype(column, dtype, "numbers, ISO 8601 text, dates or date-times")


def _from_numbers(
    numbers: Numbers, column: str, unit: TimeUnit, missing: pl.Series, *, is_found: bool = False
) -> _Read:
    is_free = unit == "auto" or unit in _ORDERS
    form = choose_form(numbers, column) if is_free else unit
    times = numbers.read(form)
    if is_free or is_found:
        return _Read(times, missing, form, in_another_form(numbers, times, form, mostly_typical=is_found or None))
    return _Read(times, missing, form, pl.repeat(False, len(times), eager=True))


def _from_text(text: pl.Series, column: str, unit: TimeUnit, nulls: Collection[str]) -> _Read:
    missing = text.to_frame("text").select(is_null(pl.col("text"), nulls))["text"]
    cell = pl.when(~pl.lit(missing)).then(pl.col("text"))
    # Polars reads "nan" and "inf" as numbers too; they are no times.
    number = pl.when(cell.str.contains(r"^[-+]?[0-9]")).then(cell.cast(pl.Float64, strict=False))
    read = text.to_frame("text").select(text=cell, whole=cell.cast(pl.Int64, strict=False), number=number)
    times = pl.repeat(None, len(text), dtype=pl.Int64, eager=True)
    stray, forms, few = pl.repeat(False, len(text), eager=True), [], FEW * float((~missing).sum())

    is_number = read["number"].is_not_null()
    if is_number.sum() > (few if unit == "auto" else 0):
        found = _from_numbers(Numbers(read["number"], read["number"]), column, unit, missing)
        # Whole numbers once more, with all their digits.
        exact = Numbers(read["whole"], read["number"]).read(cast(TimeUnit, found.form))
        times, stray = exact.zip_with(read["whole"].is_not_null(), found.times), found.stray
        forms.append(found.form)
    else:
        stray = is_number

    rest = (read["text"].is_not_null() & ~is_number).arg_true()
    if len(rest):
        left = read["text"].gather(rest)
        dated = parse_iso(left)
        if dated.null_count() < len(dated):
            forms.insert(0, "ISO 8601")
        last = (has_year_last(left) & dated.is_null()).arg_true()
        if len(last) > (few if unit == "auto" else 0):
            dates = left.gather(last)
            order = cast(DayOrder, unit) if unit in _ORDERS else choose_order(dates, column)
            dated = dated.scatter(last, parse_year_last(dates, order))
            forms.append(order)
        times = times.scatter(rest, dated)
    return _Read(times, missing, " and ".join(forms) or "none", stray)
