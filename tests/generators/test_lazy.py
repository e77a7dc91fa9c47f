"""Generating only the rows that a batch looks up gives the loss and gradients of generating whole tables."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from freshrec.data import Bags, Batch, FieldValues, Samples, Schema
from freshrec.generators import GRU, Generation, Planes, Window, generate, hand_over
from freshrec.models import EmbeddingMLP
from freshrec.params import Params
from freshrec.seeds import numpy_rng, torch_rng
from freshrec.testing import with_item_fields
from freshrec.training import LazyTable, log_loss, logits

H, K = 4, 3
SCHEMA = Schema(
    {"user": 9, "item": 11, "colour": 3, "genre": 5},
    user_fields=("colour",),
    item_fields=("genre",),
    several=frozenset({"genre"}),
    history=6,
)
OFFSETS = np.cumsum([0, 1, 2, 3, 0, 1, 1, 2, 4, 1, 1, 2]).astype(np.int64)
GENRES = FieldValues((np.arange(18) * 7 % 5).astype(np.int32), OFFSETS)


def random_window(model: nn.Module, seed: int = 0) -> Window:
    """Random float64 snapshots and hidden states."""
    rng, planes = torch_rng(seed, "window"), Planes.of(model)
    shapes = {name: parameter.shape for name, parameter in model.named_parameters()}
    snapshots = [
        {name: torch.randn(shape, generator=rng, dtype=torch.float64) for name, shape in shapes.items()}
        for _ in range(K)
    ]
    hidden = {
        plane: torch.randn(*values.shape, H, generator=rng, dtype=torch.float64)
        for plane, values in planes.join(snapshots[0]).items()
    }
    return Window.of(planes, snapshots, hidden)


def random_weights(planes: Planes, seed: int = 0) -> dict[str, Tensor]:
    initial = GRU(H).initial_weights(planes.groups(), seed)
    return {name: weight.double().requires_grad_() for name, weight in initial.items()}


def batch_of(users: list[int], items: list[int], lengths: list[int]) -> Batch:
    size = len(users)
    rng = numpy_rng(0, "batch")
    start = rng.integers(0, 20, size).astype(np.int32)
    samples = Samples(
        SCHEMA,
        np.array(users, np.int32),
        np.array(items, np.int32),
        np.zeros(size, np.int64),
        rng.integers(0, 2, size).astype(np.int8),
        start,
        start + np.array(lengths, np.int32),
        rng.integers(0, 11, 30).astype(np.int32),
        fields={"colour": FieldValues(np.array(users, np.int32) % 3)},
    )
    made = with_item_fields(samples, {"genre": GENRES}).batch(slice(None))
    history = {
        name: Bags(bags.ids, bags.offsets, None if bags.weights is None else bags.weights.double())
        for name, bags in made.history.items()
    }
    return Batch(made.user, made.item, history, made.label.double())


def losses_and_gradients(
    model: nn.Module,
    batches: list[Batch],
    lazy: bool,
    order: Sequence[int] = range(K, 0, -1),
    reach: Mapping[str, int] = MappingProxyType({}),
) -> tuple[list[Tensor], dict[str, Tensor]]:
    view = random_window(model)
    weights = random_weights(view.planes)
    generation = Generation(GRU(H), weights, view, last=K, lazy=lazy, reach=reach)
    made = {step: log_loss(model, generation.at(step), batches[step - 1]) for step in order}
    losses = [made[step] for step in sorted(made)]
    torch.stack(losses).sum().backward()  # type: ignore[no-untyped-call]
    return losses, {name: weight.grad for name, weight in weights.items() if weight.grad is not None}


ids = st.tuples(st.integers(0, 8), st.integers(0, 10), st.integers(0, 6))


@settings(max_examples=40)
@given(
    st.lists(st.lists(ids, min_size=1, max_size=12), min_size=K, max_size=K),
    st.booleans(),
    st.permutations(range(1, K + 1)),
    st.fixed_dictionaries({}, optional={f"{name}_table.weight": st.integers(0, 12) for name in SCHEMA.rows}),
)
def test_lazy_equals_whole(
    drawn: list[list[tuple[int, int, int]]], always: bool, order: list[int], reach: dict[str, int]
) -> None:
    """For repeated ids, empty histories, several values a field, and tables shared by history and candidate.

    How far look-ups are said to reach decides what is made together, and no result; they may reach further.
    """
    model = EmbeddingMLP(SCHEMA, dim=3).double()
    batches = [batch_of(*(list(column) for column in zip(*rows, strict=True))) for rows in drawn]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("freshrec.generators.generation.SMALL", 0)
        if always:
            patch.setattr(Generation, "_cheaper_whole", lambda *_: False)
        losses, gradients = losses_and_gradients(model, batches, lazy=True, order=order, reach=reach)
    expected_losses, expected = losses_and_gradients(model, batches, lazy=False)
    assert gradients.keys() == expected.keys() == random_weights(Planes.of(model)).keys()
    for loss, plain in zip(losses, expected_losses, strict=True):
        assert loss.item() == pytest.approx(plain.item(), rel=1e-12, abs=1e-12)
    for name, gradient in gradients.items():
        torch.testing.assert_close(gradient, expected[name], rtol=1e-12, atol=1e-12)


class Tied(nn.Module):
    """A model that looks up by module, and also multiplies with the table itself."""

    def __init__(self, whole: bool) -> None:
        super().__init__()
        self.whole = whole
        self.item = nn.Embedding(11, 3)
        self.bag = nn.EmbeddingBag(9, 3, mode="sum")

    def forward(self, batch: Batch) -> Tensor:
        user, item = batch.user["user"], batch.item["item"]
        assert isinstance(user, Tensor)
        assert isinstance(item, Tensor)
        vector: Tensor = self.bag(user.unsqueeze(1))
        if self.whole:
            return (vector @ self.item.weight.T).gather(1, item.unsqueeze(1)).squeeze(1)
        candidate: Tensor = self.item(item)
        return (vector * candidate).sum(1)


def test_a_table_that_is_read_whole_is_right_and_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("freshrec.generators.generation.SMALL", 0)
    batch = batch_of([1, 2, 2], [3, 3, 4], [0, 0, 0])
    view = random_window(Tied(whole=True).double())
    generation = Generation(GRU(H), random_weights(view.planes), view)
    with pytest.warns(UserWarning, match="other than by looking up ids"):
        whole = logits(Tied(whole=True), generation.at(K), batch)
    looked_up = logits(Tied(whole=False), generation.at(K), batch)
    torch.testing.assert_close(whole, looked_up, rtol=1e-12, atol=1e-12)


def test_only_the_rows_looked_up_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("freshrec.generators.generation.SMALL", 0)
    model = EmbeddingMLP(SCHEMA, dim=3).double()
    view = random_window(model)
    made: list[int] = []

    class Counting(GRU):
        def outputs(self, weights: Params, plane: str, x: Tensor, state: Tensor, steps: int) -> Tensor:
            made.append(x.shape[1])
            return super().outputs(weights, plane, x, state, steps)

    generation = Generation(Counting(H), random_weights(view.planes), view)
    table = generation.at(K)["item_table.weight"]
    made.clear()
    F.embedding(torch.tensor([7, 7, 2, 7]), table)
    assert made == [2]


def test_serving_equals_the_whole_generation_in_every_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("freshrec.generators.chunks.CPU_ROWS", 4)
    model = EmbeddingMLP(SCHEMA, dim=3).double()
    view = random_window(model)
    weights = random_weights(view.planes)
    plain = Generation(GRU(H), weights, view, lazy=False).at(K)
    served = generate(GRU(H), weights, view)
    assert served.keys() == plain.keys() == dict(model.named_parameters()).keys()
    for name, value in served.items():
        torch.testing.assert_close(value, plain[name].detach(), rtol=1e-13, atol=1e-14)
        assert not value.requires_grad


def test_the_hidden_state_handed_over_is_the_one_after_the_first_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("freshrec.generators.chunks.CPU_ROWS", 4)
    model = EmbeddingMLP(SCHEMA, dim=3).double()
    view = random_window(model)
    weights = random_weights(view.planes)
    later = Window(view.planes, view.snapshots[1:], hand_over(GRU(H), weights, view))
    continued, whole = generate(GRU(H), weights, later), generate(GRU(H), weights, view)
    for name in whole:
        torch.testing.assert_close(continued[name], whole[name], rtol=1e-12, atol=1e-12)


def test_a_missing_hidden_state_is_zero() -> None:
    model = EmbeddingMLP(SCHEMA, dim=3).double()
    view = random_window(model)
    weights = random_weights(view.planes)
    zeros = {plane: torch.zeros_like(state) for plane, state in view.hidden.items()}
    without, with_zeros = Window(view.planes, view.snapshots), Window(view.planes, view.snapshots, zeros)
    for name, value in generate(GRU(H), weights, without).items():
        assert torch.equal(value, generate(GRU(H), weights, with_zeros)[name])


def test_a_table_is_made_whole_where_that_costs_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told by the steps of rows that the last generation made row by row, times 1.4, against R rows and K."""
    monkeypatch.setattr("freshrec.generators.generation.SMALL", 0)
    view = random_window(EmbeddingMLP(SCHEMA, dim=3).double())
    name, rows = "item_table.weight", SCHEMA.rows["item"]
    demand: dict[str, int] = {}

    def made(ids: list[list[int]]) -> list[bool]:
        """Whether the table was lazy when step K, K - 1, ... looked up some ids."""
        generation = Generation(GRU(H), random_weights(view.planes), view, last=K, demand=demand)
        tables = []
        for step, each in zip(range(K, 0, -1), ids, strict=False):
            tables.append(generation.at(step)[name])
            F.embedding(torch.tensor(each), tables[-1])
        return [isinstance(table, LazyTable) for table in tables]

    few = -(-rows * 5 // 7)
    assert made([list(range(few)), list(range(few)), [few]]) == [True] * 3
    assert demand == {name: few * K + 1}
    assert 1.4 * demand[name] > rows * K > 1.4 * (demand[name] - 2)
    assert made([[1]]) == [False]
    demand[name] = rows * K // 2
    assert made([[1], [2], [1, 2]]) == [True] * 3
    assert demand == {name: rows * K // 2}


def test_rows_are_made_once_for_all_steps_and_look_ups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("freshrec.generators.generation.SMALL", 0)
    view = random_window(EmbeddingMLP(SCHEMA, dim=3).double())
    made: list[tuple[int, int]] = []

    class Counting(GRU):
        def outputs(self, weights: Params, plane: str, x: Tensor, state: Tensor, steps: int) -> Tensor:
            if plane == "item_table.weight":
                made.append((len(x), x.shape[1]))
            return super().outputs(weights, plane, x, state, steps)

    generation = Generation(Counting(H), random_weights(view.planes), view, last=K)
    for step, each in ((3, [7, 2, 7]), (3, [2, 4]), (2, [4, 9, 2]), (1, [9, 7]), (2, [9]), (1, [9])):
        F.embedding(torch.tensor(each), generation.at(step)["item_table.weight"])
    # Step 2 after step 1 begins anew; the last look-up finds what that made.
    assert made == [(3, 2), (3, 1), (2, 1), (2, 1)]


def test_what_is_looked_up_without_gradients_is_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("freshrec.generators.generation.SMALL", 0)
    view = random_window(EmbeddingMLP(SCHEMA, dim=3).double())
    table = Generation(GRU(H), random_weights(view.planes), view).at(K)["item_table.weight"]
    with torch.no_grad():
        before = F.embedding(torch.tensor([3, 1]), table)
    after = F.embedding(torch.tensor([3, 1]), table)
    assert torch.equal(before, after)
    assert after.requires_grad
