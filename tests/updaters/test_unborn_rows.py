"""The state of a row that was not seen yet is zero, and rows that are seen later or never change no earlier score."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch

from freshrec.data import Period, Stream
from freshrec.models import EmbeddingMLP, MatrixFactorisation, ModelClass
from freshrec.params import params_of
from freshrec.testing import tiny_stream, with_later_ids
from freshrec.training import UNBORN, Fitted, Optimizer, Run, predict
from freshrec.updaters import ASMG, IU, SML, ASMGState, Updater

SIZES = (24, 20, 25, 20, 24, 20, 24, 20)
LATER = 6
CELLS: dict[str, dict[str, Any]] = {
    "gru": {},
    "lstm": {"cell": "lstm"},
    "rnn": {"cell": "rnn", "hidden": 3},
    "linear": {"cell": "linear", "concurrent": False},
    "full": {"full": True},
    "zero": {"carry": False},
    "half": {"held": "bfloat16"},
    "tensor": {"grouping": {"tables": "tensor"}},
}


def asmg(optimizer: Optimizer = "auto", **settings: Any) -> ASMG:
    base = IU(batch_size=8, optimizer=optimizer)
    return ASMG.model_validate({"base": base, "window": 2, "batch_size": 8, **settings})


def states(updater: Updater[Any], stream: Stream, run: Run) -> list[Any]:
    """The state before the first update, and after each."""
    found = [updater.init(Fitted.untrained(params_of(run.model)), run)]
    for number in range(1, len(stream.periods) + 1):
        found.append(updater.update(found[-1], stream.periods[:number], run))
    return found


def run_of(stream: Stream, kind: ModelClass = EmbeddingMLP) -> Run:
    """A model that starts the same whatever comes later."""
    return Run(kind(stream.schema_after(0), dim=3, seed=2), seed=4)


def scores(updater: Updater[Any], stream: Stream) -> tuple[list[bytes], list[Any]]:
    """The logits of the periods before `LATER`, byte for byte, and the states that made them."""
    run = run_of(stream)
    found = states(updater, Stream(stream.name, stream.schema, stream.periods[: LATER - 1]), run)
    return [
        predict(run.model, updater.serving(state, run), period.samples()).tobytes()
        for state, period in zip(found, stream.periods[:LATER], strict=False)
        if period.number < LATER
    ], found


def seen(periods: Sequence[Period]) -> set[int]:
    """The users that have a sample in some periods."""
    return {int(user) for period in periods for user in period.samples().user}


@pytest.mark.parametrize("updater", [*(asmg(**each) for each in CELLS.values()), SML(base=IU(batch_size=8))])
def test_rows_that_come_later_or_never_change_no_score(updater: Updater[Any]) -> None:
    stream = tiny_stream(SIZES)
    honest, _ = scores(updater, stream)
    for longer in (with_later_ids(stream, LATER), with_later_ids(stream, LATER, items=30), with_later_ids(stream, 99)):
        assert scores(updater, longer)[0] == honest


@pytest.mark.parametrize("optimizer", ["adam", "deferred", "lazy", "rowwise"])
def test_nor_do_they_with_any_optimizer(optimizer: Optimizer) -> None:
    stream = tiny_stream(SIZES)
    assert scores(asmg(optimizer), stream)[0] == scores(asmg(optimizer), with_later_ids(stream, LATER))[0]


def test_where_they_change_the_optimizer_they_change_scores_by_rounding_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Auto defers the steps of rows in tables of more than `LARGE` rows, as many as the whole log has."""
    monkeypatch.setattr("freshrec.training.optimizing.LARGE", 1_000)
    stream = tiny_stream(SIZES)
    few, many = (scores(IU(batch_size=8), each)[0] for each in (stream, with_later_ids(stream, LATER)))
    for one, other in zip(few, many, strict=True):
        np.testing.assert_allclose(np.frombuffer(one, np.float32), np.frombuffer(other, np.float32), rtol=0, atol=1e-5)


@pytest.mark.parametrize("settings", [CELLS["gru"], CELLS["lstm"], CELLS["rnn"], CELLS["half"], CELLS["tensor"]])
@pytest.mark.parametrize("optimizer", ["adam", "deferred", "lazy", "rowwise"])
def test_an_unborn_row_has_no_state(settings: dict[str, Any], optimizer: Optimizer) -> None:
    """Factors of a user have a gradient in every sample of the user; vectors in a perceptron may have none."""
    stream = with_later_ids(tiny_stream(SIZES), LATER)
    rows, carried, run = stream.schema.rows["user"], 0, run_of(stream, MatrixFactorisation)
    for number, state in enumerate(states(asmg(optimizer, **settings), stream, run)):
        assert isinstance(state, ASMGState)
        born = state.born["user_table.weight"]
        assert {row for row in range(rows) if born[row] != UNBORN} == seen(stream.periods[:number])
        if state.hidden:
            # It is the state after the first of the snapshots that trained the generator: Theta_{t-2}.
            known = seen(stream.periods[: number - 2])
            hidden = state.hidden["user_table.weight"].float().reshape(rows, -1)
            assert {row for row in range(rows) if hidden[row].any()} == known
            carried += 1
    assert carried == len(SIZES) - 2


def test_a_row_stays_born_when_its_moment_has_faded() -> None:
    stream = tiny_stream(SIZES)
    run = run_of(stream)
    state: ASMGState = states(asmg(), stream, run)[4]
    faded = {name: torch.zeros_like(value) for name, value in state.base.model.moments.square.items()}
    moments = type(state.base.model.moments)(state.base.model.moments.steps, state.base.model.moments.mean, faded)
    base = type(state.base)(Fitted(state.base.model.params, moments))
    later = asmg().update(ASMGState(**{**vars(state), "base": base}), stream.periods[:5], run)
    for name, periods in state.born.items():
        assert torch.equal(later.born[name][periods != UNBORN], periods[periods != UNBORN])
