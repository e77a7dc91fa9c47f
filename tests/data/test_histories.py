import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshrec.data import Stream

from .data_logs import Row, frame, kept, repeated_rows, repeats, steady


def naive(
    stream: Stream, log: list[Row], labels: list[int], length: int, kind: str
) -> dict[tuple[int, int], list[int]]:
    """Each user's last positives before each time, item ids, oldest first: one event after another."""
    user_id = {raw: number for number, raw in enumerate(stream.vocabulary.values["user"])}
    item_id = {raw: number for number, raw in enumerate(stream.vocabulary.values["item"])}
    liked = kept([row for row, label in zip(log, labels, strict=True) if label], kind)
    positives = [(time, user_id[str(user)], item_id[str(item)]) for user, item, time in liked]
    return {
        (user_id[str(user)], time): [
            item for then, who, item in sorted(positives) if who == user_id[str(user)] and then < time
        ][-length:]
        for user, _, time in log
    }


@given(repeated_rows, repeats, st.integers(1, 4), st.sampled_from(["implicit", "explicit"]), st.data())
def test_histories_are_the_last_positives_before(
    log: list[Row], again: str, length: int, kind: str, data: st.DataObject
) -> None:
    labels = [1] * len(log)
    if kind == "explicit":
        labels = data.draw(st.lists(st.integers(0, 1), min_size=len(log), max_size=len(log)))
        labels[:2] = [0, 1]
    stream = Stream.from_frame(frame(log, label=labels), periods=3, history=length, repeats=again)
    expected = naive(stream, log, labels, length, again)
    for period in stream.periods:
        samples = period.samples()
        for row in range(len(samples)):
            window = samples.positives[samples.start[row] : samples.end[row]].tolist()
            assert window == expected[int(samples.user[row]), int(samples.timestamp[row]) // 10**6]


@given(repeated_rows, repeats)
def test_a_period_holds_its_users_positives_and_the_last_ones_before(log: list[Row], again: str) -> None:
    stream = Stream.from_frame(frame(log), periods=3, history=2, repeats=again)
    user_id = {raw: number for number, raw in enumerate(stream.vocabulary.values["user"])}
    item_id = {raw: number for number, raw in enumerate(stream.vocabulary.values["item"])}
    events = sorted((user_id[str(user)], time, item_id[str(item)]) for user, item, time in kept(log, again))
    for period in stream.periods:
        samples = period.samples()
        begin, end = samples.timestamp[[0, -1]] // 10**6
        expected: list[int] = []
        for user in sorted(set(samples.user.tolist())):
            expected += [item for who, time, item in events if who == user and time < begin][-2:]
            expected += [item for who, time, item in events if who == user and begin <= time <= end]
        assert samples.positives.tolist() == expected


def test_a_stream_may_have_no_histories() -> None:
    stream = Stream.from_frame(steady(), periods=4, history=0)
    samples = stream.periods[2].samples()
    assert stream.schema.history == 0
    assert samples.batch(slice(0, 5)).history == {}
    assert len(samples.positives) == np.abs(samples.end).sum() == 0


@pytest.mark.parametrize("history", [1, 30])
def test_windows_are_no_longer_than_asked(history: int) -> None:
    lengths = [s.end - s.start for s in (p.samples() for p in Stream.from_frame(steady(), history=history).periods)]
    assert max(window.max() for window in lengths) == min(history, 19)
