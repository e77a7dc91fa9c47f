"""Inputs of the recurrence, and what the plain path in float64 makes of them."""

import torch
from torch import Tensor

from freshrec.generators import PlainGRU
from freshrec.kernels import GRUWeights
from freshrec.seeds import torch_rng

PARTS = ("input", "recurrent", "readout", "bias")
HELD = (torch.float32, torch.float16, torch.bfloat16)


def problem(
    k: int, n: int, g: int, h: int, scale: float = 0.5, held: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor, GRUWeights]:
    """Coordinates [K, N, G] and states [N, G, H], held in a type, and the weights in float32."""
    rng = torch_rng(0, "problem", k, n, g, h)
    shapes = ((g, 3 * h), (g, h, 3 * h), (g, h), (g,))
    w_in, w_rec, readout, bias = (scale * torch.randn(shape, generator=rng) for shape in shapes)
    x, state = torch.randn(k, n, g, generator=rng), torch.randn(n, g, h, generator=rng)
    return x.to(held), state.to(held), (w_in, w_rec, readout, bias)


def gradient_of(steps: int, n: int, g: int) -> Tensor:
    return torch.randn(steps, n, g, generator=torch_rng(1, "gradient"))


def plain(x: Tensor, h: Tensor, weights: GRUWeights, gradient: Tensor) -> list[Tensor]:
    """Outputs and the weights' gradients in float64, through the readable path and autograd."""
    leaves = [weight.double().requires_grad_() for weight in weights]
    named = {f"p.{part}": leaf for part, leaf in zip(PARTS, leaves, strict=True)}
    y = PlainGRU(h.shape[2]).outputs(named, "p", x.double(), h.double(), len(gradient))
    y.backward(gradient.double())  # type: ignore[no-untyped-call]
    return [y.detach(), *(leaf.grad for leaf in leaves if leaf.grad is not None)]


def assert_equal(made: list[Tensor], expected: list[Tensor]) -> None:
    """To within what float32 can do, measured by the largest number of each tensor."""
    for one, other in zip(made, expected, strict=True):
        assert one.dtype == torch.float32
        scale = other.abs().max().item() + 1e-3
        torch.testing.assert_close(one.double(), other, rtol=0, atol=2e-5 * scale)
