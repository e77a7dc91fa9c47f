"""The order of samples: everything once an epoch, derived from the seed."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from freshrec.testing import tiny_period, tiny_stream
from freshrec.training import Parallel, Shuffled


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
    catalog = tiny_stream().catalog
    sets = tuple(tiny_period(catalog, number, size).samples() for number, size in enumerate(sizes, start=1))
    feed = Parallel(sets, 16, 1, seed=0)
    steps = list(feed)
    assert len(feed) == len(steps) == -(-max(sizes) // 16)
    for number, samples in enumerate(sets):
        fed = [int(user) for step in steps for user in step[number].user["user"]]  # type: ignore[union-attr]
        assert sorted(fed) == sorted(samples.user.tolist())
        assert all(len(step[number]) <= 16 for step in steps)
