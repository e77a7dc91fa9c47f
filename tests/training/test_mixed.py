"""Products in bfloat16: how far they are off, and what they leave alone."""

import pytest
import torch
from torch import Tensor

from freshrec.data import Bags, Batch
from freshrec.generators import GRU, LSTM, Cell, Generation, Linear, Planes, Window
from freshrec.models import EmbeddingMLP
from freshrec.params import params_of
from freshrec.testing import tiny_stream
from freshrec.training import LOG, OBJECTIVES, Objective


def first_batch() -> Batch:
    return tiny_stream().periods[0].samples().batch(slice(None))


def double(batch: Batch) -> Batch:
    def widened(bags: Bags) -> Bags:
        return Bags(bags.ids, bags.offsets, None if bags.weights is None else bags.weights.double())

    history = {name: widened(bags) for name, bags in batch.history.items()}
    return Batch(batch.user, batch.item, history, batch.label.double())


def loss_and_gradients(objective: Objective, dtype: torch.dtype) -> tuple[Tensor, dict[str, Tensor]]:
    model = EmbeddingMLP(tiny_stream().schema, dim=8).to(dtype)
    batch = first_batch() if dtype == torch.float32 else double(first_batch())
    params = {name: value.requires_grad_() for name, value in params_of(model).items()}
    loss = objective.loss(model, params, batch)
    gradients = torch.autograd.grad(loss, list(params.values()))
    return loss.detach(), dict(zip(params, gradients, strict=True))


@pytest.mark.parametrize("objective", OBJECTIVES.values())
def test_the_error_is_that_of_bfloat16(objective: Objective) -> None:
    right, exact = loss_and_gradients(objective, torch.float64)
    made, gradients = loss_and_gradients(objective.mixed(), torch.float32)
    single, _ = loss_and_gradients(objective, torch.float32)
    assert made.dtype == torch.float32
    assert abs(made - right) < 1e-3 * right
    assert made != single
    for parameter, gradient in gradients.items():
        assert gradient.dtype == torch.float32
        # The last bias cancels out of a pair. A hidden unit near zero may be on in one precision and off in the other.
        assert (gradient - exact[parameter]).abs().max() <= 5e-2 * exact[parameter].abs().max() + 1e-8


@pytest.mark.parametrize("cell", [GRU(4), LSTM(4), Linear(2)])
@pytest.mark.parametrize("small", [0, 2048])
def test_what_is_generated_keeps_its_precision(cell: Cell, small: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("freshrec.generators.generation.SMALL", small)
    model = EmbeddingMLP(tiny_stream().schema, dim=3)
    planes, snapshot = Planes.of(model), params_of(model)
    weights = cell.initial_weights(planes.groups(), 0)
    view, ids = Window.of(planes, [snapshot, snapshot], {}), torch.tensor([3, 1, 3])

    def generated() -> list[Tensor]:
        params = Generation(cell, weights, view).at(2)
        return [torch.nn.functional.embedding(ids, params["item_table.weight"]), params["mlp.0.weight"]]

    expected = generated()
    with torch.autocast("cpu", torch.bfloat16):
        made = generated()
    assert all(torch.equal(one, other) for one, other in zip(made, expected, strict=True))


def test_an_objective_is_otherwise_as_it_was() -> None:
    assert (LOG.mixed().width, LOG.mixed().units) == (LOG.width, LOG.units)
