"""The order of samples and of pairs: everything once an epoch, derived from the seed."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshrec.data import Batch
from freshrec.testing import tiny_period, tiny_stream
from freshrec.training import OBJECTIVES, Parallel, Shuffled


def test_every_sample_is_fed_once_an_epoch_in_changing_order() -> None:
    samples = tiny_stream().periods[0].samples()
    feed = Shuffled(samples, 16, 2, seed=1)
    batches = list(feed)
    assert len(batches) == len(feed)
    assert [len(batch) for batch in batches] == [16, 16, 8, 16, 16, 8]
    epochs = [
        np.concatenate([np.asarray(batch.user["user"]) for batch in batches[part]]) for part in (slice(3), slice(3, 6))
    ]
    for users in epochs:
        assert sorted(users) == sorted(samples.user)
    assert epochs[0].tolist() != epochs[1].tolist()


@given(st.lists(st.integers(0, 60), min_size=1, max_size=4))
def test_unequal_sets_are_cut_into_the_same_number_of_batches(sizes: list[int]) -> None:
    schema = tiny_stream().schema
    sets = tuple(tiny_period(schema, number, size).samples() for number, size in enumerate(sizes, start=1))
    feed = Parallel(sets, 16, 1, seed=0)
    steps = list(feed)
    assert len(feed) == len(steps) == -(-max(sizes) // 16)
    for number, samples in enumerate(sets):
        fed = [int(user) for step in steps for user in step[number].user["user"]]  # type: ignore[union-attr]
        assert sorted(fed) == sorted(samples.user.tolist())
        assert all(len(step[number]) <= 16 for step in steps)


def fed_pairs(batch: Batch) -> list[tuple[int, int, int]]:
    """User and both items of each pair of a batch."""
    positive, negative = (part.tolist() for part in batch.item["item"].chunk(2))  # type: ignore[union-attr]
    first, second = (part.tolist() for part in batch.user["user"].chunk(2))  # type: ignore[union-attr]
    assert first == second
    assert batch.label.tolist() == [1.0] * len(positive) + [0.0] * len(negative)
    return list(zip(first, positive, negative, strict=True))


@pytest.mark.parametrize(("size", "pairs"), [(16, 8), (17, 8), (2, 1), (10_000, 5_000)])
def test_pairs_are_fed_whole_positives_first(size: int, pairs: int) -> None:
    samples = tiny_stream(labels="implicit").periods[0].samples()
    expected = [(int(samples.user[p]), int(samples.item[p]), int(samples.item[n])) for p, n in samples.pairs()]
    feed = Shuffled(samples, size, 2, 1, OBJECTIVES["bpr"])
    batches = list(feed)
    assert len(batches) == len(feed) == 2 * -(-len(expected) // pairs)
    fed = [fed_pairs(batch) for batch in batches]
    assert all(len(each) <= pairs for each in fed)
    halves = [[pair for each in part for pair in each] for part in (fed[: len(fed) // 2], fed[len(fed) // 2 :])]
    assert [sorted(half) for half in halves] == [sorted(expected)] * 2
    assert halves[0] != halves[1]


@given(st.lists(st.integers(0, 60), min_size=1, max_size=4))
def test_unequal_sets_of_pairs_are_fed_in_step(sizes: list[int]) -> None:
    schema = tiny_stream(labels="implicit").schema
    sets = tuple(tiny_period(schema, number, size).samples() for number, size in enumerate(sizes, start=1))
    steps = list(Parallel(sets, 16, 1, 0, OBJECTIVES["bpr"]))
    assert len(steps) == -(-max(len(samples.pairs()) for samples in sets) // 8)
    for number, samples in enumerate(sets):
        fed = [pair for step in steps for pair in fed_pairs(step[number])]
        assert sorted(fed) == sorted(
            (int(samples.user[p]), int(samples.item[p]), int(samples.item[n])) for p, n in samples.pairs()
        )
        assert all(len(step[number]) <= 16 for step in steps)


@given(st.integers(0, 60), st.integers(1, 9), st.integers(0, 3))
def test_blocks_of_consecutive_samples_stay_together(size: int, block: int, seed: int) -> None:
    samples = tiny_period(tiny_stream().schema, 1, size).samples()
    numbered = replace(samples, user=np.arange(size, dtype=np.int32))
    batches = list(Shuffled(numbered, 16, 2, seed, block=block))
    fed = np.concatenate([np.zeros(0, int), *(np.asarray(batch.user["user"]) for batch in batches)])
    for epoch in (fed[:size], fed[size:]):
        assert sorted(epoch) == list(range(size))
        starts = epoch[epoch % block == 0]
        whole = [row for start in starts for row in range(start, min(start + block, size))]
        assert epoch.tolist() == whole
