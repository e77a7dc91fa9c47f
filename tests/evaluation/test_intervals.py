"""Intervals of differences and improvements, against closed forms and a simulation of AUCs."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from freshrec.evaluation.intervals import Paired
from freshrec.metrics import METRICS, Metric
from freshrec.metrics.metric import Array
from freshrec.statistics import Measurement, half_samples, student_t

Places = dict[tuple[int, int], Measurement]
AUC, LOGLOSS = METRICS["auc"], METRICS["logloss"]


def measured(
    values: Sequence[Sequence[float | None]] | npt.NDArray[np.float64],
    replicates: npt.NDArray[np.float64] | None = None,
) -> Places:
    """One metric from values [R, P]; period numbers begin at 24."""
    return {
        (run, 24 + period): Measurement("all", "auc", 10, value, _row(replicates, run, period))
        for run, row in enumerate(values)
        for period, value in enumerate(row)
    }


def _row(replicates: npt.NDArray[np.float64] | None, run: int, period: int) -> npt.NDArray[np.float64]:
    return np.zeros(0) if replicates is None else replicates[run, period]


def test_a_difference_is_the_t_interval_of_the_periods_differences() -> None:
    own, base = [[0.80, 0.85, 0.70]], [[0.79, 0.80, 0.72]]
    paired = Paired.of(measured(own), measured(base))
    assert paired is not None
    gaps = np.array(own[0]) - base[0]
    found = paired.difference_interval()
    assert paired.difference() == pytest.approx(gaps.mean())
    assert found is not None
    assert (found.low, found.high) == pytest.approx(stats.t.interval(0.95, 2, gaps.mean(), stats.sem(gaps)))


def test_periods_that_are_undefined_and_runs_of_one_method_alone_are_left_out() -> None:
    own, base = measured([[0.8, None, 0.7], [0.6, 0.5, 0.4], [9, 9, 9]]), measured([[0.7, 0.6, 0.6], [0.6, 0.5, 0.4]])
    paired = Paired.of(own, base)
    assert paired is not None
    assert paired.periods == (24, 26)
    assert paired.own.tolist() == [[0.8, 0.7], [0.6, 0.4]]
    assert Paired.of(own, measured([[None, None, None]])) is None
    assert Paired.of(own, {}) is None


@pytest.mark.parametrize("metric", [AUC, LOGLOSS])
def test_an_improvement_is_that_of_the_means_with_the_interval_of_their_ratio(metric: Metric) -> None:
    """Own values are a constant multiple of the baseline's but for some noise: the tangent is that of a ratio."""
    rng = np.random.default_rng(0)
    base = rng.uniform(0.5, 0.9, (1, 7))
    own = 1.1 * base + 0.01 * rng.normal(size=(1, 7))
    paired = Paired.of(measured(own), measured(base))
    assert paired is not None
    found = paired.improvement_interval(metric)
    sign = 1 if metric.better == "higher" else -1
    rests = (own - own.mean() / base.mean() * base)[0] / base.mean()
    half = 100 * student_t(6) * stats.sem(rests)
    middle = 100 * sign * (own.mean() / base.mean() - 1)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((middle - half, middle + half), rel=1e-5)


def test_equal_methods_have_an_interval_of_no_width() -> None:
    values = measured([[0.8, 0.7, 0.6]], np.random.default_rng(0).uniform(size=(1, 3, 50)))
    paired = Paired.of(values, values)
    assert paired is not None
    found = paired.improvement_interval(AUC)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((0, 0), abs=1e-6)


def test_without_a_baseline_of_any_worth_there_is_none() -> None:
    paired = Paired.of(measured([[0.8, 0.7]]), measured([[0.0, 0.0]]))
    assert paired is not None
    assert paired.improvement_interval(AUC) is None


class World:
    """Users whose taste one scorer knows better than another; each comes in several periods, with its own noise."""

    users, periods, size = 40, 5, 120

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        # How much better the one scorer is for a user: the same in all periods, and different between users.
        self.skill = rng.uniform(0.2, 1.4, self.users)
        self.shift = rng.normal(0, 0.3, self.periods)

    def draw(self, period: int) -> tuple[Array, Array, Array, Array]:
        """Labels, the logits of both scorers, and users."""
        user = self.rng.integers(0, self.users, self.size)
        taste = self.rng.standard_normal(self.size)
        labels = (self.rng.random(self.size) < 1 / (1 + np.exp(-2 * taste))).astype(np.int8)
        noise = self.rng.standard_normal((2, self.size))
        own = np.maximum(self.skill[user] + self.shift[period], 0) * taste + noise[0]
        return labels, own, 0.8 * taste + noise[1], user


def test_simulated_coverage_of_a_difference_between_two_aucs() -> None:
    """Of 2,000 comparisons at least 93.5% of the intervals cover the mean of all differences, which is the truth."""
    rng = np.random.default_rng(1)
    found = []
    for repetition in range(2000):
        world, own, base = World(rng), dict[tuple[int, int], Measurement](), dict[tuple[int, int], Measurement]()
        members = half_samples(repetition, np.arange(World.users), 0, 64)
        for period in range(World.periods):
            labels, one, other, user = world.draw(period)
            for places, logits in ((own, one), (base, other)):
                value = AUC.of(labels, logits, user)
                replicates = AUC.of_subsets(labels, logits, user, members)
                places[0, period] = Measurement("all", "auc", len(labels), value, replicates)
        paired = Paired.of(own, base)
        assert paired is not None
        interval = paired.difference_interval()
        assert interval is not None
        found.append((paired.difference(), interval.low, interval.high))
    differences, low, high = np.array(found).T
    truth = differences.mean()
    assert 0.935 <= ((low <= truth) & (truth <= high)).mean() <= 0.995
