"""Random instants in every form that times have, against Python's own calendar."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshrec.data.settings import TimeUnit
from freshrec.data.times import parse_time
from freshrec.errors import DataError

EPOCH = datetime(1970, 1, 1)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


def digits(form: str) -> Callable[[datetime], int]:
    return lambda instant: int(instant.strftime(form))


def since_1970(step: timedelta) -> Callable[[datetime], int]:
    return lambda instant: (instant - EPOCH) // step


# The smallest step that a form can tell, and the number that it writes.
NUMBERS: dict[TimeUnit, tuple[timedelta, Callable[[datetime], int | float]]] = {
    "s": (SECOND, since_1970(SECOND)),
    "ms": (SECOND / 1000, since_1970(SECOND / 1000)),
    "us": (timedelta(microseconds=1), since_1970(timedelta(microseconds=1))),
    "ns": (timedelta(microseconds=1), lambda instant: since_1970(timedelta(microseconds=1))(instant) * 1000),
    "d": (DAY, since_1970(DAY)),
    "excel": (SECOND / 1000, lambda instant: (instant - datetime(1899, 12, 30)) / DAY),
    "YYYYMMDD": (DAY, digits("%Y%m%d")),
    "YYMMDDHH": (HOUR, digits("%y%m%d%H")),
    "YYYYMMDDHH": (HOUR, digits("%Y%m%d%H")),
    "YYYYMMDDHHMM": (timedelta(minutes=1), digits("%Y%m%d%H%M")),
    "YYYYMMDDHHMMSS": (SECOND, digits("%Y%m%d%H%M%S")),
}
TEXTS: dict[str, tuple[timedelta, str]] = {
    "BigQuery": (timedelta(microseconds=1), "%Y-%m-%d %H:%M:%S.%f UTC"),
    "BigQuery, whole seconds": (SECOND, "%Y-%m-%d %H:%M:%S UTC"),
    "extended": (SECOND, "%Y-%m-%dT%H:%M:%SZ"),
    "compact": (SECOND, "%Y%m%dT%H%M%S"),
    "compact with a zone": (timedelta(microseconds=1), "%Y%m%dT%H%M%S.%f+0000"),
    "slashes": (SECOND, "%Y/%m/%d %H:%M:%S"),
    "minutes": (timedelta(minutes=1), "%Y/%m/%d %H:%M"),
    "points": (DAY, "%Y.%m.%d"),
    "twelve hours": (SECOND, "%Y-%m-%d %I:%M:%S %p"),
    "GMT": (SECOND, "%Y-%m-%d %H:%M:%S GMT"),
    "Java": (SECOND, "%Y-%m-%dT%H:%M:%SZ[UTC]"),
    "Go": (SECOND, "%Y-%m-%d %H:%M:%S +0000 UTC"),
}
ORDERS: dict[TimeUnit, tuple[timedelta, str]] = {
    "DMY": (SECOND, "%d.%m.%Y %H:%M:%S"),
    "MDY": (SECOND, "%m/%d/%Y %I:%M:%S %p"),
}

FIRST, LAST = datetime(2001, 1, 1), datetime(2030, 12, 31)


def some(count: int) -> st.SearchStrategy[list[datetime]]:
    """So many random instants of 30 years, drawn in one go, which is faster than one by one."""

    def draw(seed: int) -> list[datetime]:
        drawn = np.random.default_rng(seed).integers(0, (LAST - FIRST) // timedelta(microseconds=1), count)
        return [FIRST + timedelta(microseconds=int(micro)) for micro in drawn]

    return st.integers(0, 2**32).map(draw)


several = some(30)
few_examples = settings(max_examples=20)


def cut(instant: datetime, step: timedelta) -> datetime:
    return instant - (instant - EPOCH) % step


def micros(times: Sequence[datetime]) -> list[int]:
    return [(time - EPOCH) // timedelta(microseconds=1) for time in times]


def read(cells: pl.Series, unit: TimeUnit = "auto") -> list[Any]:
    """Times in microseconds, or the reason in place of one."""
    parsed = parse_time(cells, "when", unit)
    return [value if why is None else why for value, why in zip(parsed.value, parsed.reason, strict=True)]


def column_of(numbers: Sequence[int | float], kind: str) -> pl.Series:
    """The numbers as a column of a type, or of integers or text where that type cannot hold them."""
    if kind == "text":
        return pl.Series([str(number) for number in numbers])
    if all(isinstance(number, int) for number in numbers):
        if kind == "decimal":
            return pl.Series([Decimal(number) for number in numbers], dtype=pl.Decimal(20, 0))
        if kind == "float" and max(numbers) < 2**53:
            return pl.Series(numbers).cast(pl.Float64)
        if kind == "text of floats" and max(numbers) < 2**53:
            return pl.Series([f"{number}.0" for number in numbers])
    return pl.Series(numbers)


kinds = st.sampled_from(["integer", "text", "decimal", "float", "text of floats"])


@pytest.mark.parametrize("form", NUMBERS)
@few_examples
@given(several, kinds)
def test_a_named_form_is_read_in_every_type(form: TimeUnit, drawn: list[datetime], kind: str) -> None:
    step, write = NUMBERS[form]
    times = [cut(time, step) for time in drawn]
    column = column_of([write(time) for time in times], kind)
    assert read(column, form) == micros(times)
    assert parse_time(column, "when", form).form == form


@pytest.mark.parametrize("form", [form for form in NUMBERS if form not in ("d", "excel")])
@few_examples
@given(several, kinds)
def test_a_form_is_found_or_refused_but_never_mistaken(form: TimeUnit, drawn: list[datetime], kind: str) -> None:
    step, write = NUMBERS[form]
    times = [cut(time, step) for time in drawn]
    column = column_of([write(time) for time in times], kind)
    try:
        parsed = parse_time(column, "when", "auto")
    except DataError:
        with pytest.raises(DataError, match="--time-unit YYYYMMDD or --time-unit YYMMDDHH"):
            read(column)
        assert form in ("YYYYMMDD", "YYMMDDHH")
    else:
        assert (parsed.form, parsed.value.to_list()) == (form, micros(times))


@few_examples
@given(st.dates(date(1990, 1, 1), date(2099, 1, 1)), kinds)
def test_a_month_of_days_is_found(first: date, kind: str) -> None:
    days = [datetime(first.year, first.month, first.day) + number * DAY for number in range(31)]
    assert read(column_of([int(day.strftime("%Y%m%d")) for day in days], kind)) == micros(days)


@few_examples
@given(st.datetimes(datetime(2001, 1, 1), datetime(2060, 1, 1)), kinds)
def test_three_weeks_of_hours_are_found(first: datetime, kind: str) -> None:
    hours = [cut(first, HOUR) + number * HOUR for number in range(21 * 24)]
    assert read(column_of([int(hour.strftime("%y%m%d%H")) for hour in hours], kind)) == micros(hours)


@pytest.mark.parametrize("form", ["d", "excel"])
@few_examples
@given(several, kinds)
def test_days_are_refused_with_both_readings(form: TimeUnit, drawn: list[datetime], kind: str) -> None:
    step, write = NUMBERS[form]
    times = [cut(time, step) for time in drawn]
    with pytest.raises(DataError) as raised:
        read(column_of([write(time) for time in times], kind))
    said = str(raised.value)
    assert "as seconds since 1970, 1970-01-01 " in said
    assert f"{min(times)!s:.16}" in said
    assert f"{max(times)!s:.16}" in said
    assert "--time-unit s or --time-unit " in said
    assert f"--time-unit {form}" in said


@pytest.mark.parametrize("name", TEXTS)
@few_examples
@given(st.lists(st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30)), min_size=1, max_size=5))
def test_text_with_the_year_first_is_read(name: str, drawn: list[datetime]) -> None:
    step, form = TEXTS[name]
    times = [cut(time, step) for time in drawn]
    column = pl.Series([time.strftime(form) for time in times])
    assert read(column) == micros(times)
    assert parse_time(column, "when", "auto").form == "ISO 8601"


@given(st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30)))
def test_one_digit_is_enough(drawn: datetime) -> None:
    time = cut(drawn, timedelta(minutes=1))
    text = f"{time.year}/{time.month}/{time.day} {time.hour}:{time.minute:02}"
    assert read(pl.Series([text])) == micros([time])


@pytest.mark.parametrize("order", ORDERS)
@few_examples
@given(several)
def test_a_named_order_of_day_and_month_is_read(order: TimeUnit, drawn: list[datetime]) -> None:
    step, form = ORDERS[order]
    times = [cut(time, step) for time in drawn]
    column = pl.Series([time.strftime(form) for time in times])
    assert read(column, order) == micros(times)
    try:
        parsed = parse_time(column, "when", "auto")
    except DataError:
        with pytest.raises(DataError, match="--time-unit DMY or --time-unit MDY"):
            read(column)
        assert sum(time.day > 12 for time in times) <= 2
    else:
        assert (parsed.form, parsed.value.to_list()) == (order, micros(times))


@pytest.mark.parametrize("form", ["YYYYMMDD", "YYYYMMDDHH", "YYYYMMDDHHMM", "YYYYMMDDHHMMSS", "YYMMDDHH"])
@given(st.integers(0, 10**14))
def test_digits_are_a_date_where_python_says_so(form: TimeUnit, number: int) -> None:
    number %= 10 ** len(form)
    text = str(number).rjust(len(form), "0")
    text = (("20" if text[:2] < "70" else "19") + text if form == "YYMMDDHH" else text).ljust(14, "0")
    parts = [int(text[:4]), *(int(text[at : at + 2]) for at in range(4, 14, 2))]
    try:
        time = datetime(*parts)  # type: ignore[arg-type]
    except ValueError:
        expected: Any = "time cannot be read"
    else:
        expected = micros([time])[0] if time >= EPOCH else "time is before 1970"
    assert read(pl.Series([number]), form) == [expected]


EPOCH_UNITS: list[TimeUnit] = ["s", "ms", "us", "ns"]


@pytest.mark.parametrize("main", EPOCH_UNITS)
@pytest.mark.parametrize("other", [*EPOCH_UNITS, "YYYYMMDD", "YYYYMMDDHHMMSS"])
@few_examples
@given(some(100), st.integers(1, 30).flatmap(some), st.booleans())
def test_a_column_in_two_units_is_refused_and_a_few_strays_set_aside(
    main: TimeUnit, other: TimeUnit, most: list[datetime], few: list[datetime], as_text: bool
) -> None:
    if main == other:
        return
    most, few = ([cut(time, DAY) for time in times] for times in (most, few))
    column = pl.Series([NUMBERS[main][1](time) for time in most] + [NUMBERS[other][1](time) for time in few])
    cells = column.cast(pl.String) if as_text else column
    if len(few) > 5:
        with pytest.raises(DataError, match="are in two units") as raised:
            read(cells)
        assert f"--time-unit {main} or --time-unit {other}" in str(raised.value)
    else:
        found = read(cells)
        assert found[:100] == micros(most)
        assert set(found[100:]) <= {"time is in another form than most", "time is after the year 9999"}
    assert read(cells, main)[:100] == micros(most)


def test_few_numbers_or_dates_in_another_form_are_set_aside() -> None:
    iso = ["2024-01-31T00:03:49"] * 40
    assert read(pl.Series([*iso, "45292"]))[-1] == "time is in another form than most"
    assert read(pl.Series([*iso, "1/2/2024"]))[-1] == "time cannot be read"
    assert read(pl.Series([*iso, "1/2/2024"]), "DMY")[-1] == micros([datetime(2024, 2, 1)])[0]
    assert read(pl.Series([*iso, "1704067200"]), "s")[-1] == micros([datetime(2024, 1, 1)])[0]


def test_text_of_two_forms_is_read_where_each_is_clear() -> None:
    column = pl.Series(["2024-01-31", "1704067200", "1704067201"] * 5)
    parsed = parse_time(column, "when", "auto")
    assert parsed.form == "ISO 8601 and s"
    assert parsed.value.to_list()[:2] == micros([datetime(2024, 1, 31), datetime(2024, 1, 1)])


def test_relative_times_are_read_as_they_were() -> None:
    for numbers in (range(40), range(0, 10**6, 1000), [0, 86_400, 172_800]):
        assert read(pl.Series(list(numbers))) == [number * 10**6 for number in numbers]


def test_numbers_after_2100_in_any_plausible_unit_are_refused() -> None:
    relative = pl.Series(range(0, 8_640_000_000, 86_400_000)[50:])
    with pytest.raises(DataError, match=r"as seconds since 1970, 2106.*; as milliseconds since 1970, 1970-02.* ms\)"):
        read(relative)
    assert read(relative, "ms")[0] == 50 * 86_400 * 10**6


@pytest.mark.parametrize("dtype", ["ns", "us", "ms"])
@pytest.mark.parametrize("unit", ["s", "ms", "us"])
def test_date_times_that_were_converted_with_a_wrong_unit_are_refused(dtype: Any, unit: TimeUnit) -> None:
    times = [datetime(2024, 1, 1) + number * HOUR for number in range(24)]
    numbers = pl.Series([NUMBERS[unit][1](time) for time in times])
    converted = numbers.cast(pl.Datetime(dtype))
    if unit == dtype:
        assert read(converted) == micros(times)
        return
    if EPOCH_UNITS.index(unit) > EPOCH_UNITS.index(dtype):
        return  # years after 9999, which other checks find
    with pytest.raises(DataError, match=rf"2024-01-01 00:00:00 to 2024-01-01 23:00:00: it was .*unit='{unit}'"):
        read(converted)
    assert read(converted, "us") == [int(time.timestamp() * 10**6) for time in converted.dt.replace_time_zone("UTC")]


def test_the_form_of_typed_columns_is_named() -> None:
    noon = datetime(2024, 1, 31, 12, tzinfo=UTC)
    assert parse_time(pl.Series([noon]), "when", "auto").form == "date-times"
    assert parse_time(pl.Series([noon.date()]), "when", "auto").form == "dates"
    assert parse_time(pl.Series([None, None]), "when", "auto").form == "none"
