import numpy as np
import pytest
from hypothesis import given
from sklearn.metrics import roc_auc_score

from freshrec.metrics import AUC, GAUC

from .columns import SPREAD, TIED, columns

Rows = list[tuple[int, float, int]]


@given(TIED | SPREAD)
def test_it_is_the_weighted_mean_of_the_aucs_of_users_with_both_labels(rows: Rows) -> None:
    label, logit, user = columns(rows)
    areas, weights = [], []
    for each in np.unique(user):
        own = user == each
        if label[own].min() != label[own].max():
            areas.append(roc_auc_score(label[own], logit[own]))
            weights.append(own.sum())
    expected = np.average(areas, weights=weights) if areas else None
    assert GAUC().of(label, logit, user) == (None if expected is None else pytest.approx(expected, abs=1e-12))


@given(TIED)
def test_numbers_of_users_say_nothing(rows: Rows) -> None:
    label, logit, user = columns(rows)
    renumbered = np.array([70, -3, 12, 5, 900])[user]
    assert GAUC().of(label, logit, user) == GAUC().of(label, logit, renumbered)


def test_with_one_user_it_is_the_auc() -> None:
    random = np.random.default_rng(3)
    label, logit = random.integers(0, 2, 500), random.normal(size=500).round(1)
    one = np.zeros(500)
    assert GAUC().of(label, logit, one) == AUC().of(label, logit, one)


def test_a_bias_for_a_user_changes_the_auc_alone() -> None:
    random = np.random.default_rng(4)
    label, logit, user = random.integers(0, 2, 500), random.normal(size=500), random.integers(0, 9, 500)
    biased = logit + 5.0 * user
    assert GAUC().of(label, biased, user) == GAUC().of(label, logit, user)
    assert AUC().of(label, biased, user) != AUC().of(label, logit, user)
