import numpy as np
import pytest
from hypothesis import given
from sklearn.metrics import log_loss

from freshrec.metrics import LogLoss

from .columns import SPREAD, Array, columns


def logloss(label: Array, logit: Array) -> float | None:
    return LogLoss().of(label, logit, np.zeros(len(label)))


@given(SPREAD)
def test_it_is_scikit_learns(rows: list[tuple[int, float, int]]) -> None:
    label, logit, _ = columns(rows)  # beyond about 12 its probabilities lose the digits to compare
    expected = log_loss(label, 1 / (1 + np.exp(-logit)), labels=[0, 1])
    assert logloss(label, logit) == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_it_keeps_its_digits_where_probabilities_lose_them() -> None:
    label = np.array([1, 0])
    assert logloss(label, np.array([-800.0, 800.0])) == 800.0
    assert logloss(label, np.array([50.0, -50.0])) == pytest.approx(np.exp(-50.0), rel=1e-12)


def test_it_accumulates_float32_logits_in_float64() -> None:
    logit = np.full(10_000_000, 0.1, np.float32)
    expected = np.log1p(np.exp(np.float64(np.float32(0.1))))
    assert logloss(np.zeros(len(logit), np.int8), logit) == pytest.approx(expected, rel=1e-12)


def test_a_certain_logit() -> None:
    assert logloss(np.array([1]), np.array([np.inf])) == 0.0
    assert logloss(np.array([0]), np.array([np.inf])) == np.inf
