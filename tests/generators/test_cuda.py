"""The recurrence on a GPU: equal to the CPU's in float64, the same bits every time, and without waiting for it."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from freshrec.generators import GRU, PlainGRU
from freshrec.seeds import torch_rng

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU that torch can use")

K = 3


@pytest.fixture
def waiting_raises() -> Iterator[None]:
    torch.cuda.set_sync_debug_mode("error")
    yield
    torch.cuda.set_sync_debug_mode("default")


def problem(n: int, g: int, h: int) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    rng = torch_rng(0, "problem", n, g, h)
    x, state = torch.randn(K, n, g, generator=rng), torch.randn(n, g, h, generator=rng)
    return x, state, GRU(h).initial_weights({"p": [g]}, 0)


def outcome(cell: PlainGRU, x: Tensor, state: Tensor, weights: dict[str, Tensor]) -> list[Tensor]:
    """Outputs after the last two steps, and the weights' gradients."""
    leaves = {name: weight.clone().requires_grad_() for name, weight in weights.items()}
    y = cell.outputs(leaves, "p", x, state, 2)
    return [y.detach(), *torch.autograd.grad(y.square().sum(), list(leaves.values()))]


def on_gpu(
    x: Tensor, state: Tensor, weights: dict[str, Tensor], held: torch.dtype
) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    return x.cuda(), state.cuda().to(held), {name: weight.cuda() for name, weight in weights.items()}


@pytest.mark.parametrize("held", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize(
    ("n", "g", "h"), [(6000, 8, 4), (1, 1000, 4), (129, 3, 3), (700, 5, 16), (50, 2, 20), (9, 2, 64)]
)
def test_it_equals_the_cpu_in_float64(n: int, g: int, h: int, held: torch.dtype) -> None:
    x, state, weights = problem(n, g, h)
    made = outcome(GRU(h), *on_gpu(x, state, weights, held))
    double = {name: weight.double() for name, weight in weights.items()}
    expected = outcome(PlainGRU(h), x.double(), state.to(held).double(), double)
    for one, other in zip(made, expected, strict=True):
        torch.testing.assert_close(one.cpu().double(), other, rtol=0, atol=2e-5 * other.abs().max().item())


def test_equal_inputs_give_equal_bits() -> None:
    placed = on_gpu(*problem(6000, 8, 4), torch.float32)
    for one, other in zip(outcome(GRU(4), *placed), outcome(GRU(4), *placed), strict=True):
        assert torch.equal(one, other)


def test_the_host_does_not_wait(request: pytest.FixtureRequest) -> None:
    placed = on_gpu(*problem(6000, 8, 4), torch.float32)
    outcome(GRU(4), *placed)
    request.getfixturevalue("waiting_raises")
    outcome(GRU(4), *placed)
