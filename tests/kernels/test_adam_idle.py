"""The compiled steps of idle rows are the plain ones in float64, up to what float32 can do."""

import pytest
import torch
from torch import Tensor

from freshrec.kernels import IdleSteps
from freshrec.seeds import torch_rng
from freshrec.training.adam import BETAS, EPSILON, LARGEST, PlainIdleSteps, Schedule, lasting, still

RATE, DIM = 0.1, 9
F32 = torch.float32


def idle_steps(before: int, steps: int) -> tuple[IdleSteps, PlainIdleSteps]:
    compiled = IdleSteps(RATE, before, BETAS, EPSILON, still(F32), lasting(F32))
    plain = PlainIdleSteps(Schedule(RATE, before))
    for _ in range(steps):
        compiled.advance()
        plain.advance()
    return compiled, plain


def table(rows: int, smallest: float) -> tuple[Tensor, Tensor, Tensor]:
    """Values of the size of what a row is moved by; second moments around epsilon's square and far from it."""
    rng = torch_rng(0, "idle", rows)
    square = 10 ** (torch.rand(rows, DIM, generator=rng) * -smallest)
    mean = square.sqrt() * LARGEST * (2 * torch.rand(rows, DIM, generator=rng) - 1)
    return torch.randn(rows, DIM, generator=rng) * RATE, mean, square


@pytest.mark.parametrize("smallest", [2, 20])
@pytest.mark.parametrize("before", [0, 1, 10, 150, 191, 199, 200, 205, 1000, 10**7])
@pytest.mark.parametrize("every", [False, True])
def test_they_are_the_plain_steps_however_many_were_missed(before: int, smallest: float, every: bool) -> None:
    """From one to more than momentum lasts, before and after the number of steps where sums stand for terms."""
    steps = 300
    value, mean, square = table(steps + 1, smallest)
    at = torch.arange(steps + 1, dtype=torch.int32)
    exact = [tensor.double() for tensor in (value, mean, square)]
    compiled, plain = idle_steps(before, steps)
    rows = None if every else torch_rng(1, "rows")
    chosen = None if rows is None else torch.randperm(steps + 1, generator=rows)[:200]
    ours, theirs = at.clone(), at.clone()
    if before == 0:
        # Without a step before it no row can be at step 0 and have moments.
        mean[0], exact[1][0] = 0, 0
    compiled.take(value, mean, square, ours, chosen)
    plain.take(exact[0], exact[1], exact[2], theirs, chosen)
    assert torch.equal(ours, theirs)
    assert (ours == steps).sum() == (steps + 1 if every else len(torch.unique(torch.cat([chosen, at[-1:]]))))  # type: ignore[list-item]
    torch.testing.assert_close(value.double(), exact[0], rtol=3e-6, atol=RATE * 3e-6)
    torch.testing.assert_close(mean.double(), exact[1], rtol=3e-6, atol=1e-37)
    torch.testing.assert_close(square.double(), exact[2], rtol=3e-6, atol=0)


def test_a_long_optimisation_outgrows_no_table() -> None:
    compiled, plain = idle_steps(5, 5000)
    value, mean, square = table(4, 2)
    exact = [tensor.double() for tensor in (value, mean, square)]
    at = torch.tensor([10, 1100, 4000, 4990], dtype=torch.int32)
    compiled.take(value, mean, square, at.clone(), None)
    plain.take(exact[0], exact[1], exact[2], at.clone(), None)
    torch.testing.assert_close(value.double(), exact[0], rtol=3e-6, atol=RATE * 3e-6)
    torch.testing.assert_close(square.double(), exact[2], rtol=3e-6, atol=0)


def test_taking_them_twice_is_taking_them_once() -> None:
    compiled, _ = idle_steps(300, 50)
    tensors = table(30, 4)
    at = torch.zeros(30, dtype=torch.int32)
    compiled.take(*tensors, at, torch.arange(10))
    before = [tensor.clone() for tensor in tensors]
    compiled.take(*tensors, at, torch.arange(10))
    assert all(torch.equal(one, other) for one, other in zip(tensors, before, strict=True))


def test_rows_without_momentum_keep_their_values_and_what_is_left_of_it_becomes_zero_in_time() -> None:
    compiled, _ = idle_steps(300, 900)
    value, square = torch.ones(3, 2), torch.ones(3, 2)
    mean = torch.tensor([[0.0, 0.0], [1e-10, -1e-10], [1.0, 1.0]])
    compiled.take(value, mean, square, torch.zeros(3, dtype=torch.int32), None)
    assert (value == 1).all(1).tolist() == [True, True, False]
    assert not mean.any()
    torch.testing.assert_close(square, torch.full((3, 2), 0.999**900), rtol=1e-6, atol=0)
