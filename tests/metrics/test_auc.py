from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from freshrec.metrics import AUC

from .columns import SPREAD, TIED, Array, columns

Rows = list[tuple[int, float, int]]


def auc(label: Array, logit: Array) -> float | None:
    return AUC().of(label, logit, np.zeros(len(label)))


@given(TIED | SPREAD)
def test_it_is_scikit_learns_with_and_without_ties(rows: Rows) -> None:
    label, logit, _ = columns(rows)
    if label.min() == label.max():
        assert auc(label, logit) is None
    else:
        assert auc(label, logit) == pytest.approx(roc_auc_score(label, logit), abs=1e-12)


@given(TIED, st.randoms(use_true_random=False))
def test_it_counts_pairs_exactly_in_any_order(rows: Rows, random: Any) -> None:
    label, logit, _ = columns(rows)
    beaten = [(p > n) + 0.5 * (p == n) for p in logit[label == 1] for n in logit[label == 0]]
    random.shuffle(rows)
    assert auc(*columns(rows)[:2]) == (sum(beaten) / len(beaten) if beaten else None)


def test_it_tells_logits_apart_that_float32_would_tie() -> None:
    assert auc(np.array([0, 1]), np.array([1.0, 1.0 + 1e-12])) == 1.0


def test_it_takes_certain_logits() -> None:
    assert auc(np.array([0, 1, 1]), np.array([-np.inf, 0.0, np.inf])) == 1.0
