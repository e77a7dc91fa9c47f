"""Every metric of the package keeps to the contract, and the contract notices those that do not."""

from typing import Any

import numpy as np
import pytest

from freshrec.metrics import (
    AUC,
    GAUC,
    METRICS,
    CalibrationError,
    CalibrationRatio,
    LogLoss,
    Metric,
    NormalisedEntropy,
)
from freshrec.testing import MetricContract


class TestAUC(MetricContract):
    metric = AUC()


class TestLogLoss(MetricContract):
    metric = LogLoss()


class TestGAUC(MetricContract):
    metric = GAUC()


class TestNormalisedEntropy(MetricContract):
    metric = NormalisedEntropy()


class TestCalibrationRatio(MetricContract):
    metric = CalibrationRatio()


class TestCalibrationError(MetricContract):
    metric = CalibrationError()


def test_the_tested_metrics_are_those_that_have_names() -> None:
    tested = {type(each.metric) for each in MetricContract.__subclasses__() if each.__module__ == __name__}
    assert tested == {type(metric) for metric in METRICS.values()}


class Wrong(Metric):
    """A metric that can be wrong in several ways."""

    name, title, better = "wrong", "wrong", "higher"

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.calls = 0

    def of(self, labels: Any, logits: Any, groups: Any) -> float | None:
        """AUC but for the fault."""
        value = AUC().of(labels, logits, groups)
        self.calls += 1
        if self.fault == "direction":
            return None if value is None else 1 - value
        if self.fault == "order":
            return AUC().of(labels, logits + np.linspace(0, 1, len(logits)), groups)
        if self.fault == "numbers":
            return AUC().of(labels, logits + 1e-3 * (groups % 1000), groups)
        if self.fault == "memory":
            return None if value is None else value + 0.01 * self.calls
        if self.fault == "writing":
            labels.sort()
        if self.fault == "empty":
            return value or 0.0
        if self.fault == "logits":
            return value if len(np.unique(logits)) > 1 else None
        return value


FAULTS = {
    "direction": "test_what_knows_the_truth_is_better_than_its_opposite",
    "order": "test_the_order_of_samples_does_not_matter",
    "numbers": "test_the_numbers_of_users_do_not_matter",
    "memory": "test_equal_samples_have_equal_values",
    "writing": "test_equal_samples_have_equal_values",
    "empty": "test_no_samples_have_no_value",
    "logits": "test_labels_decide_whether_it_is_defined",
    "": "test_samples_of_one_label_and_a_single_sample_are_survived",  # it does not say when it is undefined
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_metric_that_does_not_keep_to_it_is_noticed(fault: str) -> None:
    contract = MetricContract()
    contract.metric = Wrong(fault)
    with pytest.raises((AssertionError, ValueError)):
        getattr(contract, FAULTS[fault])()
