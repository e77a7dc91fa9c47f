"""Every updater with a guard serves the incremental model or its own; the evidence is of what it would have served."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import torch

from freshrec.data import Period, Stream
from freshrec.params import Params, params_of
from freshrec.testing import UpdaterContract, tiny_model, tiny_period, tiny_stream
from freshrec.training import Fitted, Run, Shared
from freshrec.updaters import ASMG, IU, RSG, SML, guard
from freshrec.updaters.guard import Guard, compare_models

BASE = IU(batch_size=16)
SETTINGS: Mapping[str, Any] = {"base": BASE, "batch_size": 16, "learning_rate": 1e-2}
UNGUARDED = {
    "asmg": ASMG(**SETTINGS, window=2, restarts=0),
    "asmg-linear": ASMG(**SETTINGS, window=2, cell="linear", concurrent=False),
    "sml": SML(**SETTINGS),
    "rsg": RSG(**SETTINGS, guard=False),
}
FIRST_SERVED = {"asmg": 3, "asmg-linear": 3, "sml": 2, "rsg": 2}
"""After which update a made model can serve for the first time."""


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """All periods count as large, so that the generated model serves from the start."""
    monkeypatch.setattr(guard, "LARGE_PERIOD", 1)


@pytest.mark.usefixtures("large")
class TestASMG(UpdaterContract):
    updater = ASMG(base=BASE, window=2, batch_size=16, guard=True)


@pytest.mark.usefixtures("large")
class TestSML(UpdaterContract):
    updater = SML(base=BASE, batch_size=16, guard=True)


def guarded(name: str) -> Any:
    return UNGUARDED[name].model_copy(update={"guard": True})


def states_of(updaters: Mapping[str, Any], stream: Stream, run: Run) -> list[dict[str, Any]]:
    """The states of updaters side by side, before and after each update."""
    start = Fitted.untrained(params_of(run.model))
    states = [{name: updater.init(start, run) for name, updater in updaters.items()}]
    for number in range(1, len(stream.periods) + 1):
        past, shared = stream.periods[:number], replace(run, shared=Shared())
        states.append({name: each.update(states[-1][name], past, shared) for name, each in updaters.items()})
    return states


def assert_equal(params: Params, others: Params) -> None:
    assert params.keys() == others.keys()
    for name, value in params.items():
        assert torch.equal(value, others[name]), name


@pytest.mark.parametrize("name", UNGUARDED)
def test_it_serves_the_incremental_model_or_its_own(name: str) -> None:
    stream = tiny_stream()
    run = Run(tiny_model(stream), seed=4)
    updaters = {"iu": BASE, "plain": UNGUARDED[name], "guarded": guarded(name)}
    for number, states in enumerate(states_of(updaters, stream, run)):
        fine_tuned = BASE.serving(states["iu"], run)
        made = updaters["plain"].serving(states["plain"], run)
        before = states["guarded"]
        for serves in (False, True):
            state = replace(before, guard=replace(before.guard, serves=serves))
            served = updaters["guarded"].serving(state, run)
            assert_equal(served, made if serves else fine_tuned)
        # Periods are small and the evidence is weak.
        assert not before.guard.serves
        differ = any(not torch.equal(value, made[each]) for each, value in fine_tuned.items())
        assert differ == (number >= FIRST_SERVED[name])


@pytest.mark.parametrize("name", UNGUARDED)
def test_its_evidence_is_of_what_it_would_have_served(name: str) -> None:
    stream = tiny_stream()
    run = Run(tiny_model(stream), seed=4)
    updaters = {"iu": BASE, "plain": UNGUARDED[name], "guarded": guarded(name)}
    states = states_of(updaters, stream, run)
    expected = Guard()
    for number, period in enumerate(stream.periods, start=1):
        before = states[number - 1]
        if number > FIRST_SERVED[name]:
            both = (BASE.serving(before["iu"], run), updaters["plain"].serving(before["plain"], run))
            expected = expected.after(stream.periods[:number], compare_models(run, period, *both))
        found = states[number]["guarded"].guard
        assert found.differences == pytest.approx(expected.differences, abs=1e-6)
        assert found.variances == pytest.approx(expected.variances, rel=1e-3)
    assert len(expected.differences) == len(stream.periods) - FIRST_SERVED[name] > 0


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("name", UNGUARDED)
def test_in_large_periods_it_serves_its_own_as_soon_as_there_is_one(name: str) -> None:
    stream = tiny_stream()
    run = Run(tiny_model(stream), seed=4)
    updaters = {"guarded": guarded(name)}
    served = [states["guarded"].guard.serves for states in states_of(updaters, stream, run)]
    assert served[: FIRST_SERVED[name] + 1] == [False] * FIRST_SERVED[name] + [True]


@pytest.mark.parametrize("name", UNGUARDED)
def test_an_empty_period_is_no_evidence(name: str) -> None:
    stream, updater = tiny_stream(), guarded(name)
    run = Run(tiny_model(stream), seed=4)
    state = states_of({"guarded": updater}, replace(stream, periods=stream.periods[:5]), run)[-1]["guarded"]
    past: list[Period] = [*stream.periods[:5], tiny_period(stream.schema, 6, 0)]
    assert updater.update(state, past, run).guard == state.guard


@pytest.mark.parametrize("name", UNGUARDED)
def test_the_guard_reports_only_where_it_is_on(name: str) -> None:
    stream = tiny_stream()
    run = Run(tiny_model(stream), seed=4)
    updaters = {"plain": UNGUARDED[name], "guarded": guarded(name)}
    last = states_of(updaters, stream, run)[-1]
    plain, found = (each.diagnostics(last[which]) for which, each in updaters.items())
    assert found.items() == {**plain, **last["guarded"].guard.diagnostics()}.items()
    assert last["plain"].guard == Guard()


def test_the_incremental_model_of_sml_is_shared_with_iu_and_kept_only_for_a_guard() -> None:
    stream = tiny_stream()
    run = Run(tiny_model(stream), seed=4)
    updaters = {"iu": BASE, "plain": UNGUARDED["sml"], "guarded": guarded("sml")}
    start = Fitted.untrained(params_of(run.model))
    states = {name: updater.init(start, run) for name, updater in updaters.items()}
    for number in range(1, 4):
        past, shared = stream.periods[:number], replace(run, shared=Shared())
        states["iu"] = shared.shared.once(number, BASE, states["iu"], partial(BASE.update, states["iu"], past, run))
        for name in ("plain", "guarded"):
            states[name] = updaters[name].update(states[name], past, shared)
        assert states["guarded"].incremental is states["iu"]
        assert states["plain"].incremental is None
