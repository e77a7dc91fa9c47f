from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshrec.data.settings import TimeUnit
from freshrec.data.times import parse_time
from freshrec.errors import DataError

NOON = datetime(2017, 1, 1, 12, 30, 15, 250_000, UTC)
MICROS = 1_483_273_815_250_000


def parse(times: pl.Series, unit: TimeUnit = "auto") -> list[tuple[int | None, str | None]]:
    parsed = parse_time(times, "when", unit)
    return [(None if why else value, why) for value, why in zip(parsed.value, parsed.reason, strict=True)]


def one(time: Any, unit: TimeUnit = "auto") -> tuple[int | None, str | None]:
    return parse(pl.Series([time]), unit)[0]


@pytest.mark.parametrize(
    "text",
    [
        "2017-01-01T12:30:15.25Z",
        "2017-01-01 12:30:15.25",
        "2017-01-01T12:30:15,250000",
        "2017-01-01T12:30:15.250000999",
        " 2017-01-01T14:30:15.25+02:00 ",
        "2017-01-01T14:30:15.25+0200",
        "2017-01-01T14:30:15.25+02",
        "2017-01-01 00:30:15.250-12:00",
        "1483273815.25",
        "1483273815250",
        "1483273815250000",
        "1483273815250000999",
    ],
)
def test_text_is_read_in_any_usual_form(text: str) -> None:
    assert one(text) == (MICROS, None)


def test_dates_and_minutes_are_read() -> None:
    assert one("2017-01-01") == one("2017-01-01T00:00") == one("2017-01-01T01:00+01:00") == one(date(2017, 1, 1))
    assert one(date(2017, 1, 1)) == (1_483_228_800_000_000, None)


@pytest.mark.parametrize(("unit", "per_second"), [("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)])
@pytest.mark.parametrize("dtype", [pl.Int64, pl.UInt64, pl.Float64, pl.String])
@pytest.mark.parametrize("told", [True, False])
def test_numbers_are_read_in_any_unit(unit: TimeUnit, per_second: int, dtype: Any, told: bool) -> None:
    times = pl.Series([1_483_273_815 * per_second]).cast(dtype)
    assert parse(times, unit if told else "auto") == [(1_483_273_815_000_000, None)]


def test_one_unit_holds_for_a_whole_column() -> None:
    assert parse(pl.Series([5, 1_483_273_815_250, 1_483_273_815_251])) == [
        (5000, None),
        (MICROS, None),
        (MICROS + 1000, None),
    ]


@given(st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30)), st.integers(-23 * 60, 23 * 60))
def test_zones_move_to_utc(naive: datetime, minutes: int) -> None:
    aware = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    micros = (naive.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert one(naive) == one(naive.isoformat()) == (micros, None)
    assert one(aware.isoformat()) == (micros - minutes * 60_000_000, None)


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_columns_with_a_zone_are_read(zone: str, unit: Any) -> None:
    times = pl.Series([NOON]).dt.convert_time_zone(zone).dt.cast_time_unit(unit)
    assert parse(times) == [(MICROS, None)]


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        (None, "time is missing"),
        ("", "time is missing"),
        ("  ", "time is missing"),
        (float("nan"), "time is missing"),
        ("soon", "time cannot be read"),
        ("nan", "time cannot be read"),
        ("inf", "time cannot be read"),
        ("2017-13-01", "time cannot be read"),
        ("2017-02-29", "time cannot be read"),
        ("2017-01-01T25:00:00", "time cannot be read"),
        ("2017-01/02", "time cannot be read"),
        ("2017-010-02", "time cannot be read"),
        ("31/02/2017", "time cannot be read"),
        ("1.2.17", "time cannot be read"),
        ("2017-01-01 13:00 PM", "time cannot be read"),
        (-1, "time is before 1970"),
        (-0.5, "time is before 1970"),
        ("-1", "time is before 1970"),
        ("1969-12-31T23:59:59", "time is before 1970"),
        (datetime(1969, 12, 31, tzinfo=UTC), "time is before 1970"),
        (float("inf"), "time is after the year 9999"),
    ],
)
def test_a_time_that_cannot_be_used_has_a_reason(time: Any, reason: str) -> None:
    assert one(time) == (None, reason)


def test_a_stray_number_is_found_among_good_ones() -> None:
    good = 1_483_273_815
    assert parse(pl.Series([good] * 30 + [good * 1000]))[30] == (None, "time is after the year 9999")
    assert parse(pl.Series([good, 2**63 - 1, good]))[1] == (None, "time is after the year 9999")
    assert parse(pl.Series([str(good), "9" * 40, str(good)]))[1] == (None, "time is after the year 9999")


def test_a_column_of_another_type_is_refused() -> None:
    with pytest.raises(
        DataError, match="column 'when' holds Boolean, where numbers, ISO 8601 text, dates or date-times"
    ):
        parse(pl.Series([True]))
