from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from freshrec.data import Stream, StreamSettings
from freshrec.data.periods import cut, settled_until
from freshrec.errors import DataError

from .data_logs import Row, frame, kept, repeated_rows, repeats, steady

times = st.lists(st.integers(0, 30), min_size=1, max_size=80).map(sorted)


@given(times, st.integers(1, 31))
def test_equal_periods_are_as_even_as_instants_allow(log: list[int], periods: int) -> None:
    assume(len(set(log)) >= periods)
    time = np.array(log)
    bounds = cut(time, StreamSettings(periods=periods)).bounds
    assert (bounds[0], bounds[-1], len(bounds)) == (0, len(log), periods + 1)
    assert (np.diff(bounds) > 0).all()
    inner = bounds[1:-1]
    assert (time[inner - 1] < time[inner]).all(), "an instant is split"
    if len(set(log)) == len(log):
        assert np.diff(bounds).max() - np.diff(bounds).min() <= 1


@given(repeated_rows, repeats)
def test_equal_periods_count_repeats_where_they_are_wanted(log: list[Row], again: str) -> None:
    stream = Stream.from_frame(frame(log), periods=4, repeats=again)
    time = np.array(sorted(row[2] for row in kept(log, again)))
    sizes = [period["positives"] for period in stream.manifest["periods"]]
    assert sizes == np.diff(cut(time, StreamSettings(periods=4)).bounds).tolist()


def test_a_border_goes_to_the_nearest_end_of_an_instant() -> None:
    time = np.array([0, 1, 1, 1, 1, 1, 2, 3, 4, 5])
    assert cut(time, StreamSettings(periods=2)).bounds.tolist() == [0, 6, 10]
    assert cut(time, StreamSettings(periods=3)).bounds.tolist() == [0, 1, 7, 10]


LENGTHS = {
    "720m": timedelta(minutes=720),
    "12h": timedelta(hours=12),
    "2d": timedelta(days=2),
    "1w": timedelta(weeks=1),
}

moments = st.lists(st.integers(0, 40 * 86_400), min_size=1, max_size=30).map(sorted)


@given(moments, st.sampled_from([*LENGTHS, "1mo"]))
def test_calendar_periods_hold_what_the_calendar_says(seconds: list[int], length: str) -> None:
    origin = datetime(2024, 1, 1, tzinfo=UTC)  # a Monday, and the first of a month
    log = [origin + timedelta(seconds=second) for second in seconds]

    def place(moment: datetime) -> int:
        if length == "1mo":
            return moment.month - 1
        anchor = datetime(1970, 1, 5 if length == "1w" else 1, tzinfo=UTC)
        return (moment - anchor) // LENGTHS[length]

    time = np.array([int(moment.timestamp()) * 10**6 for moment in log])
    bounds = cut(time, StreamSettings(period=length)).bounds
    first = place(log[0])
    periods = range(len(bounds) - 1)
    expected = [sum(place(moment) - first == period for moment in log) for period in periods]
    assert np.diff(bounds).tolist() == expected
    assert sum(expected) == len(log)


def test_quiet_calendar_periods_are_empty() -> None:
    log = frame([(1, 1, 0), (2, 2, 10), (1, 2, 86_400 * 3), (2, 1, 86_400 * 3 + 5)])
    stream = Stream.from_frame(log, period="1d")
    assert [period.size > 0 for period in stream.periods] == [True, False, False, True]
    quiet = stream.periods[1].samples()
    assert (len(quiet), len(quiet.batch(slice(None))), list(quiet.batches(8))) == (0, 0, [])
    assert stream.periods[1].known == stream.periods[0].known == {"user": 2, "item": 2}
    assert stream.manifest["periods"][1]["first"] is None


def test_a_calendar_cut_that_makes_too_many_periods_is_refused() -> None:
    time = np.array([0, 86_400 * 10**6 * 365 * 30])
    with pytest.raises(DataError, match="to 1999-12-25, or 10950 periods of 1d; 10000 are the most"):
        cut(time, StreamSettings(period="1d"))
    assert len(cut(time, StreamSettings(period="2d")).bounds) == 5477


def test_the_default_is_31_periods() -> None:
    assert len(Stream.from_frame(steady()).periods) == 31


def test_days_begin_at_midnight_of_the_time_zone_and_may_have_23_or_25_hours() -> None:
    zone = ZoneInfo("Europe/Berlin")
    for first, lengths in (
        (datetime(2024, 3, 30, tzinfo=zone), [24, 23, 24]),
        (datetime(2024, 10, 26, tzinfo=zone), [24, 25, 24]),
    ):
        hours = range(sum(lengths))
        time = np.array([(int(first.timestamp()) + 3600 * hour) * 10**6 for hour in hours])
        found = cut(time, StreamSettings(period="1d", time_zone="Europe/Berlin"))
        assert np.diff(found.bounds).tolist() == lengths
        ends = [datetime.fromtimestamp(end // 10**6, zone) for end in found.ends.tolist()]
        assert [((end.date() - ends[0].date()).days, end.hour) for end in ends] == [(0, 0), (1, 0), (2, 0)]
        # Hours are counted in UTC and all have the same length.
        assert set(np.diff(cut(time, StreamSettings(period="1h", time_zone="Europe/Berlin")).bounds)) == {1}


@given(st.lists(st.integers(0, 30), min_size=1, max_size=40), st.integers(1, 9))
def test_a_fixed_count_ends_with_the_first_instant_that_reaches_it(drawn: list[int], rows: int) -> None:
    time = np.array(sorted(drawn)) * 10**6
    sizes, left = [], sorted(drawn)
    while left:
        last = left[min(rows, len(left)) - 1]
        size = sum(each <= last for each in left)
        sizes.append(size)
        left = left[size:]
    found = cut(time, StreamSettings(period_rows=rows))
    assert np.diff(found.bounds).tolist() == sizes
    assert found.ends.tolist() == [int(time[end - 1]) + 1 for end in found.bounds[1:]]


@given(st.lists(st.integers(0, 400), min_size=1, max_size=30), st.integers(0, 400), st.sampled_from([None, "2m"]))
def test_a_calendar_period_is_settled_once_the_watermark_less_the_lateness_has_reached_its_end(
    drawn: list[int], watermark: int, lateness: str | None
) -> None:
    minute, newest = 60 * 10**6, max(watermark, *drawn) * 10**6
    settings = StreamSettings(period="1m", lateness=lateness)
    time = np.array(drawn) * 10**6
    first = int(time.min()) // minute * minute
    reached = (newest - (2 * minute if lateness else 0)) // minute * minute
    expected = reached if reached > first else None
    assert settled_until(time, settings, newest, None) == expected
    assert settled_until(time, settings, newest, first) == expected
