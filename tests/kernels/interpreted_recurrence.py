"""The Triton kernels run by Triton's interpreter, on the CPU: `test_triton_recurrence.py` runs this file.

Whether kernels are interpreted is settled when Triton is imported, so that this needs a process of its own.
"""

from collections.abc import Iterator

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import Tensor

from freshrec.generators import GRU, PlainGRU
from freshrec.kernels import GRUWeights, can_fuse, gru_backward, gru_forward, recurrence

from .problems import HELD, PARTS, assert_equal, gradient_of, plain, problem


@pytest.fixture(autouse=True, scope="module")
def as_on_a_gpu() -> Iterator[None]:
    """Take the path of a GPU with tensors on the CPU."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recurrence, "_on_gpu", lambda tensor: True)
        patch.setattr(recurrence, "_has_triton", lambda device: True)
        yield


def compiled(x: Tensor, h: Tensor, weights: GRUWeights, gradient: Tensor) -> list[Tensor]:
    assert can_fuse(x, h, weights)
    return [gru_forward(x, h, weights, len(gradient)), *gru_backward(x, h, weights, gradient)]


steps = st.integers(1, 3).flatmap(lambda k: st.tuples(st.just(k), st.integers(1, k)))
hidden = st.integers(1, 6) | st.sampled_from([16, 17, 32])


@settings(max_examples=12)
@given(steps, st.integers(1, 40), st.integers(1, 3), hidden, st.sampled_from(HELD))
@example((3, 2), 129, 2, 4, torch.float32)
@example((3, 1), 129, 1, 3, torch.bfloat16)
@example((2, 2), 33, 2, 5, torch.float16)
@example((2, 1), 17, 1, 17, torch.float32)
@example((12, 2), 3, 1, 4, torch.float32)
def test_outputs_and_gradients_equal_the_plain_ones(
    steps: tuple[int, int], n: int, g: int, h: int, held: torch.dtype
) -> None:
    """The examples have two blocks of each kind, and a sequence that is long."""
    k, last = steps
    x, state, weights = problem(k, n, g, h, held=held)
    gradient = gradient_of(last, n, g)
    assert_equal(compiled(x, state, weights, gradient), plain(x, state, weights, gradient))


def test_state_and_coordinates_may_be_held_in_different_types() -> None:
    x, state, weights = problem(2, 9, 2, 3)
    state, gradient = state.bfloat16(), gradient_of(1, 9, 2)
    assert_equal(compiled(x, state, weights, gradient), plain(x, state, weights, gradient))


def test_views_are_read_as_what_they_are() -> None:
    x, state, weights = problem(3, 10, 4, 3)
    gradient = torch.ones(1, 1, 1).expand(2, 5, 4)
    made = compiled(x[:, ::2], state[::2], weights, gradient)
    assert_equal(made, plain(x[:, ::2], state[::2], weights, gradient))


@pytest.mark.parametrize("h", [4, 16])
def test_no_rows(h: int) -> None:
    x, state, weights = problem(2, 0, 3, h)
    y, *gradients = compiled(x, state, weights, gradient_of(1, 0, 3))
    assert y.shape == (1, 0, 3)
    for gradient, weight in zip(gradients, weights, strict=True):
        assert torch.equal(gradient, torch.zeros_like(weight))


@pytest.mark.parametrize("scale", [1e-4, 10.0, 1000.0])
def test_small_and_saturated_gates(scale: float) -> None:
    x, state, weights = problem(2, 50, 2, 4, scale)
    gradient = torch.ones(1, 50, 2)
    made, expected = compiled(x, state, weights, gradient), plain(x, state, weights, gradient)
    torch.testing.assert_close(made[0].double(), expected[0], rtol=2e-5, atol=1e-6 * scale)


@pytest.mark.parametrize("h", [4, 16])
def test_what_is_not_a_number_stays_so(h: int) -> None:
    x, state, weights = problem(2, 40, 2, h)
    x[0, 7, 1] = float("nan")
    y = compiled(x, state, weights, torch.ones(1, 40, 2))[0]
    assert torch.isnan(y[0, 7, 1])
    assert torch.isnan(y).sum() == 1


def test_the_generator_takes_this_path_and_autograd_its_gradients() -> None:
    x, state, weights = problem(3, 11, 2, 4)
    leaves = {f"p.{part}": weight.clone().requires_grad_() for part, weight in zip(PARTS, weights, strict=True)}
    gradient = gradient_of(2, 11, 2)
    y = GRU(4).outputs(leaves, "p", x, state, 2)
    assert y.grad_fn is not None
    assert y.grad_fn.name() == "_FusedBackward"
    y.backward(gradient)  # type: ignore[no-untyped-call]
    made = [y.detach(), *(leaf.grad for leaf in leaves.values() if leaf.grad is not None)]
    assert_equal(made, plain(x, state, weights, gradient))


def test_a_larger_hidden_size_takes_the_plain_path() -> None:
    x, state, weights = problem(2, 5, 2, 33)
    assert not can_fuse(x, state, weights)
    named = {f"p.{part}": weight for part, weight in zip(PARTS, weights, strict=True)}
    made, expected = (cell.outputs(named, "p", x, state, 1) for cell in (GRU(33), PlainGRU(33)))
    assert torch.equal(made, expected)
