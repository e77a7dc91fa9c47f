from typing import Any

import numpy as np
import pytest

from freshrec.errors import ConfigError, DataError, DivergedError, ModelError
from freshrec.metrics import DEFAULT_METRICS, METRICS, Metric, find_metric, find_metrics, measure, rank_value, relaimpr

USERS = np.array([3, 3])


class Hits(Metric):
    """A metric of another package."""

    name, title, better = "hits", "hit rate", "higher"
    value: Any = 0.25

    def of(self, labels: Any, logits: Any, groups: Any) -> Any:
        return self.value


class Broken(Hits):
    name = "broken"
    value: Any = None


class Unnamed(Metric):
    def of(self, labels: Any, logits: Any, groups: Any) -> float:
        return 0.0


class Clash(Hits):
    name = "auc"


def test_every_metric_by_name() -> None:
    found = measure(DEFAULT_METRICS, np.array([0, 1]), np.array([-1.0, 1.0], np.float32), USERS)
    assert list(found) == list(METRICS)
    assert all(type(value) is float for value in found.values())
    assert (found["auc"], found["gauc"]) == (1.0, 1.0)


def test_no_samples_have_no_score() -> None:
    nothing = np.array([])
    assert set(measure(DEFAULT_METRICS, nothing, nothing, nothing).values()) == {None}


def test_a_value_that_is_no_number_is_the_metrics_fault() -> None:
    for value in (float("nan"), "high", [1]):
        Broken.value = value
        with pytest.raises(ModelError, match=r"the metric broken gave .*Let `of` return a number"):
            measure([Broken()], np.array([0, 1]), np.zeros(2), USERS)
    Broken.value = np.float32(0.5)
    assert measure([Broken()], np.array([0, 1]), np.zeros(2), USERS) == {"broken": 0.5}


def test_shapes_that_differ() -> None:
    with pytest.raises(ModelError, match=r"shape \[3\], logits \[3, 1\] and groups \[3\].*squeeze\(-1\)"):
        measure(DEFAULT_METRICS, np.array([0, 1, 0]), np.zeros((3, 1)), np.zeros(3))
    with pytest.raises(ModelError, match=r"all must be \[N\]"):
        measure(DEFAULT_METRICS, np.zeros((2, 2)), np.zeros((2, 2)), np.zeros((2, 2)))


def test_a_logit_that_is_nan() -> None:
    with pytest.raises(DivergedError, match=r"1 of 2 logits are NaN.*learning rate"):
        measure(DEFAULT_METRICS, np.array([0, 1]), np.array([0.5, np.nan]), USERS)


@pytest.mark.parametrize("label", [2, -1, 0.5, np.nan])
def test_labels_of_another_kind(label: float) -> None:
    with pytest.raises(DataError, match=rf"1 of 2 labels are neither 0 nor 1, the first is {label}"):
        measure(DEFAULT_METRICS, np.array([0, label]), np.array([0.5, 0.5]), USERS)


def test_names_and_paths_are_found() -> None:
    assert find_metric("gauc") is METRICS["gauc"]
    outside = find_metric(f"{__name__}:Hits")
    assert (type(outside), outside.name) == (Hits, "hits")
    assert [metric.name for metric in find_metrics(("logloss", f"{__name__}:Hits"))] == ["logloss", "hits"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("acu", r"unknown metric 'acu'\. Did you mean 'auc'\?"),
        (f"{__name__}:Hit", "has no 'Hit'"),
        (f"{__name__}:USERS", "which is no metric"),
        (f"{__name__}:Unnamed", "needs a `name` of lower-case letters"),
    ],
)
def test_what_is_no_metric_is_refused(name: str, expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        find_metric(name)


@pytest.mark.parametrize("names", [("auc", "auc"), ("auc", f"{__name__}:Clash")])
def test_two_metrics_of_one_name_are_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match="2 metrics have the name 'auc'"):
        find_metrics(names)


def test_the_first_metric_that_is_defined_ranks() -> None:
    auc, logloss = METRICS["auc"], METRICS["logloss"]
    assert rank_value((auc, logloss), {"auc": 0.7, "logloss": 0.5}) == 0.7
    assert rank_value((logloss, auc), {"auc": 0.7, "logloss": 0.5}) == -0.5
    assert rank_value((auc, logloss), {"auc": None, "logloss": 0.5}) == -0.5
    assert rank_value((auc,), {"auc": None}) is None


def test_improvements_are_positive_where_better() -> None:
    auc, logloss = METRICS["auc"], METRICS["logloss"]
    assert auc.improvement(0.8289, 0.8180) == pytest.approx(1.3325, abs=1e-4)
    assert logloss.improvement(0.5079, 0.5382) == pytest.approx(5.6299, abs=1e-4)
    assert logloss.improvement(0.0, 0.0) is None
    assert logloss.improvement(float("inf"), float("inf")) is None
    assert auc.improvement(None, 0.5) is auc.improvement(0.5, None) is None


def test_relaimpr_is_the_improvement_above_guessing() -> None:
    assert relaimpr(0.75, 0.7) == pytest.approx(25.0)
    assert relaimpr(0.5, 0.7) == pytest.approx(-100.0)
    assert relaimpr(0.7, 0.5) is relaimpr(0.7, 0.4) is None
    assert [name for name, metric in METRICS.items() if metric.forms] == ["auc", "gauc"]
