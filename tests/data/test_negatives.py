from collections import Counter
from itertools import combinations
from unittest import mock

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from freshrec.data import Samples, Stream, StreamSettings, negatives
from freshrec.hashing import Hashes, hash_columns, hash_further, uniform
from freshrec.seeds import derive

from .data_logs import Row, content, frame, kept, repeated_rows, repeats, rows, steady


def groups(samples: Samples) -> list[list[int]]:
    """Row numbers of each positive and the negatives that follow it."""
    starts = np.flatnonzero(samples.label).tolist()
    return [list(range(a, b)) for a, b in zip(starts, [*starts[1:], len(samples)], strict=True)]


kinds = st.sampled_from(["causal", "paper"])
excludes = st.sampled_from(["had", "now"])


@given(repeated_rows, repeats, kinds, excludes, st.integers(1, 3))
def test_negatives_are_items_that_are_not_excluded(
    log: list[Row], again: str, kind: str, exclude: str, each: int
) -> None:
    settings = StreamSettings.model_validate(
        {"periods": 3, "negatives": kind, "exclude": exclude, "negatives_per_positive": each, "repeats": again}
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
            had = {(item, then) for who, item, then in log if who == user and then <= time}
            left = seen - {item for item, then in had if exclude == "had" or then == time}
            drawn = [raw_item[item] for item in samples.item[group[1:]]]
            assert set(drawn) <= left
            assert len(drawn) == (each if left else 0)
            lacking += each - len(drawn)
            for column in (samples.user, samples.timestamp, samples.start, samples.end):
                assert len(set(column[group].tolist())) == 1
    assert positives == Counter(kept(log, again))
    assert stream.manifest["negatives_lacking"] == lacking


Ints = npt.NDArray[np.int64]
Case = tuple[negatives.Exclusions, npt.NDArray[np.integer], Ints, Ints, list[set[int]]]


@st.composite
def draws(draw: st.DrawFn) -> Case:
    """What is excluded, a few rows (owner, instant, known), and what is left to each."""
    exclude: negatives.Exclude = draw(st.sampled_from(["had", "now"]))
    events = draw(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=60))
    time, user, item = (np.array(column) for column in zip(*sorted(events), strict=True))
    excluded = negatives.Exclusions.of(exclude, user, item, time, users=4, items=10, instants=10)
    # With `now` the owners are users at instants at which they have a positive.
    rows = draw(st.lists(st.sampled_from([(t, u) for t, u, _ in events]), min_size=1, max_size=8))
    when, who = (np.array(column) for column in zip(*rows, strict=True))
    least = [max((i for t, _, i in events if t <= then), default=-1) + 1 for then in when]
    known = np.array([draw(st.integers(max(few, 1), 10)) for few in least])
    taken = [{i for t, u, i in events if u == w and (t == then if exclude == "now" else t <= then)} for then, w in rows]
    left = [set(range(count)) - items for count, items in zip(known, taken, strict=True)]
    return excluded, excluded.owner(who, when), when, known, left


def keys(count: int, seed: int = 0) -> Hashes:
    return hash_columns(seed, np.arange(count))


def mix(state: int) -> int:
    """SplitMix64's output for a state, in integers of any size."""
    z = (state + 0x9E3779B97F4A7C15) % 2**64
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
    return z ^ z >> 31


@pytest.mark.parametrize("rounds", [0, 2, 32])
@given(draws(), st.integers(0, 2**32))
def test_a_draw_is_the_first_proposal_that_is_not_excluded(rounds: int, case: Case, seed: int) -> None:
    """In plain Python: tries in turn, and after the last of them the place among all that are left."""
    excluded, owner, instant, known, left = case
    key = keys(len(owner), seed)
    with mock.patch.object(negatives, "_ROUNDS", rounds):
        drawn = negatives.draw_negatives(excluded, owner, instant, known, key)
    for row, items in enumerate(left):
        shares = [(mix((int(key[row]) + number) % 2**64) >> 11) / 2**53 for number in range(rounds + 1)]
        proposed = [item for share in shares[:-1] if (item := int(share * known[row])) in items]
        exact = sorted(items)[int(shares[-1] * len(items))] if items else -1
        assert drawn[row] == (proposed[0] if proposed else exact)


@given(repeated_rows, repeats, kinds, excludes, st.integers(0, 3))
def test_the_draws_of_a_stream_by_their_definition(
    log: list[Row], again: str, kind: str, exclude: str, seed: int
) -> None:
    """The key of a draw, items in the order of first appearance, and what may be drawn, all in plain Python."""
    stream = Stream.from_frame(
        frame(log), periods=3, negatives=kind, exclude=exclude, repeats=again, seed=seed, negatives_per_positive=2
    )
    user_of, item_of = (
        {int(str(raw)): number for number, raw in enumerate(stream.vocabulary.values[table])}
        for table in ("user", "item")
    )
    events = [(time, user_of[user], item_of[item]) for user, item, time in log]
    expected: list[int] = []
    seen = Counter[tuple[int, int, int]]()
    for time, user, item in sorted(events if again == "all" else set(events)):
        known = len({i for t, _, i in events if t <= time or kind == "paper"})
        taken = {i for t, u, i in events if u == user and (t == time if exclude == "now" else t <= time)}
        hashed = mix(derive(seed, "negatives"))
        for column in (user, item, time * 10**6, seen[time, user, item]):
            hashed = mix((hashed + column) % 2**64)
        expected.append(item)
        for number in range(2):
            key = mix((hashed + number) % 2**64)
            shares = [(mix((key + tried) % 2**64) >> 11) / 2**53 for tried in range(33)]
            proposed = [int(share * known) for share in shares[:32] if int(share * known) not in taken]
            left = sorted(set(range(known)) - taken)
            expected += [proposed[0] if proposed else left[int(shares[32] * len(left))]] if left else []
        seen[time, user, item] += 1
    assert [int(item) for period in stream.periods for item in period.samples().item] == expected


@given(draws(), st.data())
def test_no_draw_depends_on_another_row(case: Case, data: st.DataObject) -> None:
    """Whatever the rows are cut into and however they are ordered."""
    excluded, owner, instant, known, _ = case
    key = keys(len(owner))
    whole = negatives.draw_negatives(excluded, owner, instant, known, key)
    rows = data.draw(st.permutations(range(len(owner))))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(owner)), max_size=3)))
    for part in np.split(np.array(rows), cuts):
        drawn = negatives.draw_negatives(excluded, owner[part], instant[part], known[part], key[part])
        assert drawn.tolist() == whole[part].tolist()


@given(draws(), st.floats(0, 1, exclude_max=True))
def test_the_exact_draw_counts_through_what_is_left(case: Case, share: float) -> None:
    excluded, owner, instant, known, left = case
    drawn = negatives._draw_exactly(excluded, owner, instant, known, np.full(len(owner), share))
    assert drawn.tolist() == [sorted(items)[int(share * len(items))] if items else -1 for items in left]


# The 99.99% points of chi-square, by degrees of freedom.
FARTHEST = {5: 25.7, 9: 33.7, 35: 74.9, 255: 348.0}


def far_from_uniform(counts: npt.ArrayLike, freedom: int) -> bool:
    """Whether a chi-square test of equal expectations fails."""
    counts = np.asarray(counts)
    expected = counts.sum() / len(counts)
    return bool(((counts - expected) ** 2 / expected).sum() >= FARTHEST[freedom])


@pytest.mark.parametrize("rounds", [0, 1, 32])
@pytest.mark.parametrize("chunk", [1, 1 << 22])
def test_draws_are_uniform_whichever_way_they_are_made(
    monkeypatch: pytest.MonkeyPatch, rounds: int, chunk: int
) -> None:
    """Over items, and over pairs of items of neighbouring rows, which are independent."""
    monkeypatch.setattr(negatives, "_ROUNDS", rounds)
    monkeypatch.setattr(negatives, "_CHUNK", chunk)
    items, had, count = 10, [0, 3, 4, 9], 3_000
    zeros = np.zeros(count, int)
    excluded = negatives.Exclusions.of("had", zeros[:4], np.array(had), zeros[:4], users=1, items=items, instants=1)
    drawn = negatives.draw_negatives(excluded, zeros, zeros, np.full(count, items), keys(count))
    left = [1, 2, 5, 6, 7, 8]
    assert set(drawn.tolist()) == set(left)
    place = np.searchsorted(left, drawn)
    assert not far_from_uniform(np.bincount(place, minlength=6), 5)
    assert not far_from_uniform(np.bincount(place[:-1] * 6 + place[1:], minlength=36), 35)


@pytest.mark.parametrize("column", range(6))
def test_proposals_of_keys_that_differ_in_one_number_are_uniform_and_independent(column: int) -> None:
    """In the seed, user, item, time, occurrence and number of the negative: and the tries of each key likewise."""
    count = 20_000
    columns: list[int | Ints] = [12, 34, 56, 1_600_000_000_000_000, 0, 0]
    columns[column] = np.arange(count) + 7
    proposals = [(uniform(hash_further(hash_columns(*columns), number)) * 16).astype(int) for number in (0, 1)]
    pairs = [(proposals[0][:-1], proposals[0][1:]), (proposals[0], proposals[1])]
    for one, other in pairs:
        assert not far_from_uniform(np.bincount(one * 16 + other, minlength=256), 255)


def test_negatives_of_a_stream_are_uniform_over_what_was_seen() -> None:
    """One user with one item at a time: after the first of ten items, any of the other nine is drawn as often."""
    rows, items = 4_000, 10
    log = pl.DataFrame({"user": np.arange(rows), "item": np.arange(rows) % items, "timestamp": 3_600 * np.arange(rows)})
    stream = Stream.from_frame(log, periods=4)
    drawn = np.concatenate([period.samples().item[period.samples().label == 0] for period in stream.periods[1:]])
    assert not far_from_uniform(np.bincount(drawn, minlength=items), 9)


@pytest.mark.parametrize("exclude", ["had", "now"])
@given(repeated_rows, repeats)
def test_the_borders_of_periods_change_no_draw(exclude: str, log: list[Row], again: str) -> None:
    drawn = []
    for periods in (2, 3):
        stream = Stream.from_frame(frame(log), periods=periods, exclude=exclude, repeats=again)
        parts = [period.samples() for period in stream.periods]
        drawn.append([np.concatenate([getattr(part, name) for part in parts]).tolist() for name in ("user", "item")])
    assert drawn[0] == drawn[1]


def test_equal_rows_have_draws_of_their_own() -> None:
    """Repeated interactions, and the negatives of one positive, are independent draws, not copies."""
    log = pl.concat([steady(400).with_columns(user=1 + pl.col("user"), item=pl.int_range(pl.len()) % 300)] * 2)
    stream = Stream.from_frame(log, periods=2, repeats="all", negatives_per_positive=2)
    samples = stream.periods[1].samples()
    rows = samples.item.reshape(-1, 2, 3)
    assert (rows[:, 0, 0] == rows[:, 1, 0]).all()
    drawn = rows[:, :, 1:].reshape(len(rows), 4)
    for one, other in combinations(range(4), 2):
        assert (drawn[:, one] == drawn[:, other]).mean() < 0.05


@given(rows, st.data())
def test_the_future_changes_no_earlier_period(log: list[Row], data: st.DataObject) -> None:
    spread = [(user, item, time * 3600) for user, item, time in log]
    stream = Stream.from_frame(frame(spread), period="8h", time_unit="s")
    last = data.draw(st.integers(1, len(stream.periods)))
    end = min(row[2] for row in spread) // 28_800 * 28_800 + last * 28_800
    past = [row for row in spread if row[2] < end]
    assume(len({row[0] for row in past}) > 1 < len({row[1] for row in past}))
    future = data.draw(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 12), st.integers(end, end + 99_999))))
    other = Stream.from_frame(frame(past + future), period="8h", time_unit="s")
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


def test_what_is_excluded_by_default() -> None:
    """The setting has the last word; without one it follows from `negatives`, also where that is changed later."""
    assert [StreamSettings(negatives=kind).exclusion for kind in ("causal", "paper")] == ["now", "had"]
    assert StreamSettings(exclude="now", negatives="paper").exclusion == "now"
    streams = [Stream.from_frame(steady(), periods=2, exclude=given) for given in (None, "had", "now")]
    assert [stream.manifest["settings"]["exclude"] for stream in streams] == ["now", "had", "now"]
    assert streams[0].hash == streams[2].hash != streams[1].hash


def test_what_was_had_is_forgotten_after_some_periods() -> None:
    """With `had_within` a negative is no item of the period or the two before it, and may be an older one."""
    rows = range(240)
    log = pl.DataFrame(
        {
            "user": [row % 2 for row in rows],
            "item": [row // 40 for row in rows],
            "timestamp": [10 * row for row in rows],
        }
    )
    stream = Stream.from_frame(log, period="5m", exclude="had", had_within=2, history=0)
    had = [(user, item, time) for user, item, time in log.rows()]
    older = 0
    for period in stream.periods:
        samples = period.samples()
        negative = samples.label == 0
        for user, item, time in zip(
            samples.user[negative], samples.item[negative], samples.timestamp[negative] // 10**6, strict=True
        ):
            recent = {each for who, each, then in had if who == user and 300 * (period.number - 3) <= then <= time}
            assert int(item) not in recent
            older += any(who == user and each == item and then < 300 * (period.number - 3) for who, each, then in had)
    assert older > 50
