"""Momentum ends when it is said to end."""

import math

import pytest
import torch

from freshrec.training.adam import BETAS, EPSILON, FADING, LARGEST, lasting, still

DTYPES = (torch.float32, torch.float64)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("before", [1, 2, 30, 1000, 10**7])
def test_a_row_that_stands_still_is_moved_by_less_than_half_an_ulp_of_the_learning_rate(
    dtype: torch.dtype, before: int
) -> None:
    """All its steps without a gradient are added up, whatever the number of steps before."""
    root, total = 1.0, 0.0
    mean = still(dtype) * root
    for step in range(before + 1, before + 2000):
        mean, root = mean * BETAS[0], root * math.sqrt(BETAS[1])
        bias, widening = 1 - BETAS[0] ** step, math.sqrt(1 - BETAS[1] ** step)
        total += mean / bias / (root / widening + EPSILON)
    assert 0 < total < torch.finfo(dtype).eps / 2


def test_no_momentum_is_larger_than_the_largest() -> None:
    """The worst gradients fade as b1^j / b2^j back from the last: they come near the bound, and no others do more."""
    mean = square = 0.0
    for j in reversed(range(400)):
        gradient = (BETAS[0] / BETAS[1]) ** j
        mean, square = BETAS[0] * mean + 0.1 * gradient, BETAS[1] * square + 0.001 * gradient**2
    assert 0.999 * LARGEST < mean / math.sqrt(square) < LARGEST * (1 + 1e-9)


@pytest.mark.parametrize(("dtype", "steps"), [(torch.float32, 221), (torch.float64, 413)])
def test_the_largest_momentum_lasts_so_many_steps(dtype: torch.dtype, steps: int) -> None:
    assert lasting(dtype) == steps
    assert LARGEST * FADING**steps <= still(dtype) < LARGEST * FADING ** (steps - 1)
