"""The compiled recurrence as a differentiable function of the generator's weights."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from freshrec.kernels import gru_backward, gru_forward

__all__ = ["can_fuse", "fused_outputs"]


def can_fuse(x: Tensor) -> bool:
    """Whether the compiled path computes these coordinates [K, N, G]: float32 on the CPU."""
    return x.dtype == torch.float32 and x.device.type == "cpu"


def fused_outputs(x: Tensor, h: Tensor, weights: tuple[Tensor, ...], steps: int) -> Tensor:
    """`GRU.plain_outputs`, compiled; gradients flow to the weights, x and h are data."""
    made: Tensor = _Fused.apply(x, h, steps, *weights)  # type: ignore[no-untyped-call]
    return made


class _Fused(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, h: Tensor, steps: int, *weights: Tensor) -> Tensor:
        w_in, w_rec, readout, bias = (weight.detach().numpy() for weight in weights)
        ctx.arrays = arrays = (x.numpy(), h.numpy(), (w_in, w_rec, readout, bias))
        return torch.from_numpy(gru_forward(*arrays, steps))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, h, weights = ctx.arrays
        gradients = gru_backward(x, h, weights, gradient.contiguous().numpy())
        return None, None, None, *(torch.from_numpy(part) for part in gradients)
