"""Measurements are the metrics on the rows of a slice, and on the rows of every half of its users."""

import numpy as np
import pytest

from freshrec.metrics import METRICS
from freshrec.statistics import ALL, half_samples, measure_slices
from freshrec.testing import tiny_stream

SAMPLES = tiny_stream(sizes=(300,)).periods[0].samples()
LOGITS = np.random.default_rng(0).normal(size=300).round(1).astype(np.float32)
SLICES = {ALL: np.ones(300, np.bool_), "some": SAMPLES.item < 4, "none": np.zeros(300, np.bool_)}
WHOLE = {name: metric.of(SAMPLES.label, LOGITS, SAMPLES.user) for name, metric in METRICS.items()}


@pytest.mark.parametrize("held", [2**24, 100])
def test_values_and_replicates(held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With all half-samples at once, and a few at a time."""
    monkeypatch.setattr("freshrec.statistics.measurements.MEMBERS", held)
    metrics = {ALL: tuple(METRICS.values()), "some": tuple(METRICS.values())[:2], "none": tuple(METRICS.values())[:2]}
    found = list(measure_slices(metrics, WHOLE, SAMPLES, LOGITS, SLICES, seed=3, replicates=120))
    assert [(each.slice, each.metric) for each in found] == [
        (name, metric.name) for name, measured in metrics.items() for metric in measured
    ]
    for each in found:
        metric, rows = METRICS[each.metric], SLICES[each.slice]
        assert each.samples == rows.sum()
        label, logit, user = SAMPLES.label[rows], LOGITS[rows], SAMPLES.user[rows]
        expected = metric.of(label, logit, user)
        assert each.value == (None if expected is None else pytest.approx(expected, rel=1e-12))
        assert each.replicates.shape == ((120,) if each.slice == ALL else (100,))
        for k in (0, 33, 99):
            half = half_samples(3, user, k, k + 1)[:, 0] == 1
            value = metric.of(label[half], logit[half], user[half])
            assert each.replicates[k] == pytest.approx(np.nan if value is None else value, rel=1e-12, nan_ok=True)


def test_without_replicates_there_are_values_alone() -> None:
    (found,) = measure_slices({ALL: (METRICS["auc"],)}, WHOLE, SAMPLES, LOGITS, SLICES, seed=0, replicates=0)
    assert (found.value, len(found.replicates)) == (WHOLE["auc"], 0)
