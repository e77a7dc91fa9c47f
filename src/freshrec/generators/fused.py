"""The compiled recurrence as a differentiable function of the generator's weights."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from freshrec.kernels import GRUWeights, gru_backward, gru_forward

__all__ = ["fused_outputs"]


def fused_outputs(x: Tensor, h: Tensor, weights: GRUWeights, steps: int) -> Tensor:
    """`PlainGRU`'s outputs, compiled; gradients flow to the weights, x and h are data."""
    made: Tensor = _Fused.apply(x, h, steps, *weights)  # type: ignore[no-untyped-call]
    return made


class _Fused(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, h: Tensor, steps: int, *weights: Tensor) -> Tensor:
        ctx.save_for_backward(x, h, *weights)
        w_in, w_rec, readout, bias = weights
        return gru_forward(x, h, (w_in, w_rec, readout, bias), steps)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, h, w_in, w_rec, readout, bias = ctx.saved_tensors
        return None, None, None, *gru_backward(x, h, (w_in, w_rec, readout, bias), gradient)
