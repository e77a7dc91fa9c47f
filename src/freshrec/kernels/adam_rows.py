"""Adam's step on the rows of a table that have a gradient; `freshrec.training.adam` has the plain definition."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from torch import Tensor

from freshrec.kernels.activations import BLOCK, ZERO, Floats, compiled_fast
from freshrec.kernels.threads import over_blocks

__all__ = ["EVERY", "Ints", "adam_row_steps"]

Ints: TypeAlias = npt.NDArray[np.int64]

EVERY: Ints = np.zeros(0, np.int64)
"""Stands for the numbers of all rows, in their order."""


def adam_row_steps(
    value: Tensor,
    mean: Tensor,
    square: Tensor,
    rows: Tensor | None,
    gradient: Tensor,
    idle: bool,
    rate: float,
    width: float,
    betas: tuple[float, float],
    epsilon: float,
) -> None:
    """As `freshrec.training.adam.row_steps`, in place, for float32 on the CPU.

    Args:
        value: table [R, D].
        mean: first moments [R, D].
        square: second moments [R, D]; or [R, 1], which are means over a row's squared gradients.
        rows: distinct, int64 [N]; or None for all R.
        gradient: of those rows, [N, D].
        idle: whether rows whose gradient is zero take the step as well.
        rate: the learning rate over the first bias correction.
        width: one over the root of the second bias correction.
        betas: decays of the moments.
        epsilon: of Adam.
    """
    constants = (rate, width, 1 - betas[0], betas[1], 1 - betas[1], epsilon)
    over_blocks(
        _step,
        -(-len(gradient) // BLOCK),
        EVERY if rows is None else rows.numpy(),
        gradient.contiguous().numpy(),
        value.numpy(),
        mean.numpy(),
        square.numpy(),
        idle,
        *map(np.float32, constants),
    )


@compiled_fast
def _step(
    first: int,
    last: int,
    rows: Ints,
    gradient: Floats,
    value: Floats,
    mean: Floats,
    square: Floats,
    idle: bool,
    rate: np.float32,
    width: np.float32,
    new1: np.float32,
    kept2: np.float32,
    new2: np.float32,
    epsilon: np.float32,
) -> None:
    size, by_row = value.shape[1], square.shape[1] == 1
    for n in range(first * BLOCK, min(last * BLOCK, len(gradient))):
        row = rows[n] if len(rows) else n
        takes = idle
        for d in range(size):
            takes |= gradient[n, d] != ZERO
        if not takes:
            continue
        if by_row:
            total = ZERO
            for d in range(size):
                total += gradient[n, d] * gradient[n, d]
            square[row, 0] = kept2 * square[row, 0] + new2 * (total / np.float32(size))
            factor = rate / (np.sqrt(square[row, 0]) * width + epsilon)
            for d in range(size):
                mean[row, d] += new1 * (gradient[n, d] - mean[row, d])
                value[row, d] -= factor * mean[row, d]
        else:
            for d in range(size):
                mean[row, d] += new1 * (gradient[n, d] - mean[row, d])
                square[row, d] = kept2 * square[row, d] + new2 * (gradient[n, d] * gradient[n, d])
                value[row, d] -= rate * mean[row, d] / (np.sqrt(square[row, d]) * width + epsilon)
