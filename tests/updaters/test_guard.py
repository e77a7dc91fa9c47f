"""The guard's rule as a table of cases, its z, and what it is given as evidence."""

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshrec.data import Period
from freshrec.metrics import AUCDifference, auc_difference
from freshrec.params import params_of
from freshrec.testing import tiny_model, tiny_period, tiny_stream
from freshrec.training import Run, predict
from freshrec.updaters import guard
from freshrec.updaters.guard import Guard, compare_models, z_of

numbers = st.lists(st.tuples(st.floats(-1, 1), st.floats(1e-6, 1)), min_size=1, max_size=6)


@given(numbers)
def test_z_is_the_mean_over_its_standard_error(evidence: list[tuple[float, float]]) -> None:
    differences, variances = (np.array([each[column] for each in evidence]) for column in range(2))
    n = len(differences)
    between = max(0.0, differences.var(ddof=1) - variances.mean()) if n > 1 else 0.0
    expected = differences.mean() / sqrt((variances + between).sum() / n**2)
    assert z_of(differences.tolist(), variances.tolist()) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_without_evidence_or_without_any_difference_z_is_zero() -> None:
    assert z_of([], []) == 0
    assert z_of([0.0, 0.0], [0.0, 0.0]) == 0


def periods(size: int, count: int = 3) -> list[Period]:
    return [Period(number, size, lambda: pytest.fail("a guard reads sizes alone")) for number in range(1, count + 1)]


def decisions(size: int, z: list[float]) -> list[bool]:
    """The guard's decisions for periods of a size, where z is as given after each period with evidence."""
    state, found = Guard().after(periods(size), None), []
    for number, value in enumerate(z, start=1):
        # All evidence so far replaced by one difference of unit variance, whose z it is.
        state = replace(state, differences=(), variances=())
        state = state.after(periods(size, number), AUCDifference(value, 1.0))
        found.append(state.serves)
    return found


def test_large_periods_are_served_until_the_evidence_is_against_it() -> None:
    assert Guard().after(periods(10_000), None).serves
    assert decisions(10_000, [-1.9, -2.1, -1.0, -0.1, 0.0, -1.0]) == [True, False, False, False, True, True]


def test_small_periods_are_not_served_until_the_evidence_favours_it() -> None:
    assert not Guard().after(periods(9_999), None).serves
    assert decisions(9_999, [3.9, 4.0, 3.0, 2.0, 1.9, 3.9, 4.1]) == [False, True, True, True, False, False, True]


def test_the_mean_of_all_periods_is_their_size() -> None:
    assert Guard().after([*periods(5_000, 2), *periods(20_000, 1)], None).serves
    assert not Guard().after([*periods(20_000, 1), *periods(4_999, 2)], None).serves


def test_it_is_a_value_that_keeps_all_evidence() -> None:
    state = Guard()
    for number in range(1, 4):
        state = state.after(periods(10, number), AUCDifference(0.1 * number, 0.01) if number != 2 else None)
    assert state.differences == pytest.approx((0.1, 0.3))
    assert state.variances == (0.01, 0.01)
    figures = state.diagnostics()
    assert figures["guard_z"] == z_of(state.differences, state.variances)
    assert figures["guard_difference"] == pytest.approx(0.3)
    assert figures["guard_variance"] == 0.01
    assert Guard().diagnostics() == {"guard_serves": 0.0, "guard_z": 0.0}


def test_two_models_are_compared_on_the_period() -> None:
    stream = tiny_stream()
    model = tiny_model(stream)
    run, period = Run(model, 1), stream.periods[2]
    first, second = params_of(model), params_of(tiny_model(stream, seed=5))
    logits = [predict(model, params, period.samples()) for params in (first, second)]
    assert compare_models(run, period, first, second) == auc_difference(period.samples().label, *logits)
    assert compare_models(run, tiny_period(stream.schema, 1, 0), first, second) is None
    past = stream.periods[:3]
    assert Guard().updated(past, run, first, second) == Guard().after(past, compare_models(run, period, first, second))
    assert Guard().updated(past, run, first, None) == Guard().after(past, None)


def test_of_a_long_period_a_part_is_taken_that_the_seed_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "EVIDENCE_SAMPLES", 20)
    chosen = [guard._chosen(50, seed) for seed in (1, 1, 2)]
    assert [len(rows) for rows in chosen] == [20, 20, 20]
    assert all(sorted(set(rows.tolist())) == rows.tolist() for rows in chosen)
    assert chosen[0].tolist() == chosen[1].tolist() != chosen[2].tolist()
    assert guard._chosen(20, 1).tolist() == list(range(20))
    share = np.mean([np.isin(0, guard._chosen(50, seed)) for seed in range(500)])
    assert share == pytest.approx(0.4, abs=0.09)
