"""Every optimizer of tables keeps every updater's contract, and deferring changes no result."""

from typing import Any

import pytest
import torch
from torch import nn

from freshrec.data import Stream
from freshrec.evaluation import Pretraining
from freshrec.models import MatrixFactorisation
from freshrec.params import Params, params_of
from freshrec.settings import SettingsError
from freshrec.testing import UpdaterContract, state_bytes, tiny_model, tiny_stream
from freshrec.training import Fitted, Optimizer, Run, optimizing
from freshrec.updaters import ASMG, BU, IU, SML, SPMF, IncCTR, Updater

OPTIMIZERS: tuple[Optimizer, ...] = ("deferred", "lazy", "rowwise")


def updaters(optimizer: Optimizer) -> dict[str, Updater[Any]]:
    settings: dict[str, Any] = {"batch_size": 8, "optimizer": optimizer}
    return {
        "iu": IU(**settings),
        "iu on pairs": IU(**settings, loss="bpr"),
        "bu": BU(**settings, window=2),
        "spmf": SPMF(**settings, reservoir=0.5, replay=0.5),
        "incctr": IncCTR(**settings),
        "asmg": ASMG(base=IU(**settings), window=2, batch_size=8),
        "sml": SML(base=IU(**settings), batch_size=8),
    }


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
class TestIU(UpdaterContract):
    @pytest.fixture(autouse=True)
    def _choose(self, optimizer: Optimizer) -> None:
        self.updater = updaters(optimizer)["iu"]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
class TestIUOnFactors(UpdaterContract):
    @pytest.fixture(autouse=True)
    def _choose(self, optimizer: Optimizer) -> None:
        self.updater = updaters(optimizer)["iu"]

    def model(self, stream: Stream) -> nn.Module:
        return MatrixFactorisation(stream.schema, dim=3)


def served(updater: Updater[Any], model: nn.Module, stream: Stream) -> Params:
    run = Run(model, seed=3)
    state = updater.init(Fitted.untrained(params_of(model)), run)
    for number in range(1, len(stream.periods) + 1):
        state = updater.update(state, stream.periods[:number], run)
    return updater.serving(state, run)


@pytest.mark.parametrize("name", updaters("adam"))
def test_deferred_serves_what_dense_adam_serves(name: str) -> None:
    stream = tiny_stream(labels="implicit" if "pairs" in name else "explicit")
    made, expected = (
        served(updaters(optimizer)[name], tiny_model(stream).double(), stream) for optimizer in ("deferred", "adam")
    )
    for parameter, value in expected.items():
        torch.testing.assert_close(made[parameter], value, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("anchored", [True, False])
def test_deferred_through_a_transfer_that_makes_rows(anchored: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two samples a batch look up less than whole tables, so rows are made of rows that are fitted row by row."""
    monkeypatch.setattr("freshrec.generators.pair.SMALL", 0)
    stream = tiny_stream()
    made, expected = (
        served(
            SML(base=IU(batch_size=2, optimizer=optimizer), batch_size=2, anchored=anchored),
            tiny_model(stream).double(),
            stream,
        )
        for optimizer in ("deferred", "adam")
    )
    for parameter, value in expected.items():
        torch.testing.assert_close(made[parameter], value, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", updaters("adam"))
@pytest.mark.parametrize("optimizer", ["lazy", "rowwise"])
def test_the_others_serve_something_else(name: str, optimizer: Optimizer) -> None:
    """So the setting reaches the tables of every updater."""
    stream = tiny_stream(labels="implicit" if "pairs" in name else "explicit")
    made, expected = (
        served(updaters(chosen)[name], tiny_model(stream).double(), stream) for chosen in (optimizer, "adam")
    )
    assert not torch.allclose(made["user_table.weight"], expected["user_table.weight"], rtol=1e-3)


def test_auto_is_dense_adam_bit_for_bit_where_tables_are_small(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = tiny_stream()
    dense = served(IU(batch_size=8, optimizer="adam"), tiny_model(stream), stream)
    auto = served(IU(batch_size=8), tiny_model(stream), stream)
    assert all(torch.equal(auto[name], value) for name, value in dense.items())
    monkeypatch.setattr(optimizing, "LARGE", 1)
    deferred = served(IU(batch_size=8), tiny_model(stream), stream)
    assert not all(torch.equal(deferred[name], value) for name, value in dense.items())
    for name, value in dense.items():
        torch.testing.assert_close(deferred[name], value, rtol=0, atol=1e-4)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_pre_training_has_the_setting_too(optimizer: Optimizer) -> None:
    stream = tiny_stream()
    model = tiny_model(stream)
    start = Fitted.untrained(params_of(model))
    fitted = Pretraining(optimizer=optimizer, batch_size=8).fit(start, stream.periods[:3], Run(model))
    width = 1 if optimizer == "rowwise" else 3
    assert fitted.moments.square["user_table.weight"].shape == (12, width)


def test_an_unknown_optimizer_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"(?s)optimizer.*'auto', 'adam', 'deferred', 'lazy' or 'rowwise'"):
        IU(optimizer="sgd")


class Steps:
    """Progress that notes each step."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, int]] = []

    def overall(self, text: str, done: int, total: int) -> None: ...

    def step(self, text: str, done: int, total: int) -> None:
        self.seen.append((done, total))


@pytest.mark.parametrize("parts", [1, 3, 9])
def test_a_trajectory_ends_where_training_ends_and_reports_every_step(parts: int) -> None:
    stream, progress = tiny_stream(), Steps()
    run, settings = Run(tiny_model(stream), 3, progress), IU(epochs=2, batch_size=16)
    start, samples = Fitted.untrained(params_of(run.model)), stream.periods[0].samples()
    models = list(settings.trajectory(start, samples, run, parts=parts, seed=1, stage="any"))
    assert len(models) == parts
    assert [int(model.moments.steps["mlp.0.weight"]) for model in models] == [
        6 * k // parts for k in range(1, parts + 1)
    ]
    assert progress.seen == [(step, 6) for step in range(1, 7)]
    trained = settings.train(start, samples, run, seed=1, stage="any")
    assert state_bytes(models[-1]) == state_bytes(trained)
