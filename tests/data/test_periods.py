from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from freshrec.data import Stream, StreamSettings
from freshrec.data.periods import cut
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
