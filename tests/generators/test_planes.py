"""Parameters as matrices and back, whichever coordinates share a generator; what is no free parameter stays."""

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from freshrec.generators import GRU, Generation, Grouping, Linear, Planes, Window, generate
from freshrec.generators.planes import DENSE, Plane
from freshrec.params import params_of
from freshrec.seeds import torch_rng

SHARINGS: list[Any] = ["coordinate", "column", "row", "tensor"]
H, K = 4, 3


@given(st.lists(st.integers(1, 4), max_size=4), st.sampled_from(SHARINGS))
def test_there_and_back(shape: list[int], sharing: Any) -> None:
    value = torch.arange(float(torch.Size(shape).numel())).reshape(shape)
    plane = Plane(value.shape, sharing)
    matrix = plane.matrix(value)
    assert matrix.shape == (value.numel() // plane.generators, plane.generators)
    assert torch.equal(plane.tensor(matrix), value)


def test_coordinates_of_one_column_or_row_are_in_one_column_of_the_plane() -> None:
    weight = torch.tensor([[1, 2, 3], [4, 5, 6]])
    matrices = {sharing: Plane(weight.shape, sharing).matrix(weight).tolist() for sharing in SHARINGS}
    assert matrices == {
        "coordinate": [[1, 2, 3, 4, 5, 6]],
        "column": [[1, 2, 3], [4, 5, 6]],
        "row": [[1, 4], [2, 5], [3, 6]],
        "tensor": [[1], [2], [3], [4], [5], [6]],
    }


def test_the_rows_of_a_plane_that_hold_rows_of_a_table() -> None:
    rows = torch.tensor([2, 0])
    assert Plane(torch.Size((3, 2)), "column", table=True).places(rows).tolist() == [2, 0]
    assert Plane(torch.Size((3, 2)), "tensor", table=True).places(rows).tolist() == [4, 5, 0, 1]


class Model(nn.Module):
    """Two tables, one with a padding row, a layer, a scale that is frozen, and batch statistics."""

    def __init__(self) -> None:
        super().__init__()
        self.user = nn.Embedding(6, 3)
        self.item = nn.Embedding(5, 3, padding_idx=1)
        self.layer = nn.Linear(3, 4)
        self.scale = nn.Parameter(torch.tensor(2.0), requires_grad=False)
        self.norm = nn.BatchNorm1d(4)


def random_snapshots(model: nn.Module) -> list[dict[str, Tensor]]:
    rng = torch_rng(0)
    return [
        {
            name: torch.randn(value.shape, generator=rng, dtype=torch.float64)
            if value.is_floating_point()
            else value + k
            for name, value in params_of(model).items()
        }
        for k in range(K)
    ]


def alone(plane: str, coordinate: int, weights: dict[str, Tensor], values: list[float]) -> float:
    """What one generator makes of one coordinate, by itself."""
    own = {f"x.{name.rpartition('.')[2]}": value[coordinate : coordinate + 1] for name, value in weights.items()}
    x = torch.tensor(values, dtype=torch.float64).reshape(-1, 1, 1)
    return GRU(H).outputs(own, "x", x, torch.zeros(1, 1, H, dtype=torch.float64), 1).item()


@pytest.mark.parametrize("sharing", SHARINGS)
def test_every_coordinate_is_made_by_the_generator_it_shares(sharing: Any) -> None:
    model = Model()
    planes = Planes.of(model, Grouping(rules=(("*", sharing),)))
    snapshots = random_snapshots(model)
    weights = {name: value.double() for name, value in GRU(H).initial_weights(planes.groups(), 0).items()}
    made = generate(GRU(H), weights, Window.of(planes, snapshots, {}))
    first = 0
    for name, plane in planes.parameters.items():
        holder = name if sharing != "coordinate" else DENSE
        parts = {part: value for part, value in weights.items() if part.startswith(f"{holder}.")}
        which = plane.tensor(torch.arange(plane.generators).repeat(plane.shape.numel() // plane.generators, 1))
        for index in [
            tuple(one) for one in torch.cartesian_prod(*map(torch.arange, plane.shape)).reshape(-1, len(plane.shape))
        ]:
            expected = alone(holder, first + int(which[index]), parts, [one[name][index].item() for one in snapshots])
            if (name, int(index[0])) == ("item.weight", 1):
                expected = snapshots[-1][name][index].item()
            assert made[name][index].item() == pytest.approx(expected, rel=1e-12, abs=1e-14)
        first += plane.generators if sharing == "coordinate" else 0


def test_what_is_not_trained_is_as_the_newest_snapshot_has_it() -> None:
    """The snapshot that was the newest at a step, in training; the newest of all in serving."""
    model = Model()
    planes = Planes.of(model)
    assert set(planes.parameters) == {
        "user.weight", "item.weight", "layer.weight", "layer.bias", "norm.weight", "norm.bias",
    }  # fmt: skip
    snapshots = random_snapshots(model)
    weights = {name: value.double() for name, value in GRU(H).initial_weights(planes.groups(), 0).items()}
    window = Window.of(planes, snapshots, {})
    served = generate(GRU(H), weights, window)
    generation = Generation(GRU(H), weights, window, last=K)
    for made, newest in [(generation.at(k), snapshots[k - 1]) for k in range(1, K + 1)] + [(served, snapshots[-1])]:
        assert made.keys() == newest.keys()
        for name in ("scale", "norm.running_mean", "norm.running_var", "norm.num_batches_tracked"):
            assert torch.equal(made[name], newest[name])
        assert torch.equal(made["item.weight"][1], newest["item.weight"][1])
        assert not (made["item.weight"][[0, 2, 3, 4]] == newest["item.weight"][[0, 2, 3, 4]]).any()


def test_the_description_counts_generators_and_their_weights() -> None:
    planes = Planes.of(Model(), Grouping(rules=(("layer.weight", "row"),)))
    lines = {line.split()[0]: line.split()[-2:] for line in planes.describe(GRU(4)).splitlines()}
    # 65 weights a generator: 3 gates of 1 + 4 inputs to 4 units, 4 to read out, and a bias.
    assert lines["user.weight"] == ["3", "195"]
    assert lines["layer.weight"] == ["4", "260"]
    assert lines["norm.bias"] == ["4", "260"]
    assert lines["all"] == [str(3 + 3 + 4 + 4 + 4 + 4), f"{22 * 65:,}"]
    assert planes.describe(Linear(3)).splitlines()[-1].split()[-1] == str(22 * 3)
