"""The model that serves and the state that is handed on: whole planes, whatever their layout, chunks and threads."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from freshrec.generators import (
    GRU,
    LSTM,
    RNN,
    Cell,
    Generation,
    Grouping,
    Linear,
    Pair,
    PlainGRU,
    Planes,
    Transfer,
    TransferWeights,
    Window,
    generate,
    hand_over,
    transferred,
    transferred_whole,
)
from freshrec.kernels import whole_plane
from freshrec.params import Params
from freshrec.seeds import torch_rng

H, K = 4, 3
ROWS = 700
SHARINGS: list[Any] = ["coordinate", "column", "row", "tensor"]


class Model(nn.Module):
    """A table of several blocks with a padding row, a small one, a layer, and batch statistics."""

    def __init__(self) -> None:
        super().__init__()
        self.user = nn.Embedding(ROWS, 3, padding_idx=300)
        self.item = nn.Embedding(5, 3)
        self.layer = nn.Linear(3, 20)
        self.norm = nn.BatchNorm1d(20)


@pytest.fixture(autouse=True)
def _several_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a block each where the cell fills planes; elsewhere of a size that divides no table."""
    monkeypatch.setattr(whole_plane, "CHUNK", 1)
    monkeypatch.setattr("freshrec.generators.chunks.CPU_ROWS", 97)


@pytest.fixture(params=[1, 2, 5])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def random_snapshots() -> list[dict[str, Tensor]]:
    """Float32 parameters and statistics."""
    model, rng = Model(), torch_rng(0, "snapshots")
    shapes = {name: value.shape for name, value in (*model.named_parameters(), *model.named_buffers())}
    return [{name: torch.randn(shape, generator=rng) for name, shape in shapes.items()} for _ in range(K)]


def random_window(sharing: Any = "column", size: int = H) -> Window:
    """The snapshots above, and float32 states before them."""
    planes, rng = Planes.of(Model(), Grouping(rules=(("*", sharing),))), torch_rng(0, "states")
    window = Window.of(planes, random_snapshots(), {})
    states = {name: torch.rand(*value.shape, size, generator=rng) for name, value in window.snapshots[0].items()}
    return replace(window, hidden=states)


def as_type(window: Window, dtype: torch.dtype) -> Window:
    """The same numbers in another type."""
    return replace(
        window,
        snapshots=tuple({name: value.to(dtype) for name, value in values.items()} for values in window.snapshots),
        hidden={name: value.to(dtype) for name, value in window.hidden.items()},
        apart=tuple({name: value.to(dtype) for name, value in values.items()} for values in window.apart),
    )


def weights_of(cell: Cell, window: Window, dtype: torch.dtype = torch.float64) -> dict[str, Tensor]:
    """Weights that need gradients, as those of a training do."""
    initial = cell.initial_weights(window.planes.groups(), seed=3)
    return {name: (2 * value).to(dtype).requires_grad_() for name, value in initial.items()}


def assert_close(made: Params, right: Params, tolerance: float) -> None:
    assert made.keys() == right.keys()
    for name, value in made.items():
        assert not value.requires_grad
        torch.testing.assert_close(value.double(), right[name].detach().double(), rtol=tolerance, atol=tolerance)


CELLS: list[Cell] = [GRU(H), PlainGRU(H), LSTM(H), RNN(H), Linear(K)]


@pytest.mark.parametrize("sharing", SHARINGS)
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: type(cell).__name__)
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 5e-6)])
def test_serving_is_the_plain_generation_of_everything(
    cell: Cell, sharing: Any, dtype: torch.dtype, tolerance: float
) -> None:
    window = random_window(sharing, cell.state_size)
    plain = Generation(
        PlainGRU(H) if isinstance(cell, GRU) else cell,
        weights_of(cell, window),
        as_type(window, torch.float64),
        lazy=False,
    ).at(K)
    made = generate(cell, weights_of(cell, window, dtype), as_type(window, dtype))
    assert {value.dtype for value in made.values()} == {dtype}
    assert_close(made, plain, tolerance)


def plain_states(cell: Cell, window: Window) -> dict[str, Tensor]:
    """The states after the first snapshot, in float64, a plane at a time."""
    weights, double = weights_of(cell, window), as_type(window, torch.float64)
    return {
        name: cell.hand_over(weights, name, values, double.state(name, cell.state_size, slice(None))).detach()
        for name, values in double.snapshots[0].items()
    }


@pytest.mark.parametrize("sharing", SHARINGS)
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: type(cell).__name__)
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 2e-6)])
def test_the_states_handed_over_are_the_plain_ones(
    cell: Cell, sharing: Any, dtype: torch.dtype, tolerance: float
) -> None:
    window = random_window(sharing, cell.state_size)
    made = hand_over(cell, weights_of(cell, window, dtype), as_type(window, dtype))
    right = plain_states(cell, window)
    for name, value in made.items():
        assert value.shape == (*window.snapshots[0][name].shape, cell.state_size)
    assert_close(made, right, tolerance)


@pytest.mark.parametrize("held", [torch.float32, torch.float16, torch.bfloat16])
def test_states_in_half_precision_are_read_and_written(held: torch.dtype) -> None:
    """Read, they give what the same numbers give in float32; written, they are rounded once."""
    window = as_type(random_window(), held)
    single, weights = as_type(window, torch.float32), weights_of(GRU(H), window, torch.float32)
    made, right = generate(GRU(H), weights, window), generate(GRU(H), weights, single)
    assert all(torch.equal(made[name], right[name]) for name in window.planes.parameters)
    handed = hand_over(GRU(H), weights, window, held)
    for name, value in hand_over(GRU(H), weights, single).items():
        assert handed[name].dtype == held
        assert torch.equal(handed[name], value.to(held))


@pytest.mark.parametrize("cell", [GRU(H), LSTM(H)], ids=lambda cell: type(cell).__name__)
def test_no_state_is_the_zero_state(cell: Cell) -> None:
    window = random_window(size=cell.state_size)
    weights = weights_of(cell, window, torch.float32)
    zero = replace(window, hidden={name: torch.zeros_like(value) for name, value in window.hidden.items()})
    without = replace(window, hidden={})
    for work in (generate, hand_over):
        made, right = work(cell, weights, without), work(cell, weights, zero)
        assert all(torch.equal(made[name], value) for name, value in right.items())


def test_threads_and_chunks_change_no_bit(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    window = random_window()
    weights = weights_of(GRU(H), window, torch.float32)
    made, handed = generate(GRU(H), weights, window), hand_over(GRU(H), weights, window)
    monkeypatch.undo()
    torch.set_num_threads(1)
    for ours, right in ((made, generate(GRU(H), weights, window)), (handed, hand_over(GRU(H), weights, window))):
        assert all(torch.equal(ours[name], value) for name, value in right.items())
    torch.set_num_threads(threads)


@settings(max_examples=30)
@given(st.integers(16, ROWS), st.integers(1, 6))
def test_a_row_has_the_same_bits_wherever_it_stands(rows: int, hidden: int) -> None:
    """Among the first of its block or the last, in a full block or one that the table does not fill."""
    cell, rng = GRU(hidden), torch_rng(0, "bits")
    weights = {name: value.detach() for name, value in cell.initial_weights({"p": [2]}, 0).items()}
    x, state = [torch.randn(ROWS, 2, generator=rng) for _ in range(K)], torch.rand(ROWS, 2, hidden, generator=rng)
    outcomes = []
    for which in (slice(0, ROWS), slice(ROWS - rows, ROWS)):
        made, handed = torch.empty(len(x[0][which]), 2), torch.empty_like(state[which])
        assert cell.fill_outputs(weights, "p", [one[which] for one in x], state[which], made)
        assert cell.fill_states(weights, "p", x[0][which], state[which], handed)
        outcomes.append((made[-rows:], handed[-rows:]))
    assert all(torch.equal(one, other) for one, other in zip(*outcomes, strict=True))


def test_values_that_do_not_lie_in_a_row_are_read_right() -> None:
    window = random_window()
    weights = weights_of(GRU(H), window, torch.float32)
    turned = replace(
        window,
        snapshots=tuple({n: v.t().contiguous().t() for n, v in values.items()} for values in window.snapshots),
        hidden={n: v.transpose(0, 2).contiguous().transpose(0, 2) for n, v in window.hidden.items()},
    )
    for work in (generate, hand_over):
        right = work(GRU(H), weights, window)
        assert all(torch.equal(value, right[name]) for name, value in work(GRU(H), weights, turned).items())


@pytest.mark.parametrize("cell", [GRU(H), LSTM(H)], ids=lambda cell: type(cell).__name__)
@pytest.mark.parametrize("sharing", SHARINGS)
def test_padding_stays_and_what_is_read_is_left_as_it_was(cell: Cell, sharing: Any) -> None:
    window = random_window(sharing, cell.state_size)
    weights = weights_of(cell, window, torch.float32)
    before = [{name: value.clone() for name, value in one.items()} for one in (*window.snapshots, window.hidden)]
    made, handed = generate(cell, weights, window), hand_over(cell, weights, window)
    newest = random_snapshots()[-1]["user.weight"]
    assert torch.equal(made["user.weight"][300], newest[300])
    assert not (made["user.weight"][299] == newest[299]).any()
    for value in (*(made[name] for name in window.planes.parameters), *handed.values()):
        value.fill_(torch.nan)
    for one, other in zip(before, (*window.snapshots, window.hidden), strict=True):
        assert all(torch.equal(value, other[name]) for name, value in one.items())


@pytest.mark.parametrize(
    ("rows", "columns", "dtype", "expected"),
    [
        (1, 2, torch.float32, True),
        (15, 257, torch.float32, False),
        (16, 257, torch.float32, True),
        (16, 2, torch.float64, False),
    ],
)
def test_a_cell_says_whether_it_filled_a_plane(rows: int, columns: int, dtype: torch.dtype, expected: bool) -> None:
    cell = GRU(H)
    weights = {name: value.to(dtype) for name, value in cell.initial_weights({"p": [columns]}, 0).items()}
    x, made, handed = (
        torch.ones(rows, columns, dtype=dtype),
        torch.zeros(rows, columns, dtype=dtype),
        torch.zeros(rows, columns, H).to(dtype),
    )
    assert cell.fill_outputs(weights, "p", [x], None, made) == made.any().item() == expected
    assert cell.fill_states(weights, "p", x, None, handed) == handed.any().item() == expected
    meta = torch.empty(100, 2, device="meta")
    assert not cell.fill_outputs(weights, "p", [meta], None, meta)


TRANSFER = Transfer((4, 3), 5, anchored=True)


class Counting(Transfer):
    """A transfer that notes how many rows it made."""

    made: ClassVar[list[int]] = []

    def rows(self, weights: TransferWeights, previous: Tensor, updated: Tensor) -> Tensor:
        self.made.append(len(updated))
        return super().rows(weights, previous, updated)


def pair_in_which(moved: Sequence[int], anchored: bool = True) -> tuple[Transfer, dict[str, Tensor], Pair]:
    """A transfer's weights and two models that differ in one coordinate of the given rows of the user table alone."""
    model, rng = Model(), torch_rng(1, "pair")
    planes = Planes.of(model)
    cell = Counting((4, 3), 5, anchored)
    weights = {
        name: torch.randn(value.shape, generator=rng) for name, value in cell.initial_weights(planes, seed=0).items()
    }
    previous = {name: torch.randn(value.shape, generator=rng) for name, value in model.named_parameters()}
    updated = {name: value.clone() for name, value in previous.items()}
    updated["user.weight"][list(moved), 1] += 0.1
    return cell, weights, Pair(planes, previous, updated)


@settings(max_examples=40)
@given(st.sets(st.integers(0, ROWS - 1), max_size=200) | st.just(set(range(ROWS))))
def test_only_rows_that_were_updated_are_made(moved: set[int]) -> None:
    """The others keep their bits, and are what the transfer would have made of them."""
    cell, weights, both = pair_in_which(sorted(moved))
    Counting.made.clear()
    made = transferred_whole(cell, weights, both)
    assert sum(Counting.made) == len(moved)
    assert all(len(moved) >= count for count in Counting.made)
    right = transferred(TRANSFER, weights, both, lazy=False)
    stay = torch.ones(ROWS, dtype=torch.bool)
    stay[list(moved)] = False
    stay[300] = True
    assert torch.equal(made["user.weight"][stay], both.updated["user.weight"][stay])
    assert torch.equal(right["user.weight"][stay], both.updated["user.weight"][stay])
    torch.testing.assert_close(made["user.weight"], right["user.weight"], rtol=1e-4, atol=1e-5)
    for name in made.keys() - {"user.weight"}:
        assert made[name] is both.updated[name]
        assert torch.equal(made[name], right[name])


def test_the_models_of_a_pair_are_left_as_they_were() -> None:
    cell, weights, both = pair_in_which([3, 4, 500])
    before = both.updated["user.weight"].clone()
    transferred_whole(cell, weights, both)["user.weight"].fill_(torch.nan)
    assert torch.equal(both.updated["user.weight"], before)


def test_a_transfer_that_is_not_anchored_makes_every_row() -> None:
    cell, weights, both = pair_in_which([3, 4, 500], anchored=False)
    made = transferred_whole(cell, weights, both)
    right = transferred(cell, weights, both, lazy=False)
    for name, value in made.items():
        torch.testing.assert_close(value, right[name], rtol=1e-4, atol=1e-5)
    different = (made["user.weight"] != both.updated["user.weight"]).any(1)
    assert different.nonzero().flatten().tolist() == [row for row in range(ROWS) if row != 300]
