"""Slices are what a walk through the finished periods, row by row, says."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshrec.data import Labels, Samples
from freshrec.statistics import ALL, KNOWN_ITEMS, Activity, interactions, slices_of
from freshrec.testing import tiny_stream


def by_hand(before: list[Samples], samples: Samples, row: int) -> set[str]:
    """The names of a row's slices."""
    seen: dict[str, dict[int, int]] = {"users": {}, "items": {}}
    count: Counter[int] = Counter()
    for number, past in enumerate(before, start=1):
        for user, item, label in zip(past.user.tolist(), past.item.tolist(), past.label.tolist(), strict=True):
            if label == 1 or past.schema.labels == "explicit":
                seen["users"][user] = number
                seen["items"][item] = number
                count[item] += 1
    names = {ALL}
    for kind, one in (("users", int(samples.user[row])), ("items", int(samples.item[row]))):
        age = len(before) + 1 - seen[kind].get(one, len(before) + 1)
        names.add(f"{'new' if age == 0 else 'returning' if age <= 3 else 'stale'} {kind}")
    if "new items" not in names:
        names.add(KNOWN_ITEMS)
    past_positives = int(samples.end[row] - samples.start[row])
    names.add(next(f"history {name}" for name, most in HISTORY.items() if past_positives <= most))
    popularity = count[int(samples.item[row])]
    if popularity:
        names.add("popularity " + ("1-9" if popularity < 10 else "10-99" if popularity < 100 else "100+"))
    return names


HISTORY = {"0": 0, "1-4": 4, "5-19": 19, "20+": 10**9}


@pytest.mark.parametrize("labels", ["explicit", "implicit"])
def test_every_row_is_in_its_slices(labels: Labels) -> None:
    stream = tiny_stream(sizes=(3, 2, 9, 1, 2, 2, 400, 50), labels=labels)
    users, items, before = Activity(), Activity(), list[Samples]()
    seen = set[str]()
    for period in stream.periods:
        samples = period.samples()
        slices = slices_of(samples, users, items)
        for row in range(len(samples)):
            expected = by_hand(before, samples, row)
            assert {name for name, mask in slices.items() if mask[row]} == expected
            seen |= expected
        logged = interactions(samples)
        users, items = users.after(samples.user[logged]), items.after(samples.item[logged])
        before.append(samples)
    assert {"new users", "stale users", "returning users", "stale items", "popularity 10-99"} <= seen


@given(st.lists(st.lists(st.integers(0, 9), max_size=6), max_size=8), st.lists(st.integers(0, 12), max_size=9))
def test_ages_and_counts_are_those_of_a_dictionary(periods: list[list[int]], asked: list[int]) -> None:
    activity, newest, count = Activity(), dict[int, int](), Counter[int]()
    for number, drawn in enumerate(periods, start=1):
        before = activity
        activity = activity.after(np.array(drawn, np.int64))
        assert before.periods == number - 1  # The value before is left as it was.
        newest |= dict.fromkeys(drawn, number)
        count.update(drawn)
    ages = [len(periods) + 1 - newest[one] if one in newest else 0 for one in asked]
    ids = np.array(asked, np.int64)
    assert activity.ages(ids).tolist() == ages
    assert activity.counts(ids).tolist() == [count[one] for one in asked]
