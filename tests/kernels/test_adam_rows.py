"""The compiled step of rows is the plain one in float64, up to what float32 can do."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from freshrec.kernels import adam_row_steps
from freshrec.seeds import torch_rng
from freshrec.training.adam import BETAS, EPSILON, Schedule, row_steps

ROWS = 600
"""More than two blocks of rows."""


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, ROWS - 1), unique=True, max_size=400) | st.none(),
    st.integers(1, 11),
    st.booleans(),
    st.booleans(),
    st.sampled_from([0, 3, 10**6]),
)
def test_it_is_the_plain_step(chosen: list[int] | None, dim: int, by_row: bool, idle: bool, before: int) -> None:
    rng = torch_rng(0, "rows", dim)
    rows = None if chosen is None else torch.tensor(chosen, dtype=torch.int64)
    value, mean = torch.randn(2, ROWS, dim, generator=rng)
    square = torch.rand(ROWS, 1 if by_row else dim, generator=rng)
    gradient = torch.randn(ROWS if rows is None else len(rows), dim, generator=rng)
    gradient[::3] = 0
    exact = [tensor.double() for tensor in (value, mean, square)]
    schedule = Schedule(0.1, before)
    adam_row_steps(value, mean, square, rows, gradient, idle, schedule.rate(2), schedule.width(2), BETAS, EPSILON)
    row_steps(exact[0], exact[1], exact[2], rows, gradient.double(), idle, schedule, 2)
    for made, expected in zip((value, mean, square), exact, strict=True):
        torch.testing.assert_close(made.double(), expected, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("by_row", [False, True])
def test_a_row_whose_gradient_is_zero_keeps_every_bit(by_row: bool) -> None:
    value, mean, square = torch.ones(4, 2), torch.ones(4, 2), torch.ones(4, 1 if by_row else 2)
    gradient = torch.tensor([[0.0, 0.0], [0.0, 1e-30]])
    adam_row_steps(value, mean, square, torch.tensor([2, 0]), gradient, False, 0.1, 1.0, BETAS, EPSILON)
    assert (value != 1).any(1).tolist() == [True, False, False, False]
    assert (mean != 1).any(1).tolist() == [True, False, False, False]
