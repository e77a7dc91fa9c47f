"""Rows of a table corrected by a small perceptron, with a gradient that goes to the perceptron's weights alone."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from freshrec.kernels import CorrectionWeights, can_correct, correct_backward, correct_forward

__all__ = ["correct_rows", "correct_rows_plainly"]


def correct_rows(inputs: Tensor, scale: float, weights: CorrectionWeights) -> Tensor:
    """Computes `correct_rows_plainly`, by compiled code for float32 on the CPU."""
    parts = (weights.hidden, weights.output, weights.linear)
    if can_correct(inputs, *parts):
        corrected: Tensor = _CompiledRows.apply(inputs, scale, *parts)  # type: ignore[no-untyped-call]
        return corrected
    return correct_rows_plainly(inputs, scale, weights)


def correct_rows_plainly(inputs: Tensor, scale: float, weights: CorrectionWeights) -> Tensor:
    """Corrected rows [N, D]: row + scale (gelu(x hidden) output + gain row / scale + momentum change / scale + bias).

    x are the inputs, of which the row and its change are taken over the scale. GELU is in its tanh form.
    Gradients flow to the weights.

    Args:
        inputs: [N, I]: the row [D], its change [D], features [I - 2 D - 1], and 1; or 0 for a row that stays as it is.
        scale: s, of the correction; where it is zero, rows stay as they are.
        weights: of the correction; (gain, momentum, bias) are `weights.linear`.
    """
    size = weights.linear.shape[1]
    row, change, rest = torch.split(inputs, [size, size, inputs.shape[1] - 2 * size], 1)
    inverse, (gain, momentum, bias) = 1 / scale if scale else 0.0, weights.linear
    x = torch.cat([row * inverse, change * inverse, rest], 1)
    hidden = F.gelu(x @ weights.hidden, approximate="tanh")
    linear = gain * x[:, :size] + momentum * x[:, size : 2 * size] + bias
    corrected: Tensor = row + scale * rest[:, -1:] * (hidden @ weights.output + linear)
    return corrected


class _CompiledRows(torch.autograd.Function):
    """The inputs take no gradient."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, scale: float, hidden: Tensor, output: Tensor, linear: Tensor) -> Tensor:
        weights = CorrectionWeights(hidden, output, linear)
        result, ctx.blocks = correct_forward(inputs, scale, weights, any(ctx.needs_input_grad))
        ctx.scale = scale
        ctx.save_for_backward(hidden, output, linear)
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        weights = CorrectionWeights(*ctx.saved_tensors)
        of_weights = correct_backward(gradient, ctx.scale, weights, ctx.blocks)
        return None, None, of_weights.hidden, of_weights.output, of_weights.linear
