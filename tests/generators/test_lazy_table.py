"""However a model looks up in a table, generating the rows it asks for equals generating all of them."""

import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from freshrec.data import Batch
from freshrec.errors import ModelError
from freshrec.generators import (
    GRU,
    Generation,
    Grouping,
    Pair,
    Planes,
    Transfer,
    Window,
    pair,
    transferred,
    transferred_whole,
)
from freshrec.params import params_of
from freshrec.seeds import torch_rng
from freshrec.training import evaluating, log_loss, logits

ROWS, DIM, K = 40, 3, 2
CELL = Transfer((4, 3), 5, anchored=True)
IDS = torch.tensor([[3, 0, 7], [0, 0, 0], [7, 39, 3], [5, 5, 0]])
BATCH = Batch({"user": IDS}, {}, {}, torch.tensor([1.0, 0.0, 1.0, 1.0], dtype=torch.float64))
OFFSETS = torch.arange(0, 12, 3)


@pytest.fixture(autouse=True)
def _every_table_is_lazy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Generation, "_cheaper_whole", lambda *_: False)
    monkeypatch.setattr("freshrec.generators.generation.SMALL", 0)
    monkeypatch.setattr(pair, "SMALL", 0)


class LooksUp(nn.Module):
    """Scores what comes of a look-up in a table."""

    def __init__(self, table: nn.Module, look_up: Callable[[Any, Tensor], Tensor]) -> None:
        super().__init__()
        self.table = table
        self.look_up = look_up
        self.head = nn.Linear(DIM, 1)
        self.double()

    def forward(self, batch: Batch) -> Tensor:
        ids = batch.user["user"]
        assert isinstance(ids, Tensor)
        logit: Tensor = self.head(self.look_up(self.table, ids).reshape(len(ids), -1, DIM).mean(1))
        return logit


class Shared(nn.Module):
    """One table, looked up by a module that takes row 0 as padding and by one that does not."""

    def __init__(self) -> None:
        super().__init__()
        self.past = nn.Embedding(ROWS, DIM, padding_idx=0)
        self.candidate = nn.Embedding(ROWS, DIM)
        self.candidate.weight = self.past.weight


def bag(mode: str, **options: Any) -> nn.Module:
    return nn.EmbeddingBag(ROWS, DIM, mode=mode, **options)


WEIGHTS = torch.linspace(0.1, 1.2, 12, dtype=torch.float64)
CASES: dict[str, tuple[nn.Module, Callable[[Any, Tensor], Tensor]]] = {
    "rows": (nn.Embedding(ROWS, DIM), lambda t, ids: t(ids)),
    "padding": (nn.Embedding(ROWS, DIM, padding_idx=0), lambda t, ids: t(ids)),
    "last row as padding": (nn.Embedding(ROWS, DIM, padding_idx=-1), lambda t, ids: t(ids)),
    "padding that is not looked up": (nn.Embedding(ROWS, DIM, padding_idx=20), lambda t, ids: t(ids)),
    "padding said in the call": (nn.Embedding(ROWS, DIM), lambda t, ids: F.embedding(ids, t.weight, padding_idx=-40)),
    "by frequency": (nn.Embedding(ROWS, DIM, scale_grad_by_freq=True), lambda t, ids: t(ids)),
    "sparse": (nn.Embedding(ROWS, DIM, sparse=True), lambda t, ids: t(ids)),
    "sparse bags": (bag("sum", sparse=True), lambda t, ids: t(ids)),
    "bags": (bag("mean"), lambda t, ids: t(ids)),
    "bags with offsets": (bag("sum"), lambda t, ids: t(ids.flatten(), OFFSETS)),
    "bags' maxima": (bag("max"), lambda t, ids: t(ids)),
    "bags with padding": (bag("mean", padding_idx=0), lambda t, ids: t(ids)),
    "weighted bags with padding": (
        bag("sum", padding_idx=0),
        lambda t, ids: t(ids.flatten(), OFFSETS, per_sample_weights=WEIGHTS),
    ),
    "two views of the padding": (Shared(), lambda t, ids: t.past(ids) - t.candidate(ids.flip(1)) ** 2),
    "more ids than rows": (nn.Embedding(ROWS, DIM, padding_idx=0), lambda t, ids: t(ids.repeat(1, 5))),
    "no ids": (nn.Embedding(ROWS, DIM), lambda t, ids: F.pad(t(ids[:, :0]), (0, 0, 0, 1))),
}
SHARINGS: list[Any] = ["column", "tensor", "coordinate"]


def random_params(model: nn.Module, seed: int) -> dict[str, Tensor]:
    rng = torch_rng(seed)
    return {n: torch.randn(p.shape, generator=rng, dtype=torch.float64) for n, p in params_of(model).items()}


def generated(model: nn.Module, sharing: Any, lazy: bool) -> tuple[Tensor, dict[str, Tensor]]:
    planes = Planes.of(model, Grouping(tables=sharing))
    weights = {name: w.double().requires_grad_() for name, w in GRU(4).initial_weights(planes.groups(), 0).items()}
    generation = Generation(
        GRU(4), weights, Window.of(planes, [random_params(model, k) for k in range(K)], {}), K, lazy
    )
    with evaluating(model):
        losses = [log_loss(model, generation.at(step), BATCH) for step in range(K, 0, -1)]
    total = torch.stack(losses).sum()
    gradients = torch.autograd.grad(total, list(weights.values()), materialize_grads=True, allow_unused=True)
    return torch.stack(losses).detach(), dict(zip(weights, gradients, strict=True))


def made_of_a_pair(model: nn.Module, sharing: Any, lazy: bool) -> tuple[Tensor, dict[str, Tensor]]:
    planes = Planes.of(model, Grouping(tables=sharing))
    weights = {name: w.double().requires_grad_() for name, w in CELL.initial_weights(planes, 0).items()}
    for name in weights:
        if name.endswith(".outer"):
            weights[name] = torch.ones_like(weights[name]).requires_grad_()
    updated = {name: value.requires_grad_() for name, value in random_params(model, 1).items()}
    made = transferred(CELL, weights, Pair(planes, random_params(model, 0), updated), lazy=lazy)
    with evaluating(model):
        loss = log_loss(model, made, BATCH)
    wanted = {**weights, **{f"updated {name}": value for name, value in updated.items()}}
    gradients = torch.autograd.grad(loss, list(wanted.values()), materialize_grads=True, allow_unused=True)
    return loss.detach(), dict(zip(wanted, gradients, strict=True))


@pytest.mark.parametrize("sharing", SHARINGS)
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("made", [generated, made_of_a_pair])
def test_lazy_equals_whole(made: Any, case: str, sharing: Any) -> None:
    """The loss, and its gradients in the generator's weights and, for a pair, in the updated model."""
    model = LooksUp(*CASES[case])
    loss, gradients = made(model, sharing, lazy=True)
    expected_loss, expected = made(model, sharing, lazy=False)
    torch.testing.assert_close(loss, expected_loss, rtol=1e-13, atol=1e-13)
    for name, gradient in gradients.items():
        torch.testing.assert_close(gradient, expected[name], rtol=1e-12, atol=1e-12)


def test_a_padding_row_has_no_gradient_and_stays() -> None:
    model = LooksUp(*CASES["padding"])
    planes = Planes.of(model)
    previous, updated = random_params(model, 0), random_params(model, 1)
    weights = {name: w.double() for name, w in CELL.initial_weights(planes, 0).items()}
    for name in weights:
        if name.endswith(".outer"):
            weights[name] = torch.ones_like(weights[name])
    leaves = {name: value.requires_grad_() for name, value in updated.items()}
    made = transferred(CELL, weights, Pair(planes, previous, leaves))
    log_loss(model, made, BATCH).backward()  # type: ignore[no-untyped-call]
    gradient = leaves["table.weight"].grad
    assert gradient is not None
    assert gradient.any(1).nonzero().flatten().tolist() == [3, 5, 7, 39]
    served = transferred_whole(CELL, weights, Pair(planes, previous, updated))["table.weight"]
    assert torch.equal(served[0], updated["table.weight"][0])
    assert not torch.equal(served[1], updated["table.weight"][1])


def lazily(look_up: Callable[[Any, Tensor], Tensor], table: nn.Module | None = None) -> Tensor:
    """Logits with a lazy table in the place of the table's weight."""
    model = LooksUp(table or nn.Embedding(ROWS, DIM), look_up)
    planes = Planes.of(model)
    weights = {name: w.double() for name, w in GRU(4).initial_weights(planes.groups(), 0).items()}
    view = Window.of(planes, [random_params(model, 0)], {})
    return logits(model, Generation(GRU(4), weights, view).at(1), BATCH)


@pytest.mark.parametrize("read", [lambda t, ids: t.weight[ids], lambda t, ids: (t.weight * 1)[ids]])
def test_reading_the_weight_itself_is_right_and_warns(read: Callable[[Any, Tensor], Tensor]) -> None:
    with pytest.warns(UserWarning, match=r"reads the embedding table 'table\.weight' other than by looking up ids"):
        whole = lazily(read)
    torch.testing.assert_close(whole, lazily(lambda t, ids: t(ids)), rtol=1e-13, atol=1e-13)


def test_it_warns_once_however_often_it_is_read() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            lazily(lambda t, ids: t.weight[ids])
    assert len(caught) == 1


def test_reading_the_weight_twice_makes_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    outputs = Generation._outputs

    def counting(self: Generation, plane: str, steps: int, last: int, rows: Tensor | slice) -> Tensor:
        if plane == "table.weight":
            made.append(-1 if isinstance(rows, slice) else len(rows))
        return outputs(self, plane, steps, last, rows)

    monkeypatch.setattr(Generation, "_outputs", counting)
    with pytest.warns(UserWarning, match="so all of it is"):
        lazily(lambda t, ids: t.weight[ids] + t.weight[ids] + t(ids))
    assert made == [-1]


@pytest.mark.parametrize(
    "questions",
    [
        lambda w: w.shape == (ROWS, DIM) and w.size(0) == ROWS and len(w) == ROWS and w.dim() == w.ndim == 2,
        lambda w: w.numel() == ROWS * DIM and w.dtype == torch.float64 and w.is_floating_point(),
        lambda w: w.device.type == "cpu" and w.layout == torch.strided and not w.is_sparse,
    ],
)
def test_questions_about_its_shape_make_no_rows(questions: Callable[[Tensor], bool]) -> None:
    def look_up(table: Any, ids: Tensor) -> Tensor:
        assert questions(table.weight)
        vectors: Tensor = table(ids)
        return vectors

    lazily(look_up)


WRITES: list[Callable[[Any, Tensor], Any]] = [
    lambda t, ids: t.weight.mul_(2),
    lambda t, ids: t.weight.__setitem__(0, 0.0),
    lambda t, ids: t.weight.__imul__(2),
    lambda t, ids: nn.init.normal_(t.weight),
    lambda t, ids: torch.mul(t.weight, 2, out=t.weight),
    lambda t, ids: setattr(t.weight, "data", ids),
]


@pytest.mark.parametrize("write", WRITES)
def test_writing_to_it_is_refused(write: Callable[[Any, Tensor], Any]) -> None:
    with pytest.raises(ModelError, match=r"writes to the parameter 'table\.weight' while it computes"):
        lazily(write)


@pytest.mark.parametrize("wrong", [-1, ROWS, 10**9])
@pytest.mark.parametrize("times", [1, 20])
def test_an_id_that_is_no_row_is_refused(wrong: int, times: int) -> None:
    def look_up(table: Any, ids: Tensor) -> Tensor:
        vectors: Tensor = table(torch.cat([ids[:, :2], ids[:, :1] * 0 + wrong], 1).repeat(1, times))
        return vectors

    with pytest.raises(ModelError, match=rf"id {wrong} was looked up .* 'table\.weight', which has {ROWS} rows"):
        lazily(look_up)


def test_shortening_rows_while_looking_up_is_refused() -> None:
    with pytest.raises(ModelError, match=r"'table\.weight' with max_norm=1\.0"):
        lazily(lambda t, ids: F.embedding(ids, t.weight, max_norm=1.0))
