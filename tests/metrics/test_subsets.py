"""Values on subsets of the users are those of the metric on each subset alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshrec.metrics import METRICS, Metric
from freshrec.metrics.metric import Array

from .columns import SPREAD, TIED, columns

Rows = list[tuple[int, float, int]]


@pytest.mark.parametrize("name", METRICS)
@given(rows=TIED | SPREAD, seed=st.integers(0, 2**32))
def test_a_fast_way_gives_what_the_plain_one_gives(name: str, rows: Rows, seed: int) -> None:
    """No user, one user, all users, and any others."""
    label, logit, user = columns(rows)
    members = np.random.default_rng(seed).integers(0, 2, (5, 12)).astype(np.uint8)
    members[:, 0], members[:, 1] = 0, 1
    metric = METRICS[name]
    assert type(metric).of_subsets is not Metric.of_subsets
    found = metric.of_subsets(label, logit, user, members)
    assert found == pytest.approx(Metric.of_subsets(metric, label, logit, user, members), abs=1e-12, nan_ok=True)
    whole = metric.of(label, logit, user)
    assert found[1] == pytest.approx(np.nan if whole is None else whole, abs=1e-12, nan_ok=True)


def test_a_metric_of_another_package_needs_nothing_more_than_its_definition() -> None:
    class Brier(Metric):
        name, title, better = "brier", "Brier score", "lower"

        def of(self, labels: Array, logits: Array, groups: Array) -> float | None:
            return float(np.mean((1 / (1 + np.exp(-logits)) - labels) ** 2)) if len(labels) else None

    members = np.array([[1, 1, 0], [0, 1, 0]], np.uint8)
    found = Brier().of_subsets(np.array([1, 1]), np.array([0.0, 100.0]), np.array([0, 1]), members)
    assert found == pytest.approx([0.25, 0.125, np.nan], nan_ok=True)


def test_a_metric_without_samples_is_undefined_on_every_subset() -> None:
    none = np.zeros(0)
    for metric in METRICS.values():
        found = metric.of_subsets(none, none, none.astype(np.int64), np.zeros((0, 3), np.uint8))
        assert np.isnan(found).all()
        assert found.shape == (3,)
