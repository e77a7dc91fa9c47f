"""Which form a column of times has, where the settings do not say it; refused where two forms are plausible."""

import polars as pl

from freshrec.data.calendar_time import END, year_start
from freshrec.data.date_text import DayOrder, parse_year_last
from freshrec.data.settings import TimeUnit
from freshrec.data.time_forms import NAMES, NUMBERS, Numbers, forms_of
from freshrec.errors import DataError

__all__ = ["check_converted", "choose_form", "choose_order", "describe_span", "in_another_form", "is_typical"]

_SHARE = 0.95
"""The share of a column that must be readable in a form for the form to be plausible."""

_1990, _2000, _2100 = year_start(1990), year_start(2000), year_start(2100)
_FINER_FROM: dict[TimeUnit, float] = {"ns": 1e17, "us": 1e14, "ms": 1e11}
"""A number of this size is in this unit or a finer one: in a coarser one it would be after the year 5000."""

_FINER: dict[TimeUnit, TimeUnit] = {"s": "ms", "ms": "us", "us": "ns"}


def choose_form(numbers: Numbers, column: str) -> TimeUnit:
    """The form of a column of numbers.

    It is a form of the calendar, such as YYYYMMDD, where 95% of the numbers are dates from 1990 to 2099 in it, and
    otherwise the unit since 1970 that fits the median.

    Raises:
        DataError: two forms are plausible, or the column mixes two.
    """
    if numbers.rounded.null_count():
        numbers = numbers.filter(numbers.rounded.is_not_null())
    positive = numbers.rounded.filter(numbers.rounded >= 0)
    typical = positive.median()
    if not isinstance(typical, float):
        return "s"
    dates = [form for form in forms_of(typical) if _share(numbers.read(form), _1990, _2100) >= _SHARE]
    if len(dates) > 1:
        raise _ambiguous(column, numbers, dates)
    unit: TimeUnit = next((name for name, least in _FINER_FROM.items() if typical >= least), "s")
    form: TimeUnit = dates[0] if dates else unit
    times = numbers.read(form)
    for outlying in (times < _1990, (times >= _2100) & (numbers.rounded < 1e20)):
        share = _mean(outlying)
        if share <= 1 - _SHARE:
            continue
        part = numbers.filter(outlying)
        if others := [other for other in NUMBERS if other != form and _share(part.read(other), _2000, _2100) >= _SHARE]:
            if share >= _SHARE:
                raise _ambiguous(column, numbers, [form, *others])
            raise _mixed(column, numbers, outlying, form, others[0])
    if _mean(times >= _2100) >= _SHARE and form in _FINER:
        raise _ambiguous(column, numbers, [form, _FINER[form]])
    return form


def is_typical(times: pl.Series) -> bool:
    """Whether 95% of N times are from 1990 to 2099."""
    return _share(times, _1990, _2100) >= _SHARE


def in_another_form(
    numbers: Numbers, times: pl.Series, form: TimeUnit, *, mostly_typical: bool | None = None
) -> pl.Series:
    """Which of the times lie before 1990 or after 2100 although 95% do not, and after 2000 in another form.

    Args:
        numbers: N numbers.
        times: the same, read in the form that was chosen for them, int64 [N].
        form: the form.
        mostly_typical: what `is_typical` says of all times, where these are a part of them.
    """
    outlying = ((times < _1990) | times.is_between(_2100, END, closed="left")).fill_null(False)
    if not outlying.any() or not (is_typical(times) if mostly_typical is None else mostly_typical):
        return pl.repeat(False, len(times), dtype=pl.Boolean, eager=True)
    part = numbers.filter(outlying)
    found = pl.repeat(False, len(part.exact), dtype=pl.Boolean, eager=True)
    for other in NUMBERS:
        if other != form:
            found |= part.read(other).is_between(_2000, _2100, closed="left").fill_null(False)
    return outlying.scatter(outlying.arg_true(), found)


def choose_order(dates: pl.Series, column: str) -> DayOrder:
    """Whether the day or the month comes first in a column of dates with the year last.

    Raises:
        DataError: the dates can be read in both orders.
    """
    read = {"DMY": parse_year_last(dates, "DMY"), "MDY": parse_year_last(dates, "MDY")}
    day_first, month_first = (_mean(times.is_not_null()) for times in read.values())
    if min(day_first, month_first) >= _SHARE and not read["DMY"].equals(read["MDY"]):
        raise _readings(column, read)
    return "DMY" if day_first >= month_first else "MDY"


def check_converted(times: pl.Series, numbers: pl.Series, column: str) -> None:
    """Check that date-times were not made from numbers in a wrong unit, which puts them all into January 1970.

    Args:
        times: date-times, int64 microseconds since 1970 UTC.
        numbers: what they hold, since 1970 in the unit of their type.
        column: the column's name in the log.

    Raises:
        DataError: they lie before 1990, and after 2000 in another unit.
    """
    if _mean(times < _1990) < _SHARE:
        return
    held = Numbers(numbers, numbers.cast(pl.Float64))
    for form in ("s", "ms", "us"):
        read = held.read(form)
        if _share(read, _2000, _2100) >= _SHARE:
            raise DataError(
                f"column {column!r} holds date-times, {describe_span(times)}, but as {NAMES[form]} its numbers are "
                f"{describe_span(read)}: it was converted with a wrong unit. Convert it with the right one, in pandas "
                f"with pd.to_datetime(numbers, unit={form!r}), or set time_unit to any unit to take it as it is."
            )


def describe_span(times: pl.Series) -> str:
    """The first and the last time of a column in words; times outside of the calendar are left out."""
    within = times.filter(times.is_between(0, END, closed="left")).cast(pl.Datetime("us"))
    first, last = within.min(), within.max()
    return f"{str(first)[:19]} to {str(last)[:19]}"


def _ambiguous(column: str, numbers: Numbers, forms: list[TimeUnit]) -> DataError:
    return _readings(column, {form: numbers.read(form) for form in forms})


def _readings(column: str, read: dict[str, pl.Series]) -> DataError:
    spans = "; ".join(f"as {NAMES[form]}, {describe_span(times)}" for form, times in read.items())
    options = " or ".join(f"--time-unit {form}" for form in read)
    return DataError(
        f"the times in column {column!r} can be read in {len(read)} ways: {spans}. Name the right one with the setting "
        f"time_unit ({options})."
    )


def _mixed(column: str, numbers: Numbers, part: pl.Series, form: TimeUnit, other: TimeUnit) -> DataError:
    most = numbers.filter(~part).read(form)
    few = numbers.filter(part).read(other)
    return DataError(
        f"the times in column {column!r} are in two units: {1 - _mean(part):.0%} look like {NAMES[form]} "
        f"({describe_span(most)}), the others like {NAMES[other]} ({describe_span(few)}). Convert them to one unit, or "
        f"name the one that holds for all with the setting time_unit (--time-unit {form} or --time-unit {other})."
    )


def _share(times: pl.Series, low: int, high: int) -> float:
    """The share of N times from `low` up to `high`; null is not."""
    return _mean(times.is_between(low, high, closed="left"))


def _mean(mask: pl.Series) -> float:
    mean = mask.fill_null(False).mean()
    return mean if isinstance(mean, float) else 0.0
