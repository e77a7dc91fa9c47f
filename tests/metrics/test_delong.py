"""The paired difference of AUCs and its variance: against all pairs one by one, and against repeated samples."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshrec.metrics import AUC, auc_difference
from freshrec.seeds import numpy_rng

Floats = npt.NDArray[np.float64]


def by_pairs(labels: list[int], first: list[float], second: list[float]) -> tuple[float, float]:
    """The difference and its variance from the kernel of every pair of a positive and a negative, as published."""
    positives = [i for i, label in enumerate(labels) if label]
    negatives = [i for i, label in enumerate(labels) if not label]

    def kernel(scores: list[float], i: int, j: int) -> float:
        return 1.0 if scores[i] > scores[j] else 0.5 if scores[i] == scores[j] else 0.0

    d = np.array([[kernel(second, i, j) - kernel(first, i, j) for j in negatives] for i in positives])
    of_positives, of_negatives = d.mean(1), d.mean(0)
    m, n = d.shape
    s10 = ((of_positives - d.mean()) ** 2).sum() / (m - 1)
    s01 = ((of_negatives - d.mean()) ** 2).sum() / (n - 1)
    return float(d.mean()), float(s10 / m + s01 / n)


samples = st.lists(st.tuples(st.integers(0, 1), st.integers(-3, 3), st.integers(-3, 3)), max_size=25)


@given(samples)
def test_it_equals_the_definition_over_all_pairs(rows: list[tuple[int, int, int]]) -> None:
    labels, first, second = (np.array([row[column] for row in rows]) for column in range(3))
    difference = auc_difference(labels, first, second)
    if min((labels == 1).sum(), (labels == 0).sum()) < 2:
        assert difference is None
        return
    assert difference is not None
    value, variance = by_pairs(labels.tolist(), first.tolist(), second.tolist())
    assert difference.value == pytest.approx(value, abs=1e-12)
    assert difference.variance == pytest.approx(variance, abs=1e-12)
    areas = [AUC().of(labels, scores, labels) for scores in (first, second)]
    assert areas[0] is not None
    assert areas[1] is not None
    assert difference.value == pytest.approx(areas[1] - areas[0], abs=1e-12)


@given(samples)
def test_the_other_way_round_it_is_the_negative(rows: list[tuple[int, int, int]]) -> None:
    labels, first, second = (np.array([row[column] for row in rows]) for column in range(3))
    there, back = auc_difference(labels, first, second), auc_difference(labels, second, first)
    if there is not None:
        assert back is not None
        assert there.value == pytest.approx(-back.value, abs=1e-12)
        assert there.variance == pytest.approx(back.variance, abs=1e-12)


def test_equal_scores_differ_by_nothing_with_certainty() -> None:
    labels, scores = np.array([0, 1, 0, 1]), np.array([0.1, 0.2, 0.3, 0.4])
    difference = auc_difference(labels, scores, 2 * scores)
    assert difference is not None
    assert (difference.value, difference.variance) == (0.0, 0.0)


def drawn(rng: np.random.Generator, count: int) -> tuple[Floats, Floats, Floats]:
    """Labels and two scores that share most of their noise, the second a little better."""
    labels = (rng.random(count) < 0.3).astype(float)
    noise = rng.normal(size=count)
    first = labels + noise + 0.3 * rng.normal(size=count)
    second = 1.1 * labels + noise + 0.3 * rng.normal(size=count)
    return labels, first, second


def test_over_repeated_samples_the_variance_is_that_of_the_difference() -> None:
    rng = numpy_rng(0, "delong")
    found = [auc_difference(*drawn(rng, 300)) for _ in range(3000)]
    values = np.array([each.value for each in found if each is not None])
    variances = np.array([each.variance for each in found if each is not None])
    assert len(values) == 3000
    # The variance of a sample variance of 3,000 normal numbers: within 4 standard errors.
    assert variances.mean() == pytest.approx(values.var(ddof=1), rel=4 * (2 / 3000) ** 0.5)
    z = (values - values.mean()) / np.sqrt(variances)
    assert (abs(z) > 1.96).mean() == pytest.approx(0.05, abs=0.016)
