"""No bit of what is generated, or of a generator's gradient, depends on rows of a table that nothing looks up yet."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from freshrec.data import Bags, Batch
from freshrec.generators import (
    GRU,
    LSTM,
    RNN,
    Cell,
    Correction,
    Generation,
    Linear,
    Pair,
    PlainGRU,
    Planes,
    Residual,
    Transfer,
    Window,
    generate,
    hand_over,
    transferred,
    transferred_whole,
)
from freshrec.params import Params
from freshrec.seeds import torch_rng
from freshrec.training import LookupCounts, RowStatistics, log_loss

K, DIM = 3, 3
CELLS = [GRU(4), GRU(5), PlainGRU(4), LSTM(4), RNN(3), Linear(K)]
# Rows at which some choice or block begins: one, those that fill vectors, blocks, chunks, and tables that are small.
SIZES = [1, 2, 15, 16, 17, 255, 257, 700, 2_100]


class Model(nn.Module):
    """Scores a candidate by a table that a history looks up as well, and by a table that begins with one row."""

    def __init__(self, rows: int, more: int) -> None:
        super().__init__()
        self.item = nn.Embedding(rows + more, DIM)
        self.user = nn.Embedding(1 + more, DIM)
        self.layer = nn.Linear(3 * DIM, 1)

    def forward(self, batch: Batch) -> Tensor:
        item, user, bags = batch.item["item"], batch.user["user"], batch.history["item"]
        assert isinstance(item, Tensor)
        assert isinstance(user, Tensor)
        past = nn.functional.embedding_bag(
            bags.ids, self.item.weight, bags.offsets, mode="mean", include_last_offset=True
        )
        logit: Tensor = self.layer(torch.cat([past, self.item(item), self.user(user)], 1)).squeeze(1)
        return logit


def batch_of(rows: int, seed: int, size: int = 24) -> Batch:
    rng = torch_rng(seed, "batch")
    item, history = torch.randint(rows, (size,), generator=rng), torch.randint(rows, (3 * size,), generator=rng)
    # The last row is looked up, so that all of the first rows are within reach.
    item[0] = rows - 1
    bags = Bags(history, torch.arange(0, 3 * size + 1, 3))
    label = torch.randint(2, (size,), generator=rng).float()
    return Batch({"user": torch.zeros(size, dtype=torch.int64)}, {"item": item}, {"item": bags}, label)


def random_like(value: Tensor, rows: int, rng: torch.Generator, *last: int) -> Tensor:
    """Random numbers, of a table those of the first rows before the others."""
    shape = (*value.shape, *last)
    first = torch.randn(rows if value.dim() == 2 else len(value), *shape[1:], generator=rng)
    return torch.cat([first, torch.randn(len(value) - len(first), *shape[1:], generator=rng)])


def snapshots(model: nn.Module, rows: int) -> list[dict[str, Tensor]]:
    known = {"item.weight": rows, "user.weight": 1, "layer.weight": 1, "layer.bias": 1}
    return [
        {n: random_like(p.detach(), known[n], torch_rng(k, n)) for n, p in model.named_parameters()} for k in range(K)
    ]


def window_of(model: Model, rows: int, cell: Cell) -> Window:
    planes, made = Planes.of(model), snapshots(model, rows)
    hidden = {
        name: random_like(plane, 1 if name != "item.weight" else rows, torch_rng(9, name), cell.state_size)
        for name, plane in planes.join(made[0]).items()
    }
    return Window.of(planes, made, {} if cell.state_size == 0 else hidden)


def weights_of(cell: Any, window_planes: Any) -> dict[str, Tensor]:
    return {name: value.requires_grad_() for name, value in cell.initial_weights(window_planes, 3).items()}


def trained_gradients(cell: Cell, rows: int, more: int) -> list[bytes]:
    """The generator's gradients of three steps of a training; demand grows from one to the next."""
    model = Model(rows, more)
    window, demand, found = window_of(model, rows, cell), dict[str, int](), []
    weights = weights_of(cell, window.planes.groups())
    last = 1 if isinstance(cell, Linear) else K
    for number in range(3):
        reach = {"item.weight": rows, "user.weight": 1}
        generation = Generation(cell, weights, window, last, reach=reach, demand=demand)
        batches = [batch_of(rows, 10 * number + step) for step in range(last)]
        losses = [log_loss(model, generation.at(K - n), batch) for n, batch in enumerate(batches)]
        gradients = torch.autograd.grad(torch.stack(losses).sum(), list(weights.values()))
        found += [gradient.numpy().tobytes() for gradient in gradients]
    return found


def rows_of(params: Params, rows: int) -> list[bytes]:
    """The first rows of the tables, byte for byte, and everything else."""
    kept = {"item.weight": rows, "user.weight": 1}
    return [value[: kept.get(name, len(value))].contiguous().numpy().tobytes() for name, value in params.items()]


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("freshrec.generators.chunks.CPU_ROWS", 100)


@settings(max_examples=6)
@given(st.sampled_from(SIZES), st.sampled_from([1, 14, 300, 3_000]))
@pytest.mark.parametrize("cell", CELLS, ids=repr)
def test_gradients_of_a_generator(cell: Cell, rows: int, more: int) -> None:
    assert trained_gradients(cell, rows, more) == trained_gradients(cell, rows, 0)


@settings(max_examples=6)
@given(st.sampled_from(SIZES), st.sampled_from([1, 14, 300, 3_000]))
@pytest.mark.parametrize("cell", CELLS, ids=repr)
def test_what_serves_and_what_is_handed_over(cell: Cell, rows: int, more: int) -> None:
    made = []
    for added in (0, more):
        window = window_of(Model(rows, added), rows, cell)
        weights = {name: value.detach() for name, value in weights_of(cell, window.planes.groups()).items()}
        made.append(rows_of(generate(cell, weights, window), rows) + rows_of(hand_over(cell, weights, window), rows))
    assert made[0] == made[1]


@settings(max_examples=10)
@given(st.sampled_from(SIZES), st.sampled_from([1, 14, 300, 3_000]))
@pytest.mark.parametrize("anchored", [True, False])
def test_a_transfer(anchored: bool, rows: int, more: int) -> None:
    """Its gradients, and the model that it makes."""
    cell, made = Transfer((4, 3), 5, anchored), []
    for added in (0, more):
        model = Model(rows, added)
        planes, (previous, updated, _) = Planes.of(model), snapshots(model, rows)
        weights = weights_of(cell, planes)
        loss = log_loss(model, transferred(cell, weights, Pair(planes, previous, updated)), batch_of(rows, 1))
        gradients = torch.autograd.grad(loss, list(weights.values()), materialize_grads=True, allow_unused=True)
        served = transferred_whole(cell, {n: w.detach() for n, w in weights.items()}, Pair(planes, previous, updated))
        made.append([gradient.numpy().tobytes() for gradient in gradients] + rows_of(served, rows))
    assert made[0] == made[1]


@settings(max_examples=10)
@given(st.sampled_from(SIZES), st.sampled_from([1, 14, 300, 3_000]))
def test_a_residual_generator(rows: int, more: int) -> None:
    """Its gradients, and the model that it makes."""
    made = []
    for added in (0, more):
        model = Model(rows, added)
        residual, (previous, newest, _) = Residual.of(model, 16), snapshots(model, rows)
        counted = {
            name: LookupCounts(*(torch.cat([torch.arange(count) % 5 + 1, torch.zeros(added)]) for _ in range(2)))
            for name, count in (("item.weight", rows), ("user.weight", 1))
        }
        statistics = RowStatistics.none({name: len(newest[name]) for name in residual.tables}).after(counted)
        weights = residual.initial_weights(newest, 3)
        rng = torch_rng(4)
        weights = {n: (w + 0.1 * torch.randn(w.shape, generator=rng)).requires_grad_() for n, w in weights.items()}
        correction = Correction(residual, newest, previous, statistics)
        loss = log_loss(model, correction.lazily(weights), batch_of(rows, 1))
        gradients = torch.autograd.grad(loss, list(weights.values()), materialize_grads=True, allow_unused=True)
        served = correction.whole({name: weight.detach() for name, weight in weights.items()})
        made.append([gradient.numpy().tobytes() for gradient in gradients] + rows_of(served, rows))
    assert made[0] == made[1]
