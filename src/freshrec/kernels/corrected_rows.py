"""Rows of a table corrected by a small perceptron, forward and backward; the plain definition is in the generators.

Rows are taken in blocks that stay in the cache, input by input: what is done to a block is loops over its rows, which
the compiler vectorises whatever the widths of the layers are.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from freshrec.kernels.activations import HALF, ONE, ZERO, Floats, compiled_fast, inlined, tanh
from freshrec.kernels.threads import over_blocks

__all__ = ["CorrectionWeights", "SavedBlocks", "can_correct", "correct_backward", "correct_forward"]

ROWS = 128
"""Rows of a block; with 28 inputs and 16 hidden units it takes 34 KiB."""
TOGETHER = 16
"""Blocks whose gradients are summed together, on one thread; sums of these are added up in their order."""
C0, C1 = np.float32(0.7978845608028654), np.float32(0.044715)


@dataclass(frozen=True)
class CorrectionWeights:
    """Weights of a table's correction.

    Attributes:
        hidden: [I, H], of which the last row is the bias.
        output: [H, D].
        linear: [3, D], gain and momentum and bias.
    """

    hidden: Tensor
    output: Tensor
    linear: Tensor


@dataclass(frozen=True)
class SavedBlocks:
    """What the backward pass needs of the forward one.

    Attributes:
        count: N, how many rows there are.
        values: float32 [blocks, I + 2 H, ROWS], the inputs, the activations and their derivatives.
    """

    count: int
    values: Floats


def can_correct(*tensors: Tensor) -> bool:
    """Whether the compiled path takes these; the plain one takes all."""
    return all(tensor.device.type == "cpu" and tensor.dtype == torch.float32 for tensor in tensors)


def correct_forward(
    inputs: Tensor, scale: float, weights: CorrectionWeights, save: bool
) -> tuple[Tensor, SavedBlocks | None]:
    """Corrected rows [N, D], and what their backward pass needs where `save` is set.

    Args:
        inputs: float32 [N, I]: row, change, features, and whether the row is corrected.
        scale: s, of the correction.
        weights: of the correction.
        save: whether there will be a backward pass.
    """
    (width, hidden), blocks = weights.hidden.shape, -(-len(inputs) // ROWS)
    corrected = torch.empty(len(inputs), weights.linear.shape[1])
    saved = np.empty((blocks if save else 0, width + 2 * hidden, ROWS), np.float32)
    arrays = _arrays(inputs, weights.hidden, weights.output, weights.linear)
    over_blocks(_forward, blocks, *arrays, np.float32(scale), _inverse(scale), saved, corrected.numpy(), least=TOGETHER)
    return corrected, SavedBlocks(len(inputs), saved) if save else None


def correct_backward(
    gradient: Tensor, scale: float, weights: CorrectionWeights, saved: SavedBlocks
) -> CorrectionWeights:
    """The gradient of the weights, from that of the corrected rows [N, D]."""
    (width, hidden), size = weights.hidden.shape, weights.linear.shape[1]
    parts = -(-len(saved.values) // TOGETHER)
    sums = [np.zeros((parts, *shape), np.float32) for shape in ((width, hidden), (hidden, size), (3, size))]
    arrays = _arrays(gradient, weights.output)
    over_blocks(_backward, parts, *arrays, np.float32(scale), saved.values, saved.count, *sums)
    return CorrectionWeights(*(torch.from_numpy(part[0] if parts == 1 else part.sum(0)) for part in sums))


def _arrays(*tensors: Tensor) -> list[Floats]:
    return [tensor.detach().contiguous().numpy() for tensor in tensors]


def _inverse(scale: float) -> np.float32:
    return np.float32(1 / scale if scale else 0.0)


@compiled_fast
def _forward(
    first: int,
    last: int,
    inputs: Floats,
    hidden: Floats,
    output: Floats,
    linear: Floats,
    scale: np.float32,
    inverse: np.float32,
    saved: Floats,
    corrected: Floats,
) -> None:
    (width, units), size, keeps = hidden.shape, output.shape[1], len(saved) > 0
    own, sums = np.empty((width + 2 * units, ROWS), np.float32), np.empty(ROWS, np.float32)
    corrections = np.empty((ROWS, size), np.float32)
    for block in range(first, last):
        begin = block * ROWS
        count = min(ROWS, len(inputs) - begin)
        work = saved[block] if keeps else own
        for i in range(width):
            factor = inverse if i < 2 * size else ONE
            for n in range(count):
                work[i, n] = factor * inputs[begin + n, i]
            for n in range(count, ROWS):
                work[i, n] = ZERO
        mask = work[width - 1]
        for j in range(units):
            _product(work, 0, hidden[:, j], sums)
            active, slope = work[width + j], work[width + units + j]
            for n in range(ROWS):
                x = sums[n]
                square = x * x
                t = tanh(C0 * x * (ONE + C1 * square))
                active[n] = HALF * x * (ONE + t)
                slope[n] = HALF * (ONE + t) + HALF * x * (ONE - t * t) * C0 * (ONE + np.float32(3) * C1 * square)
        for d in range(size):
            _product(work, width, output[:, d], sums)
            gain, momentum, bias = linear[0, d], linear[1, d], linear[2, d]
            row, change = work[d], work[size + d]
            for n in range(ROWS):
                total = sums[n] + gain * row[n] + momentum * change[n] + bias
                corrections[n, d] = scale * mask[n] * total
        for n in range(count):
            for d in range(size):
                corrected[begin + n, d] = inputs[begin + n, d] + corrections[n, d]


@compiled_fast
def _backward(
    first: int,
    last: int,
    gradient: Floats,
    output: Floats,
    scale: np.float32,
    saved: Floats,
    rows: int,
    of_hidden: Floats,
    of_output: Floats,
    of_linear: Floats,
) -> None:
    (width, units), size = of_hidden.shape[1:], of_output.shape[2]
    scaled, sums = np.empty((size, ROWS), np.float32), np.empty(ROWS, np.float32)
    for part in range(first, last):
        for block in range(part * TOGETHER, min((part + 1) * TOGETHER, len(saved))):
            begin, work = block * ROWS, saved[block]
            count, mask = min(ROWS, rows - begin), work[width - 1]
            for d in range(size):
                for n in range(count):
                    scaled[d, n] = scale * mask[n] * gradient[begin + n, d]
                for n in range(count, ROWS):
                    scaled[d, n] = ZERO
            for j in range(units):
                _product(scaled, 0, output[j], sums)
                active, slope = work[width + j], work[width + units + j]
                for n in range(ROWS):
                    sums[n] *= slope[n]
                _dots(work, width, sums, of_hidden[part, :, j])
                _dots(scaled, size, active, of_output[part, j])
            for d in range(size):
                to_gain, to_momentum, to_bias = ZERO, ZERO, ZERO
                row, change, each = work[d], work[size + d], scaled[d]
                for n in range(ROWS):
                    to_gain += row[n] * each[n]
                    to_momentum += change[n] * each[n]
                    to_bias += each[n]
                of_linear[part, 0, d] += to_gain
                of_linear[part, 1, d] += to_momentum
                of_linear[part, 2, d] += to_bias


@inlined
def _product(columns: Any, first: int, weights: Any, sums: Any) -> None:
    """Set sums [ROWS] to those of columns[first + i] [ROWS] by weights [i]; four at a time are read for one write."""
    count = len(weights)
    for n in range(ROWS):
        sums[n] = ZERO
    for i in range(0, count - 3, 4):
        a, b, c, d = columns[first + i], columns[first + i + 1], columns[first + i + 2], columns[first + i + 3]
        wa, wb, wc, wd = weights[i], weights[i + 1], weights[i + 2], weights[i + 3]
        for n in range(ROWS):
            sums[n] += wa * a[n] + wb * b[n] + wc * c[n] + wd * d[n]
    for i in range(count - count % 4, count):
        e, we = columns[first + i], weights[i]
        for n in range(ROWS):
            sums[n] += we * e[n]


@inlined
def _dots(columns: Any, count: int, other: Any, sums: Any) -> None:
    """Add to sums [i] the dot products of columns [i] [ROWS] with another one, for the first `count` columns."""
    for i in range(0, count - 3, 4):
        a, b, c, d = columns[i], columns[i + 1], columns[i + 2], columns[i + 3]
        sa, sb, sc, sd = ZERO, ZERO, ZERO, ZERO
        for n in range(ROWS):
            sa += a[n] * other[n]
            sb += b[n] * other[n]
            sc += c[n] * other[n]
            sd += d[n] * other[n]
        sums[i] += sa
        sums[i + 1] += sb
        sums[i + 2] += sc
        sums[i + 3] += sd
    for i in range(count - count % 4, count):
        e, se = columns[i], ZERO
        for n in range(ROWS):
            se += e[n] * other[n]
        sums[i] += se
