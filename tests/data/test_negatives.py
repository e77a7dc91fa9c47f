from collections import Counter

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from freshrec.data import Samples, Stream, StreamSettings, negatives
from freshrec.seeds import numpy_rng

from .data_logs import Row, content, frame, kept, repeated_rows, repeats, rows, steady


def groups(samples: Samples) -> list[list[int]]:
    """Row numbers of each positive and the negatives that follow it."""
    starts = np.flatnonzero(samples.label).tolist()
    return [list(range(a, b)) for a, b in zip(starts, [*starts[1:], len(samples)], strict=True)]


@given(repeated_rows, repeats, st.sampled_from(["causal", "paper"]), st.integers(1, 3))
def test_negatives_are_items_that_the_user_has_not_had(log: list[Row], again: str, kind: str, each: int) -> None:
    settings = StreamSettings.model_validate(
        {"periods": 3, "negatives": kind, "negatives_per_positive": each, "repeats": again}
    )
    stream = Stream.from_frame(frame(log), settings)
    raw_user, raw_item = ([int(str(raw)) for raw in stream.vocabulary.values[table]] for table in ("user", "item"))
    lacking, positives = 0, Counter[Row]()
    for period in stream.periods:
        samples = period.samples()
        assert samples.label[:1].tolist() == [1]
        for group in groups(samples):
            user, time = raw_user[samples.user[group[0]]], int(samples.timestamp[group[0]]) // 10**6
            positives[user, raw_item[samples.item[group[0]]], time] += 1
            seen = {item for _, item, then in log if then <= time or kind == "paper"}
            left = seen - {item for who, item, then in log if who == user and then <= time}
            drawn = [raw_item[item] for item in samples.item[group[1:]]]
            assert set(drawn) <= left
            assert len(drawn) == (each if left else 0)
            lacking += each - len(drawn)
            for column in (samples.user, samples.timestamp, samples.start, samples.end):
                assert len(set(column[group].tolist())) == 1
    assert positives == Counter(kept(log, again))
    assert stream.manifest["negatives_lacking"] == lacking


Ints = npt.NDArray[np.int64]
Case = tuple[negatives.Had, Ints, Ints, Ints, list[set[int]]]


@st.composite
def draws(draw: st.DrawFn) -> Case:
    """Who had what, a few wishes (user, time, known), and what is left to each."""
    events = draw(
        st.lists(st.tuples(st.integers(0, 20), st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=60)
    )
    time, user, item = (np.array(column) for column in zip(*sorted(events), strict=True))
    wishes = draw(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20)), min_size=1, max_size=8))
    who, when = (np.array(column) for column in zip(*wishes, strict=True))
    least = [max((i for t, _, i in events if t <= then), default=-1) + 1 for then in when]
    known = np.array([draw(st.integers(max(few, 1), 10)) for few in least])
    had = [{i for t, u, i in events if u == w and t <= then} for w, then in wishes]
    left = [set(range(count)) - items for count, items in zip(known, had, strict=True)]
    return negatives.Had.of(user, item, time, users=4, items=10), who, when, known, left


@given(draws(), st.integers(0, 2**32))
def test_a_draw_is_one_of_what_is_left(case: Case, seed: int) -> None:
    had, user, time, known, left = case
    drawn = negatives.draw_negatives(had, user, time, known, np.random.default_rng(seed))
    assert all(item in items if items else item == -1 for item, items in zip(drawn.tolist(), left, strict=True))


@given(draws(), st.floats(0, 1, exclude_max=True))
def test_the_exact_draw_counts_through_what_is_left(case: Case, share: float) -> None:
    had, user, time, known, left = case
    drawn = negatives._draw_exactly(had, user, time, known, np.full(len(user), share))
    assert drawn.tolist() == [sorted(items)[int(share * len(items))] if items else -1 for items in left]


@pytest.mark.parametrize("rounds", [0, 1, 32])
@pytest.mark.parametrize("chunk", [1, 1 << 22])
def test_draws_are_uniform_whichever_way_they_are_made(
    monkeypatch: pytest.MonkeyPatch, rounds: int, chunk: int
) -> None:
    monkeypatch.setattr(negatives, "_ROUNDS", rounds)
    monkeypatch.setattr(negatives, "_CHUNK", chunk)
    items, had, count = 10, [0, 3, 4, 9], 3_000
    first = negatives.Had.of(np.zeros(4, int), np.array(had), np.zeros(4, int), users=1, items=items)
    zeros = np.zeros(count, int)
    drawn = negatives.draw_negatives(first, zeros, zeros, np.full(count, items), numpy_rng(0, "uniform"))
    counts = Counter(drawn.tolist())
    assert set(counts) == {1, 2, 5, 6, 7, 8}
    expected = count / 6
    # The 99.99% point of chi-squared with 5 degrees of freedom.
    assert sum((n - expected) ** 2 / expected for n in counts.values()) < 25.7


@given(rows, st.data())
def test_the_future_changes_no_earlier_period(log: list[Row], data: st.DataObject) -> None:
    spread = [(user, item, time * 3600) for user, item, time in log]
    stream = Stream.from_frame(frame(spread), period="8h")
    last = data.draw(st.integers(1, len(stream.periods)))
    end = min(row[2] for row in spread) // 28_800 * 28_800 + last * 28_800
    past = [row for row in spread if row[2] < end]
    assume(len({row[0] for row in past}) > 1 < len({row[1] for row in past}))
    future = data.draw(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 12), st.integers(end, end + 99_999))))
    other = Stream.from_frame(frame(past + future), period="8h")
    for one, two in zip(stream.periods[:last], other.periods, strict=False):
        assert content(one.samples()) == content(two.samples())
        assert one.known == two.known


def test_with_equal_counts_a_changed_future_changes_no_earlier_period() -> None:
    log = steady()
    changed = pl.concat([log[:100], log[100:].with_columns(user=pl.col("user") + 50, item=pl.col("item") * 0 + 900)])
    changed = changed.with_columns(item=pl.when(pl.col("item") == 900).then(900 + pl.col("user")).otherwise("item"))
    one, two = Stream.from_frame(log, periods=4), Stream.from_frame(changed, periods=4)
    for number in (0, 1):
        assert content(one.periods[number].samples()) == content(two.periods[number].samples())
    assert content(one.periods[2].samples()) != content(two.periods[2].samples())


def test_paper_draws_from_the_future_and_causal_does_not() -> None:
    for kind, beyond in (("paper", True), ("causal", False)):
        first = Stream.from_frame(steady(), periods=20, negatives=kind).periods[0]
        assert bool((first.samples().item >= first.known["item"]).any()) == beyond


def test_the_seed_changes_negatives_and_nothing_else() -> None:
    one, two, three = (Stream.from_frame(steady(), periods=4, seed=seed).periods[2].samples() for seed in (1, 1, 2))
    assert content(one) == content(two)
    assert content(one) != content(three)
    assert one.item[one.label == 1].tolist() == three.item[three.label == 1].tolist()
