"""SML's transfer against plain numpy, a filter, a coordinate and a row at a time."""

import math

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import nn

from freshrec.generators import Planes, Transfer, TransferWeights
from freshrec.seeds import torch_rng

F1, F2, H, D = 4, 3, 5, 6
Floats = npt.NDArray[np.float64]


class TwoTables(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.item = nn.Embedding(9, D)
        self.layer = nn.Linear(D, 2)


PLANES = Planes.of(TwoTables())


def gelu(x: float) -> float:
    return 0.5 * x * (1 + math.erf(x / math.sqrt(2)))


def row_by_hand(weights: dict[str, Floats], previous: Floats, updated: Floats) -> Floats:
    """What is generated for two rows."""
    norm = math.sqrt(sum(value**2 for value in previous))
    product = [p * u / norm if norm else 0.0 for p, u in zip(previous, updated, strict=True)]
    first = [
        [gelu(a * p + b * u + c * x) for p, u, x in zip(previous, updated, product, strict=True)]
        for a, b, c in weights["first"]
    ]
    second = [
        [gelu(sum(weight * first[f][d] for f, weight in enumerate(filters))) for d in range(len(updated))]
        for filters in weights["second"]
    ]
    flat = np.array(second).reshape(-1)
    inner = [gelu(value) for value in weights["inner_bias"] + weights["inner"].T @ flat]
    made: Floats = weights.get("outer_bias", np.zeros(len(updated))) + weights["outer"].T @ np.array(inner)
    return made


def random_weights(anchored: bool) -> dict[str, torch.Tensor]:
    shapes: dict[str, tuple[int, ...]] = {
        "first": (F1, 3),
        "second": (F2, F1),
        "inner": (F2 * D, H),
        "inner_bias": (H,),
        "outer": (H, D),
    } | ({} if anchored else {"outer_bias": (D,)})
    rng = torch_rng(0)
    return {name: torch.randn(shape, generator=rng, dtype=torch.float64) for name, shape in shapes.items()}


@pytest.mark.parametrize("anchored", [True, False])
def test_rows_are_those_of_plain_numpy(anchored: bool) -> None:
    weights, rng = random_weights(anchored), torch_rng(1)
    previous = torch.randn(9, D, generator=rng, dtype=torch.float64)
    updated = torch.randn(9, D, generator=rng, dtype=torch.float64)
    previous[4] = 0
    made = Transfer((F1, F2), H, anchored).rows(TransferWeights(**weights), previous, updated)
    plain = {name: value.numpy() for name, value in weights.items()}
    for row, (before, after) in enumerate(zip(previous.numpy(), updated.numpy(), strict=True)):
        expected = row_by_hand(plain, before, after)
        if anchored:
            expected = after + expected - row_by_hand(plain, before, before)
        np.testing.assert_allclose(made[row].numpy(), expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("anchored", [True, False])
@pytest.mark.parametrize("size", [0.0, 1e-40, 1e-30, 1e-20, 1e18])
def test_a_previous_row_of_any_size_is_safe(size: float, anchored: bool) -> None:
    """Values and gradients are finite where the norm is zero, underflows or is huge, in float32."""
    weights = {name: value.float() for name, value in random_weights(anchored).items()}
    previous, updated = torch.full((2, D), size), torch.ones(2, D, requires_grad=True)
    made = Transfer((F1, F2), H, anchored).rows(TransferWeights(**weights), previous, updated)
    (gradient,) = torch.autograd.grad(made.sum(), updated)
    assert torch.isfinite(made).all()
    assert torch.isfinite(gradient).all()


def test_an_anchored_transfer_leaves_rows_alone_that_were_not_updated() -> None:
    weights = {name: value.float() for name, value in random_weights(anchored=True).items()}
    previous = torch.randn(9, D, generator=torch_rng(1))
    updated = previous.clone()
    updated[3] += 1
    made = Transfer((F1, F2), H, anchored=True).rows(TransferWeights(**weights), previous, updated)
    assert [row for row in range(9) if not torch.equal(made[row], previous[row])] == [3]
    assert not torch.equal(made[3], updated[3])


def test_an_anchored_transfer_starts_by_keeping_the_updated_rows() -> None:
    transfer = Transfer((F1, F2), H, anchored=True)
    weights = transfer.initial_weights(PLANES, seed=0)
    previous, updated = torch.randn(9, D, generator=torch_rng(1)), torch.randn(9, D, generator=torch_rng(2))
    assert torch.equal(transfer.rows(TransferWeights.of(weights, "item.weight"), previous, updated), updated)


def test_initial_weights_are_glorot_a_transfer_for_each_parameter() -> None:
    plain = Transfer((10, 5), 20, anchored=False).initial_weights(PLANES, seed=3)
    assert {name.rsplit(".", 1)[0] for name in plain} == {"item.weight", "layer.weight", "layer.bias"}
    limits: dict[str, tuple[tuple[int, ...], int]] = {
        "item.weight.first": ((10, 3), 33),
        "item.weight.second": ((5, 10), 60),
        "item.weight.inner": ((5 * D, 20), 5 * D + 20),
        "item.weight.outer": ((20, D), 20 + D),
        "layer.weight.inner": ((5 * 2 * D, 20), 5 * 2 * D + 20),
        "layer.weight.outer": ((20, 2 * D), 20 + 2 * D),
        "layer.bias.inner_bias": ((20,), 40),
        "layer.bias.outer": ((20, 2), 22),
    }
    for name, (shape, fans) in limits.items():
        limit = math.sqrt(6 / fans)
        assert plain[name].shape == shape, name
        assert 0.7 * limit < plain[name].abs().max().item() <= limit, name
    anchored = Transfer((10, 5), 20, anchored=True).initial_weights(PLANES, seed=3)
    assert anchored.keys() == {name for name in plain if not name.endswith("outer_bias")}
    for name, value in anchored.items():
        assert not value.any() if name.endswith("outer") else torch.equal(value, plain[name]), name


def test_initial_weights_are_of_the_seed_and_of_the_parameter() -> None:
    transfer = Transfer((F1, F2), H, anchored=True)
    one, other = transfer.initial_weights(PLANES, seed=1), transfer.initial_weights(PLANES, seed=2)
    assert not torch.equal(one["item.weight.first"], other["item.weight.first"])
    assert not torch.equal(one["item.weight.first"], one["layer.weight.first"])
