"""Normalised entropy, calibration ratio and expected calibration error against closed forms and brute force."""

import math

import numpy as np
import pytest
from hypothesis import given
from sklearn.metrics import log_loss

from freshrec.metrics import CalibrationError, CalibrationRatio, LogLoss, NormalisedEntropy

from .columns import SPREAD, Array, columns

Rows = list[tuple[int, float, int]]
FOUR, NOBODY = np.array([1, 0, 0, 0]), np.zeros(4)


def logit_of(probability: float) -> float:
    return math.log(probability / (1 - probability))


def sigmoid(logit: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-logit)))


@given(SPREAD)
def test_normalised_entropy_is_the_loss_over_that_of_the_share_of_positives(rows: Rows) -> None:
    label, logit, user = columns(rows)
    found = NormalisedEntropy().of(label, logit, user)
    if label.min() == label.max():
        assert found is None
        return
    share = np.full(len(label), label.mean())
    assert found == pytest.approx(log_loss(label, sigmoid(logit)) / log_loss(label, share), rel=1e-6)


def test_the_share_of_positives_itself_has_normalised_entropy_1() -> None:
    for positives in (1, 30, 99):
        label = (np.arange(100) < positives).astype(np.int8)
        guess = np.full(100, logit_of(positives / 100))
        assert NormalisedEntropy().of(label, guess, label) == pytest.approx(1.0, rel=1e-12)
        assert NormalisedEntropy().of(label, guess + 0.5, label) > 1.0  # type: ignore[operator]


def test_the_calibration_ratio_is_expected_over_observed_positives() -> None:
    assert CalibrationRatio().of(FOUR, np.full(4, logit_of(0.25)), NOBODY) == pytest.approx(1.0, rel=1e-14)
    assert CalibrationRatio().of(FOUR, np.full(4, logit_of(0.1)), NOBODY) == pytest.approx(0.4, rel=1e-14)
    assert CalibrationRatio().of(1 - FOUR, np.full(4, logit_of(0.9)), NOBODY) == pytest.approx(1.2, rel=1e-14)
    assert CalibrationRatio().of(NOBODY, NOBODY, NOBODY) is None


def test_twice_too_many_is_as_bad_as_half_of_them() -> None:
    ratio = CalibrationRatio()
    assert ratio.goodness(2.0) == ratio.goodness(0.5) < ratio.goodness(1.5) < ratio.goodness(1.0) == 0
    assert ratio.goodness(0.0) == -math.inf
    assert ratio.improvement(1.0, 2.0) == 100.0
    assert ratio.improvement(4.0, 0.5) == pytest.approx(-100.0)
    assert ratio.improvement(1.2, 1.0) is None


@given(SPREAD)
def test_the_calibration_error_is_a_mean_over_bins_of_equal_width(rows: Rows) -> None:
    label, logit, user = columns(rows)
    probability = sigmoid(logit)
    expected = 0.0
    for place in range(15):
        within = (probability >= place / 15) & (probability < (place + 1) / 15)
        if within.any():
            expected += within.mean() * abs(label[within].mean() - probability[within].mean())
    assert CalibrationError().of(label, logit, user) == pytest.approx(expected, abs=1e-6)


def test_certain_logits_fall_into_the_last_bins() -> None:
    certain = np.array([np.inf, -np.inf])
    assert CalibrationError().of(np.array([1, 0]), certain, certain) == 0.0
    assert CalibrationError().of(np.array([0, 1]), certain, certain) == 1.0


def test_errors_that_cancel_in_the_ratio_do_not_cancel_in_the_error() -> None:
    label, logit = np.array([1, 1, 0, 1, 0, 0]), np.array([logit_of(0.9)] * 3 + [logit_of(0.1)] * 3)
    assert CalibrationRatio().of(label, logit, label) == pytest.approx(1.0)
    assert CalibrationError().of(label, logit, label) == pytest.approx(0.9 - 2 / 3)


def test_a_model_that_is_right_in_the_mean_of_its_bins_has_no_error() -> None:
    label = np.array([1, 0, 0, 0, 1, 1, 1, 0])
    logit = np.array([logit_of(0.25)] * 4 + [logit_of(0.75)] * 4)
    assert CalibrationError().of(label, logit, label) == pytest.approx(0.0, abs=1e-15)
    assert LogLoss().of(label, logit, label) > 0.5  # type: ignore[operator]
