"""What every metric must keep to, as a test class that any package can run on its own metrics.

class TestMine(MetricContract):
    metric = Mine()
"""

from typing import get_args

import numpy as np
import pytest

from freshrec.evaluation import COLUMNS
from freshrec.metrics import Array, Better, Metric, as_metric, measure

__all__ = ["MetricContract", "metric_samples"]

USERS = 12


def metric_samples(seed: int = 0, size: int = 400) -> tuple[Array, Array, Array]:
    """Labels, log odds that they were drawn from, and users [N]; about a quarter of the labels is 1.

    The arrays cannot be written to.
    """
    random = np.random.default_rng(seed)
    logits = random.normal(-1.4, 1.2, size).round(2)
    labels = (random.random(size) < 1 / (1 + np.exp(-logits))).astype(np.int8)
    users = random.integers(0, USERS, size).astype(np.int32)
    for each in (labels, logits, users):
        each.setflags(write=False)
    return labels, logits, users


class MetricContract:
    """Inherit from it with `metric` set; pytest runs what it promises.

    Attributes:
        metric: what is under test.
    """

    metric: Metric

    def value(self, labels: Array, logits: Array, groups: Array) -> float | None:
        """The value, as a comparison takes it."""
        return measure([self.metric], labels, logits, groups)[self.metric.name]

    def defined(self, labels: Array, logits: Array, groups: Array) -> float:
        """A value that has to be defined."""
        value = self.value(labels, logits, groups)
        assert value is not None, "undefined on samples of both labels"
        return value

    def test_it_says_what_it_is(self) -> None:
        """Name, title and direction are set, and the name is no other column of results."""
        assert as_metric(self.metric, type(self.metric).__qualname__) is self.metric
        assert self.metric.name not in COLUMNS
        assert self.metric.title
        assert self.metric.better in get_args(Better)

    def test_equal_samples_have_equal_values(self) -> None:
        """The value depends on the samples alone, and not on what was measured before."""
        first, other = metric_samples(), metric_samples(seed=1)
        value = self.defined(*first)
        self.defined(*other)
        assert self.defined(*first) == value

    def test_the_order_of_samples_does_not_matter(self) -> None:
        """Up to the last digits of a sum."""
        samples = metric_samples()
        order = np.random.default_rng(2).permutation(len(samples[0]))
        shuffled = [each[order] for each in samples]
        assert self.defined(*shuffled) == pytest.approx(self.defined(*samples), rel=1e-12, abs=1e-14)

    def test_the_numbers_of_users_do_not_matter(self) -> None:
        """They say who is who, and nothing else."""
        labels, logits, users = metric_samples()
        renumbered = (np.random.default_rng(3).permutation(USERS) + 1_000_000).astype(np.int64)[users]
        expected = pytest.approx(self.defined(labels, logits, users), rel=1e-12, abs=1e-14)
        assert self.defined(labels, logits, renumbered) == expected

    def test_single_precision_is_enough(self) -> None:
        """Logits come in float32; sums are in float64."""
        labels, logits, users = metric_samples()
        single = self.defined(labels, logits.astype(np.float32), users)
        assert single == pytest.approx(self.defined(labels, logits, users), rel=1e-5, abs=1e-6)

    def test_no_samples_have_no_value(self) -> None:
        """A period may be empty."""
        nothing = [each[:0] for each in metric_samples()]
        assert self.value(*nothing) is None

    def test_samples_of_one_label_and_a_single_sample_are_survived(self) -> None:
        """Where there is no value, `undefined` says so."""
        labels, logits, users = metric_samples()
        values = [self.value(np.full_like(labels, label), logits, users) for label in (0, 1)]
        values += [self.value(labels[:1], logits[:1], users[:1]), self.value(labels, logits, np.arange(len(labels)))]
        assert None not in values or self.metric.undefined

    def test_labels_decide_whether_it_is_defined(self) -> None:
        """Never the logits: all models of a period are measured alike."""
        labels, logits, users = metric_samples()
        for chosen in (labels, np.zeros_like(labels), np.ones_like(labels)):
            found = {self.value(chosen, each, users) is None for each in (logits, -logits, np.zeros_like(logits))}
            assert len(found) == 1

    def test_certain_logits_are_survived(self) -> None:
        """A logit may be infinite; the value is a number or infinite, never NaN."""
        labels, logits, users = metric_samples()
        for sign in (1, -1):
            self.defined(labels, np.where(labels == 1, sign * np.inf, -sign * np.inf), users)
        self.defined(labels, np.where(logits > 0, np.inf, logits), users)

    def test_what_knows_the_truth_is_better_than_its_opposite(self) -> None:
        """The direction is right, in ranks and in improvements."""
        labels, logits, users = metric_samples(size=2000)
        good, bad = self.defined(labels, logits, users), self.defined(labels, -logits, users)
        assert self.metric.goodness(good) > self.metric.goodness(bad)
        better, worse = self.metric.improvement(good, bad), self.metric.improvement(bad, good)
        assert better is None or better > 0
        assert worse is None or worse < 0
        assert self.metric.improvement(None, good) is self.metric.improvement(good, None) is None
        for form in self.metric.forms.values():
            found = form(good, bad), form(good, good)
            assert found[0] is None or found[0] > 0
            assert found[1] is None or found[1] == pytest.approx(0, abs=1e-12)

    def test_a_constant_guess_has_the_value_of_chance(self) -> None:
        """Where there is such a value."""
        labels, logits, users = metric_samples()
        if self.metric.chance is not None:
            assert self.defined(labels, np.zeros_like(logits), users) == pytest.approx(self.metric.chance, abs=1e-12)

    def test_values_of_subsets_of_the_users_are_those_of_their_samples(self) -> None:
        """The fast way and the plain one agree, for subsets without users, without positives, and with all."""
        labels, logits, users = metric_samples()
        members = (np.random.default_rng(4).random((USERS, 9)) < 0.5).astype(np.uint8)
        members[:, 0], members[:, 1] = 0, 1
        found = self.metric.of_subsets(labels, logits, users, members)
        for k in range(members.shape[1]):
            inside = members[users, k] == 1
            expected = self.metric.of(labels[inside], logits[inside], users[inside])
            if expected is None:
                assert np.isnan(found[k])
            else:
                assert found[k] == pytest.approx(expected, rel=1e-9, abs=1e-12)
