"""Adam on whole tensors: torch's, and for a table the same to the last bit however many rows come after."""

from collections.abc import Sequence

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from freshrec.seeds import torch_rng
from freshrec.training import Fitted
from freshrec.training.dense_adam import DenseAdam


def gradients(rows: int, columns: int, steps: int) -> list[Tensor]:
    return [torch.randn(rows, columns, generator=torch_rng(step)) for step in range(steps)]


def after(value: Tensor, given_gradients: Sequence[Tensor | None], start: Fitted | None = None) -> Fitted:
    """The parameter x after some steps; those without a gradient are none for it."""
    start = start or Fitted.untrained({"x": value})
    x = start.params["x"].clone().requires_grad_()
    adam = DenseAdam({"x": x}, start.moments, 0.01)
    for gradient in given_gradients:
        adam.zero_grad()
        assert x.grad is None
        x.grad = gradient
        adam.step()
    steps, mean, square = adam.moments("x")
    moments = type(start.moments)({"x": steps}, {"x": mean}, {"x": square})
    return Fitted({"x": x.detach()}, moments)


@settings(max_examples=30)
@given(st.integers(1, 40), st.integers(0, 70), st.sampled_from([1, 3, 5, 8, 9]))
def test_no_bit_of_a_row_depends_on_later_rows(rows: int, more: int, columns: int) -> None:
    value, steps = torch.randn(rows, columns, generator=torch_rng(9)), gradients(rows, columns, 30)
    few = after(value, steps)
    longer = [torch.cat([gradient, torch.zeros(more, columns)]) for gradient in steps]
    many = after(torch.cat([value, torch.ones(more, columns)]), longer)
    for one, other in ((few.params, many.params), (few.moments.mean, many.moments.mean)):
        assert torch.equal(one["x"], other["x"][:rows])
    assert torch.equal(few.moments.square["x"], many.moments.square["x"][:rows])


@pytest.mark.parametrize("shape", [(7, 3), (16, 4), (5,), ()])
def test_it_is_torchs_adam(shape: tuple[int, ...]) -> None:
    rng = torch_rng(0)
    value = torch.randn(shape, generator=rng)
    steps = [torch.randn(shape, generator=rng) for _ in range(20)]
    expected = value.clone().requires_grad_()
    adam = torch.optim.Adam([expected], lr=0.01)
    for gradient in steps:
        expected.grad = gradient
        adam.step()
    made = after(value, steps)
    torch.testing.assert_close(made.params["x"], expected.detach(), rtol=1e-6, atol=1e-7)
    torch.testing.assert_close(made.moments.mean["x"], adam.state[expected]["exp_avg"], rtol=1e-6, atol=1e-7)
    torch.testing.assert_close(made.moments.square["x"], adam.state[expected]["exp_avg_sq"], rtol=1e-6, atol=1e-7)
    assert made.moments.steps["x"] == 20


@pytest.mark.parametrize("rows", [7, 16])
def test_steps_go_on_from_moments_and_count_gradients_alone(rows: int) -> None:
    value, steps = torch.randn(rows, 3, generator=torch_rng(9)), gradients(rows, 3, 6)
    whole = after(value, steps)
    halves = after(value, [None, *steps[3:], None], after(value, [None, *steps[:3]]))
    assert torch.equal(whole.params["x"], halves.params["x"])
    assert torch.equal(whole.moments.square["x"], halves.moments.square["x"])
    assert halves.moments.steps["x"] == 6
    untouched = after(value, [None])
    assert untouched.moments.steps["x"] == 0
    assert torch.equal(untouched.params["x"], value)
