"""Making only the rows that a batch looks up gives the loss and gradients of making whole tables."""

from typing import ClassVar

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from freshrec.data import Batch, FieldValues, Samples, Schema
from freshrec.generators import Pair, Planes, Transfer, TransferWeights, pair, transferred, transferred_whole
from freshrec.models import EmbeddingMLP, MatrixFactorisation
from freshrec.seeds import numpy_rng, torch_rng
from freshrec.testing import with_item_fields
from freshrec.training import log_loss

USERS, ITEMS = 200, 300
SCHEMA = Schema({"user": USERS, "item": ITEMS, "genre": 50}, item_fields=("genre",), history=6)
GENRES = FieldValues((np.arange(ITEMS) * 7 % 50).astype(np.int32))
CELL = Transfer((4, 3), 5, anchored=True)
MODELS = [EmbeddingMLP(SCHEMA, dim=3).double(), MatrixFactorisation(SCHEMA, dim=3).double()]


def random_params(model: nn.Module, seed: int) -> dict[str, Tensor]:
    rng = torch_rng(seed)
    return {
        name: torch.randn(p.shape, generator=rng, dtype=torch.float64).requires_grad_()
        for name, p in model.named_parameters()
    }


def random_pair(model: nn.Module) -> tuple[dict[str, Tensor], Pair]:
    """Weights and two models, in float64, all of which need gradients."""
    planes, rng = Planes.of(model), torch_rng(3)
    weights = {
        name: torch.randn(value.shape, generator=rng, dtype=torch.float64).mul(0.3).requires_grad_()
        for name, value in CELL.initial_weights(planes, seed=0).items()
    }
    return weights, Pair(planes, random_params(model, 1), random_params(model, 2))


def batch_of(users: list[int], items: list[int], lengths: list[int]) -> Batch:
    size, rng = len(users), numpy_rng(0, "batch")
    start = rng.integers(0, 20, size).astype(np.int32)
    samples = Samples(
        SCHEMA,
        np.array(users, np.int32),
        np.array(items, np.int32),
        np.zeros(size, np.int64),
        rng.integers(0, 2, size).astype(np.int8),
        start,
        start + np.array(lengths, np.int32),
        rng.integers(0, ITEMS, 30).astype(np.int32),
    )
    made = with_item_fields(samples, {"genre": GENRES}).batch(slice(None))
    return Batch(made.user, made.item, made.history, made.label.double())


def loss_and_gradients(model: nn.Module, batch: Batch, lazy: bool) -> tuple[float, list[Tensor]]:
    """The loss, and its gradients in the weights and in both models, where there are any."""
    weights, both = random_pair(model)
    loss = log_loss(model, transferred(CELL, weights, both, lazy=lazy), batch)
    wanted = [*weights.values(), *both.updated.values(), *both.previous.values()]
    gradients = torch.autograd.grad(loss, wanted, allow_unused=True, materialize_grads=True)
    return loss.item(), list(gradients)


ids = st.tuples(st.integers(0, USERS - 1), st.integers(0, 20), st.integers(0, 6))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
@settings(max_examples=25)
@given(rows=st.lists(ids, min_size=1, max_size=12))
def test_lazy_equals_whole(model: nn.Module, rows: list[tuple[int, int, int]]) -> None:
    """In float64, for repeated ids, empty histories and a table shared by history and candidate."""
    batch = batch_of(*(list(column) for column in zip(*rows, strict=True)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pair, "SMALL", 0)
        loss, gradients = loss_and_gradients(model, batch, lazy=True)
    expected_loss, expected = loss_and_gradients(model, batch, lazy=False)
    assert loss == pytest.approx(expected_loss, rel=1e-12)
    for gradient, plain in zip(gradients, expected, strict=True):
        torch.testing.assert_close(gradient, plain, rtol=1e-12, atol=1e-12)


def test_gradients_reach_the_weights_and_the_updated_rows_that_are_looked_up() -> None:
    weights, both = random_pair(MODELS[1])
    loss = log_loss(MODELS[1], transferred(CELL, weights, both), batch_of([1, 1, 2, 7], [3, 3, 3, 4], [0, 0, 0, 0]))
    gradients = torch.autograd.grad(loss, [*weights.values(), *both.updated.values()])
    assert all(gradient.any() for gradient in gradients)
    rows = {
        name: value.any(1).nonzero()
        for name, value in zip(both.updated, gradients[-3:], strict=True)
        if value.dim() > 1
    }
    assert {name: value.flatten().tolist() for name, value in rows.items()} == {
        "user_table.weight": [1, 2, 7],
        "item_table.weight": [3, 4],
    }


class Counting(Transfer):
    """A transfer that notes how many rows it made."""

    made: ClassVar[list[int]] = []

    def rows(self, weights: TransferWeights, previous: Tensor, updated: Tensor) -> Tensor:
        self.made.append(len(updated))
        return super().rows(weights, previous, updated)


def test_only_the_rows_that_are_looked_up_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pair, "SMALL", 0)
    monkeypatch.setattr(Counting, "made", [])
    model, cell = MODELS[1], Counting((4, 3), 5, anchored=True)
    weights, both = random_pair(model)
    log_loss(model, transferred(cell, weights, both), batch_of([1, 1, 2, 7], [3, 3, 3, 4], [0, 0, 0, 0]))
    assert Counting.made == [1, 3, 2]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_the_serving_model_is_made_whole_in_chunks(model: nn.Module, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("freshrec.generators.chunks.CPU_ROWS", 7)
    weights, both = random_pair(model)
    expected = transferred(CELL, weights, both, lazy=False)
    served = transferred_whole(CELL, weights, both)
    assert served.keys() == expected.keys() == dict(model.named_parameters()).keys()
    for name, value in served.items():
        assert not value.requires_grad
        torch.testing.assert_close(value, expected[name].detach(), rtol=1e-12, atol=1e-12)
