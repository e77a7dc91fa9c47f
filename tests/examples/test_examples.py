"""Models of other libraries, unmodified: every example runs, and generating them lazily is generating them whole."""

import runpy
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from freshrec.data import Batch, Schema
from freshrec.generators import (
    GRU,
    Generation,
    Grouping,
    Pair,
    Planes,
    Transfer,
    Window,
    generate,
    pair,
    transferred,
    transferred_whole,
)
from freshrec.models import Adapted
from freshrec.params import Params, params_of
from freshrec.seeds import torch_rng
from freshrec.testing import tiny_stream
from freshrec.training import Fitted, Run, evaluating, fit, log_loss, predict
from freshrec.updaters import ASMG, IU, SML, Updater

EXAMPLES = Path(__file__).parents[2] / "examples"
# By example: what makes its model, and the tables with a padding row.
MODELS: dict[str, tuple[str, set[str]]] = {
    "din_torch_rechub": ("din", {"item", "category"}),
    "deepfm_torch_rechub": ("deepfm", {"user", "item", "category"}),
    "dcnv2_recbole": ("dcnv2", set()),
    "widedeep_torch_rechub": ("WideDeepOfColumns", set()),
}
# torch-rechub masks an average with float32, whatever type the model has.
SINGLE = {"deepfm_torch_rechub"}
K, CELL = 2, Transfer((4, 3), 5, anchored=True)
SCHEMA = tiny_stream().schema


def test_every_example_is_tested() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == {*MODELS, "methods"}
    assert all(len(path.read_text().splitlines()) < 120 for path in EXAMPLES.glob("*.py"))


@pytest.mark.parametrize("example", MODELS)
def test_it_runs(example: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """As `python examples/NAME.py` does, on a tiny stream."""
    monkeypatch.setattr("methods.small_stream", tiny_stream)
    runpy.run_path(str(EXAMPLES / f"{example}.py"), run_name="__main__")
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [name for name, _, _ in lines] == ["IU", "ASMG-GRUmulti", "SML"]
    assert all(0 <= float(area) <= 1 for _, _, area in lines)


@pytest.fixture(params=MODELS)
def example(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def model(example: str) -> Adapted:
    make: Callable[[Schema], Adapted] = getattr(import_module(example), MODELS[example][0])
    return make(SCHEMA)


@pytest.fixture
def dtype(example: str, model: Adapted) -> torch.dtype:
    """Float64 where the model allows; the model is made so."""
    dtype = torch.float32 if example in SINGLE else torch.float64
    model.to(dtype)
    return dtype


@pytest.fixture
def grouping(example: str) -> Grouping:
    return getattr(import_module(example), "GROUPING", Grouping())


@pytest.fixture
def batch() -> Batch:
    return tiny_stream().periods[0].samples().batch(slice(0, 20))


def random_snapshots(model: nn.Module, count: int) -> list[dict[str, Tensor]]:
    """Parameters near the model's own; statistics that are not those a batch norm starts with."""
    rng, snapshots = torch_rng(0), []
    for _ in range(count):
        moved = {name: value for name, value in params_of(model).items() if value.is_floating_point()}
        for name, value in moved.items():
            noise = torch.randn(value.shape, generator=rng, dtype=value.dtype)
            moved[name] = value + (noise.abs() if name.endswith("running_var") else 0.3 * noise)
        snapshots.append(moved)
    return snapshots


def loss_of(model: nn.Module, params: Params, batch: Batch, dtype: torch.dtype) -> Tensor:
    with evaluating(model):
        return log_loss(model, params, Batch(batch.user, batch.item, batch.history, batch.label.to(dtype)))


def assert_same(lazily: Sequence[Tensor | None], whole: Sequence[Tensor | None], dtype: torch.dtype) -> None:
    tolerance = 1e-11 if dtype == torch.float64 else 1e-4
    for one, other in zip(lazily, whole, strict=True):
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            torch.testing.assert_close(one, other, rtol=tolerance, atol=tolerance / 100)


def test_lazy_generation_equals_whole(
    model: Adapted, grouping: Grouping, batch: Batch, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loss at every step of the window and its gradients in the generator's weights."""
    monkeypatch.setattr("freshrec.generators.generation.SMALL", 0)
    planes = Planes.of(model, grouping)
    view = Window.of(planes, random_snapshots(model, K), {})
    outcomes = []
    for lazy in (True, False):
        weights = {name: w.to(dtype).requires_grad_() for name, w in GRU(3).initial_weights(planes.groups(), 0).items()}
        generation = Generation(GRU(3), weights, view, K, lazy)
        losses = torch.stack([loss_of(model, generation.at(step), batch, dtype) for step in range(1, K + 1)])
        gradients = torch.autograd.grad(losses.sum(), list(weights.values()), allow_unused=True)
        outcomes.append([losses.detach(), *gradients])
    lazily, whole = outcomes
    assert_same(lazily, whole, dtype)
    served = generate(GRU(3), {name: w.detach() for name, w in weights.items()}, view)
    newest = generation.at(K)
    assert_same(list(served.values()), [newest[name].detach() for name in served], dtype)


def test_a_pair_made_lazily_equals_one_made_whole(
    model: Adapted, grouping: Grouping, batch: Batch, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loss and its gradients in the transfer's weights and the updated model."""
    monkeypatch.setattr(pair, "SMALL", 0)
    planes, (previous, updated) = Planes.of(model, grouping), random_snapshots(model, 2)
    leaves = {name: updated[name].requires_grad_() for name in planes.parameters}
    weights = {name: w.to(dtype).add(0.1).requires_grad_() for name, w in CELL.initial_weights(planes, 0).items()}
    both = Pair(planes, previous, updated)
    outcomes = []
    for lazy in (True, False):
        loss = loss_of(model, transferred(CELL, weights, both, lazy=lazy), batch, dtype)
        gradients = torch.autograd.grad(loss, [*weights.values(), *leaves.values()], allow_unused=True)
        outcomes.append([loss.detach(), *gradients])
    lazily, whole = outcomes
    assert_same(lazily, whole, dtype)
    made = transferred(CELL, weights, both, lazy=False)
    served = transferred_whole(CELL, weights, both)
    assert_same(list(served.values()), [made[name].detach() for name in served], dtype)


BASE = IU(batch_size=16)


@pytest.mark.parametrize("method", ["iu", "asmg", "sml", "sml by rows"])
def test_padding_rows_stay_statistics_follow_and_the_model_is_left_alone(
    model: Adapted, grouping: Grouping, example: str, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if method == "sml by rows":
        monkeypatch.setattr(pair, "SMALL", 0)
    deferred = BASE.model_copy(update={"optimizer": "deferred"})
    updaters: dict[str, Updater[Any]] = {
        "iu": BASE,
        "asmg": ASMG(base=BASE, grouping=grouping, window=2, batch_size=16),
        "sml": SML(base=BASE, grouping=grouping, batch_size=16),
        "sml by rows": SML(base=deferred, grouping=grouping, batch_size=16),
    }
    updater, stream, run, before = updaters[method], tiny_stream(), Run(model), params_of(model)
    state = updater.init(Fitted.untrained(params_of(model)), run)
    for number in range(1, 5):
        state = updater.update(state, stream.periods[:number], run)
    params = updater.serving(state, run)
    assert torch.from_numpy(predict(model, params, stream.periods[4].samples())).isfinite().all()
    assert all(torch.equal(value, before[name]) for name, value in params_of(model).items())

    padding = {name: plane.padding for name, plane in Planes.of(model).parameters.items() if plane.padding is not None}
    assert {name.split(".")[-2] for name in padding} == MODELS[example][1]
    for name, row in padding.items():
        assert not params[name][row].any()
        assert params[name].any(1).sum() == len(params[name]) - 1

    newest = {"iu": "model", "asmg": "base.model"}.get(method, "base")
    for part in newest.split("."):
        state = getattr(state, part)
    statistics = [name for name, _ in model.named_buffers()]
    assert any(name.endswith("running_mean") for name in statistics)
    for name in statistics:
        assert not torch.equal(params[name], before[name])
        assert torch.equal(params[name], state.params[name])


def test_it_learns_what_there_is_to_learn(model: Adapted) -> None:
    """Users like items of their own parity: many steps on one period fit its labels much better than chance."""
    samples = tiny_stream((200,)).periods[0].samples()
    start = Fitted.untrained(params_of(model))
    fitted = fit(start, list(samples.batches(50)) * 60, lambda params, batch: log_loss(model, params, batch), 0.02)
    right = torch.from_numpy(predict(model, fitted.params, samples) > 0) == torch.from_numpy(samples.label > 0)
    assert right.double().mean() > 0.75
