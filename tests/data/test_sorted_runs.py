"""Sorted runs against a plain dictionary, and their geometry against its bound."""

from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from freshrec.data.sorted_runs import SortedRuns, merged_spans

Array = np.ndarray[Any, Any]
KEYS = st.integers(0, 2**64 - 1) | st.integers(0, 40)
PERIODS = st.lists(st.lists(KEYS, max_size=12), max_size=12)


def columns(periods: list[list[int]], first: int = 1) -> tuple[Array, Array, Array]:
    key = np.array([key for keys in periods for key in keys], np.uint64)
    period = np.repeat(np.arange(first, first + len(periods)), [len(keys) for keys in periods])
    return period, key, np.arange(len(key), dtype=np.int32)


def once(periods: list[list[int]]) -> list[list[int]]:
    seen: set[int] = set()
    kept = []
    for keys in periods:
        kept.append(sorted(set(keys) - seen))
        seen.update(keys)
    return kept


@given(PERIODS, st.data())
def test_runs_hold_what_a_set_holds(periods: list[list[int]], data: st.DataObject) -> None:
    periods = once(periods)
    runs = SortedRuns().added(*columns(periods)[:2])
    held = {key for keys in periods for key in keys}
    asked = data.draw(st.lists(KEYS)) + sorted(held)[:3]
    assert runs.contains(np.array(asked, np.uint64)).tolist() == [key in held for key in asked]
    bounds = [sorted(pair) for pair in data.draw(st.lists(st.tuples(KEYS, KEYS), max_size=4))]
    low, high = (np.array([pair[side] for pair in bounds], np.uint64) for side in (0, 1))
    key, number = runs.between(low, high)
    expected = [(place, one) for place, (a, b) in enumerate(bounds) for one in sorted(held) if a <= one < b]
    assert list(zip(number.tolist(), key.tolist(), strict=True)) == expected


@given(PERIODS, st.data())
def test_runs_do_not_tell_how_many_periods_were_added_at_a_time(periods: list[list[int]], data: st.DataObject) -> None:
    whole = SortedRuns().added(*columns(periods))
    cut = data.draw(st.integers(0, len(periods)))
    first = SortedRuns().added(*columns(periods[:cut]))
    period, key, payload = columns(periods[cut:], cut + 1)
    parts = first.added(period, key, payload + sum(map(len, periods[:cut])))
    assert parts.spans == whole.spans
    for one, other in zip(parts.runs, whole.runs, strict=True):
        assert one.payload is not None
        assert other.payload is not None
        assert np.array_equal(one.key, other.key)
        assert np.array_equal(one.payload, other.payload)


@given(PERIODS)
def test_each_key_has_its_payload(periods: list[list[int]]) -> None:
    _, keys, payloads = columns(periods)
    runs = SortedRuns().added(*columns(periods)).runs
    found: list[tuple[int, int]] = []
    for run in runs:
        assert run.payload is not None
        found += zip(run.key.tolist(), run.payload.tolist(), strict=True)
    assert sorted(found) == sorted(zip(keys.tolist(), payloads.tolist(), strict=True))
    assert all((run.key[1:] >= run.key[:-1]).all() for run in runs)


@given(st.lists(st.integers(0, 1_000), max_size=200))
def test_runs_are_few(sizes: list[int]) -> None:
    spans = merged_spans([], enumerate(sizes, 1))
    assert sum(span.size for span in spans) == sum(sizes)
    assert all(older.size >= 2 * newer.size for older, newer in pairwise(spans))
    assert len(spans) <= sum(sizes).bit_length()
