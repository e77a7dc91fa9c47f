import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from freshrec.statistics import half_samples


@given(st.integers(0, 300), st.integers(0, 200), st.sets(st.integers(0, 10**9), min_size=1, max_size=9))
def test_a_user_s_half_samples_depend_on_seed_and_user_alone(first: int, size: int, drawn: set[int]) -> None:
    """Any part of the half-samples and any set of users gives the same bits."""
    users = np.array(sorted(drawn))
    whole = half_samples(5, users, 0, 500)
    assert np.array_equal(half_samples(5, users, first, first + size), whole[:, first : first + size])
    assert np.array_equal(half_samples(5, users[-1:], 0, 500), whole[-1:])
    assert not np.array_equal(half_samples(6, users, 0, 500), whole)


def test_halves_are_fair_and_independent() -> None:
    """Every mean, and every product of two users or two half-samples, within 5 standard deviations of 1/2 and 1/4."""
    bits = half_samples(0, np.arange(2000), 0, 512).astype(np.float64)
    assert set(np.unique(bits)) == {0.0, 1.0}
    for table in (bits, bits.T):
        count = table.shape[1]
        assert np.abs(table.mean(1) - 0.5).max() < 5 * 0.5 / np.sqrt(count)
        products = (table[:400] - 0.5) @ (table[:400] - 0.5).T / count
        assert np.abs(products[np.triu_indices(400, 1)]).max() < 5.5 * 0.25 / np.sqrt(count)


def test_the_variance_between_half_samples_is_that_of_a_mean() -> None:
    values = np.random.default_rng(0).exponential(size=400)
    members = half_samples(1, np.arange(400), 0, 4000).astype(np.float64)
    means = values @ members / members.sum(0)
    assert means.var() / (values.var() / 400) == np.clip(means.var() / (values.var() / 400), 0.93, 1.07)
