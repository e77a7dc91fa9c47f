from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import log_loss, roc_auc_score

from freshrec.errors import DataError, DivergedError, ModelError
from freshrec.evaluation.metrics import auc, logloss

Array = npt.NDArray[Any]

TIED = st.lists(st.tuples(st.integers(0, 1), st.integers(-3, 3)), min_size=2, max_size=60)
SPREAD = st.lists(st.tuples(st.integers(0, 1), st.floats(-30, 30, width=32)), min_size=2, max_size=60)


def columns(pairs: list[tuple[int, float]], kind: type = np.float64) -> tuple[Array, Array]:
    label, score = zip(*pairs, strict=True)
    return np.array(label, np.int8), np.array(score, kind)


@given(TIED | SPREAD)
def test_auc_is_scikit_learns_with_and_without_ties(pairs: list[tuple[int, float]]) -> None:
    label, score = columns(pairs)
    measured = auc(label, score)
    if label.min() == label.max():
        assert measured is None
    else:
        assert measured == pytest.approx(roc_auc_score(label, score), abs=1e-12)


@given(TIED, st.randoms(use_true_random=False))
def test_auc_counts_pairs_exactly_in_any_order(pairs: list[tuple[int, float]], random: Any) -> None:
    label, score = columns(pairs)
    beaten = [(p > n) + 0.5 * (p == n) for p in score[label == 1] for n in score[label == 0]]
    random.shuffle(pairs)
    measured = auc(*columns(pairs))
    assert measured == (sum(beaten) / len(beaten) if beaten else None)


def test_auc_tells_scores_apart_that_float32_would_tie() -> None:
    label = np.array([0, 1])
    assert auc(label, np.array([1.0, 1.0 + 1e-12])) == 1.0


def test_auc_takes_certain_scores() -> None:
    assert auc(np.array([0, 1, 1]), np.array([-np.inf, 0.0, np.inf])) == 1.0


def test_auc_of_nothing_is_undefined() -> None:
    assert auc(np.array([], np.int8), np.array([])) is None


@given(SPREAD)
def test_logloss_is_scikit_learns(pairs: list[tuple[int, float]]) -> None:
    label, logit = columns(pairs)
    logit /= 3  # beyond about 12 its probabilities lose the digits to compare
    expected = log_loss(label, 1 / (1 + np.exp(-logit)), labels=[0, 1])
    assert logloss(label, logit) == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_logloss_keeps_its_digits_where_probabilities_lose_them() -> None:
    label = np.array([1, 0])
    assert logloss(label, np.array([-800.0, 800.0])) == 800.0
    assert logloss(label, np.array([50.0, -50.0])) == pytest.approx(np.exp(-50.0), rel=1e-12)


def test_logloss_accumulates_float32_logits_in_float64() -> None:
    logit = np.full(10_000_000, 0.1, np.float32)
    expected = np.log1p(np.exp(np.float64(np.float32(0.1))))
    assert logloss(np.zeros(len(logit), np.int8), logit) == pytest.approx(expected, rel=1e-12)


def test_logloss_of_a_certain_logit() -> None:
    assert logloss(np.array([1]), np.array([np.inf])) == 0.0
    assert logloss(np.array([0]), np.array([np.inf])) == np.inf


def test_logloss_of_nothing_is_refused() -> None:
    with pytest.raises(DataError, match="at least one sample, but there are none"):
        logloss(np.array([]), np.array([]))


@pytest.mark.parametrize("metric", [auc, logloss])
class TestBadInput:
    def test_shapes_that_differ(self, metric: Any) -> None:
        with pytest.raises(ModelError, match=r"shape \[3\] and scores \[3, 1\].*squeeze\(-1\)"):
            metric(np.array([0, 1, 0]), np.zeros((3, 1)))

    def test_two_dimensions(self, metric: Any) -> None:
        with pytest.raises(ModelError, match=r"both must be \[N\]"):
            metric(np.zeros((2, 2)), np.zeros((2, 2)))

    def test_nan(self, metric: Any) -> None:
        with pytest.raises(DivergedError, match=r"1 of 2 scores are NaN.*learning rate"):
            metric(np.array([0, 1]), np.array([0.5, np.nan]))

    @pytest.mark.parametrize("label", [2, -1, 0.5, np.nan])
    def test_labels_of_another_kind(self, metric: Any, label: float) -> None:
        with pytest.raises(DataError, match=rf"1 of 2 labels are neither 0 nor 1, the first is {label}"):
            metric(np.array([0, label]), np.array([0.5, 0.5]))
