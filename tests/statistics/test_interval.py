"""The interval covers known truths as often as it says, and is what closed forms give."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from freshrec.statistics import Interval, half_samples

Floats = npt.NDArray[np.float64]


def test_of_one_run_it_is_the_t_interval_of_the_periods() -> None:
    values = np.array([[1.0, 3.0, 2.0, 4.0, 2.5, 3.5, 1.5]])
    found = Interval.of_mean(values, np.zeros((1, 7, 0)))
    expected = stats.t.interval(0.95, 6, values.mean(), stats.sem(values[0]))
    assert found is not None
    assert (found.low, found.high) == pytest.approx(expected, rel=1e-12)


def test_of_one_period_it_is_the_normal_interval_of_the_users() -> None:
    replicates = np.random.default_rng(0).normal(2.0, 0.3, (1, 1, 500))
    found = Interval.of_mean(np.array([[2.0]]), replicates)
    assert found is not None
    assert found.high - 2.0 == pytest.approx(1.959964 * replicates.std(ddof=1), rel=1e-6)
    assert found.low == pytest.approx(4.0 - found.high)


def test_of_several_runs_and_one_period_it_is_the_t_interval_of_the_runs() -> None:
    values = np.array([[1.0], [2.0], [4.0]])
    found = Interval.of_mean(values, np.zeros((3, 1, 0)))
    expected = stats.t.interval(0.95, 2, values.mean(), stats.sem(values[:, 0]))
    assert found is not None
    assert (found.low, found.high) == pytest.approx(expected, rel=1e-12)


def test_runs_that_shift_all_periods_alike_add_their_own_variance() -> None:
    """No interaction: half-width squared is the sum of the two t intervals' squares."""
    run, period = np.array([0.0, 1.0, 5.0]), np.array([0.0, 2.0, 1.0, 7.0])
    found = Interval.of_mean(run[:, None] + period, np.zeros((3, 4, 0)))
    halves = [stats.t.ppf(0.975, len(each) - 1) * stats.sem(each) for each in (run, period)]
    assert found is not None
    assert (found.high - found.low) / 2 == pytest.approx(math.hypot(*halves), rel=1e-12)


def test_users_that_come_again_are_counted_once_for_all_periods() -> None:
    """The same replicates in all periods: their whole variance stays, however many periods there are."""
    replicates = np.random.default_rng(0).normal(size=(1, 1, 300)).repeat(50, axis=1)
    found = Interval.of_mean(np.zeros((1, 50)), replicates)
    assert found is not None
    assert found.high == pytest.approx(1.959964 * replicates[0, 0].std(ddof=1), rel=0.02)


@pytest.mark.parametrize("values", [[[1.0]], [[1.0, math.inf]], [[math.nan, 1.0]]])
def test_there_is_none_without_anything_that_varies_or_for_what_is_not_finite(values: list[list[float]]) -> None:
    array = np.array(values)
    assert Interval.of_mean(array, np.zeros((*array.shape, 0))) is None


def test_replicates_that_are_undefined_are_left_out() -> None:
    replicates = np.random.default_rng(0).normal(size=(2, 3, 100))
    holed = np.concatenate([replicates, np.full((2, 3, 1), np.nan)], axis=2)
    values = replicates.mean(2)
    assert Interval.of_mean(values, holed) == Interval.of_mean(values, replicates)


def test_which_intervals_exclude_zero() -> None:
    found = [Interval(low, high).excludes_zero for low, high in ((0.1, 2), (-2, -0.1), (-1, 1), (0, 1))]
    assert found == [True, True, False, False]


# (runs, periods) and the standard deviations of what runs, periods, their interaction and users add to a difference.
WORLDS = {
    "periods differ": (1, 7, 0.0, 1.0, 0.0, 0.2),
    "users differ": (1, 7, 0.0, 0.0, 0.0, 5.0),
    "periods and users": (1, 7, 0.0, 0.5, 0.0, 4.0),
    "few periods": (1, 3, 0.0, 1.0, 0.0, 2.0),
    "three runs, all differ": (3, 7, 0.5, 0.5, 1.0, 3.0),
    "three runs, runs differ most": (3, 7, 2.0, 0.5, 0.5, 1.0),
    "five runs, interaction alone": (5, 7, 0.0, 0.0, 1.0, 0.2),
    "two runs": (2, 7, 0.5, 1.0, 0.5, 1.0),
}


def drawn(world: tuple[int, int, float, float, float, float], rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Differences between two methods whose true mean is 0, and their replicates, in a world of 60 users.

    A user adds what is its own to every period that it comes in, and about as much that is the period's.
    """
    runs, periods, of_run, of_period, of_both, of_user = world
    users = 60
    common = of_run * rng.standard_normal((runs, 1)) + of_period * rng.standard_normal((1, periods))
    common = common + of_both * rng.standard_normal((runs, periods))
    user = of_user * (rng.standard_normal((1, users)) + rng.standard_normal((periods, users)))
    values = common + user.mean(1)
    members = half_samples(int(rng.integers(2**31)), np.arange(users), 0, 128).astype(np.float64)
    replicates = common[:, :, None] + user @ members / members.sum(0)
    return values, replicates


@pytest.mark.parametrize("name", WORLDS)
def test_simulated_coverage(name: str) -> None:
    """Of 2,000 intervals at least 93.5% cover the truth (95% less 3 standard errors); they may cover up to 99.5%."""
    rng = np.random.default_rng(len(name))
    covered = 0
    for _ in range(2000):
        found = Interval.of_mean(*drawn(WORLDS[name], rng))
        assert found is not None
        covered += found.low <= 0 <= found.high
    assert 0.935 <= covered / 2000 <= 0.995


def test_resampling_seven_periods_would_be_too_narrow() -> None:
    """The plain percentile bootstrap over periods, on the same worlds, covers less than 91%: why it is not used."""
    rng = np.random.default_rng(0)
    values = rng.standard_normal((2000, 7))
    means = values[:, rng.integers(0, 7, (400, 7))].mean(2)
    low, high = np.quantile(means, [0.025, 0.975], axis=1)
    assert ((low <= 0) & (high >= 0)).mean() < 0.91
