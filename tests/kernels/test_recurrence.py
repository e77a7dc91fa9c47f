"""The compiled recurrence equals the plain one, forward and backward, for any sizes and number of threads."""

from collections.abc import Iterator

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from freshrec.generators import PlainGRU
from freshrec.kernels import gru_backward, gru_forward, one_torch_thread
from freshrec.seeds import torch_rng

PARTS = ("input", "recurrent", "readout", "bias")


@pytest.fixture(params=[1, 2])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def problem(k: int, n: int, g: int, h: int, scale: float = 0.5) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    rng = torch_rng(0, "problem", k, n, g, h)
    shapes = {"input": (g, 3 * h), "recurrent": (g, h, 3 * h), "readout": (g, h), "bias": (g,)}
    weights = {f"p.{part}": scale * torch.randn(shape, generator=rng) for part, shape in shapes.items()}
    return torch.randn(k, n, g, generator=rng), torch.randn(n, g, h, generator=rng), weights


def compiled(x: Tensor, h: Tensor, weights: dict[str, Tensor], gradient: Tensor) -> list[Tensor]:
    arrays = tuple(weights[f"p.{part}"].numpy() for part in PARTS)
    y = gru_forward(x.numpy(), h.numpy(), arrays, len(gradient))  # type: ignore[arg-type]
    parts = gru_backward(x.numpy(), h.numpy(), arrays, gradient.numpy())  # type: ignore[arg-type]
    return [torch.from_numpy(y), *(torch.from_numpy(part) for part in parts)]


def plain(x: Tensor, h: Tensor, weights: dict[str, Tensor], gradient: Tensor) -> list[Tensor]:
    """The same in float64 through the readable path and autograd."""
    leaves = {name: weight.double().requires_grad_() for name, weight in weights.items()}
    y = PlainGRU(h.shape[2]).outputs(leaves, "p", x.double(), h.double(), len(gradient))
    y.backward(gradient.double())  # type: ignore[no-untyped-call]
    grads = [leaves[f"p.{part}"].grad for part in PARTS]
    return [y.detach(), *(grad for grad in grads if grad is not None)]


many_rows = st.tuples(st.integers(1, 600), st.integers(1, 5))
many_generators = st.tuples(st.integers(1, 15), st.integers(1, 600))


@settings(max_examples=60)
@given(st.integers(1, 4), many_rows | many_generators, st.integers(1, 6), st.data())
def test_outputs_and_gradients_equal_the_plain_ones(
    k: int, sizes: tuple[int, int], h: int, data: st.DataObject
) -> None:
    (n, g), steps = sizes, data.draw(st.integers(1, k))
    x, state, weights = problem(k, n, g, h)
    gradient = torch.randn(steps, n, g, generator=torch_rng(1, "gradient"))
    for made, expected in zip(compiled(x, state, weights, gradient), plain(x, state, weights, gradient), strict=True):
        scale = expected.abs().max().item() + 1e-3
        torch.testing.assert_close(made.double(), expected, rtol=0, atol=2e-5 * scale)


@pytest.mark.parametrize(("n", "g"), [(1000, 8), (1, 1000)])
def test_the_number_of_threads_changes_no_bit(threads: int, n: int, g: int) -> None:
    x, state, weights = problem(3, n, g, 4)
    gradient = torch.randn(1, n, g, generator=torch_rng(1, "gradient"))
    made = compiled(x, state, weights, gradient)
    torch.set_num_threads(5)
    for one, other in zip(made, compiled(x, state, weights, gradient), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("scale", [1e-4, 10.0, 1000.0])
def test_small_and_saturated_gates(scale: float) -> None:
    x, state, weights = problem(2, 50, 2, 4, scale)
    gradient = torch.ones(1, 50, 2)
    made, expected = compiled(x, state, weights, gradient), plain(x, state, weights, gradient)
    torch.testing.assert_close(made[0].double(), expected[0], rtol=2e-5, atol=1e-6 * scale)


def test_what_is_not_a_number_stays_so() -> None:
    x, state, weights = problem(2, 40, 2, 4)
    x[0, 7, 1] = float("nan")
    y = compiled(x, state, weights, torch.ones(1, 40, 2))[0]
    assert torch.isnan(y[0, 7, 1])
    assert torch.isnan(y).sum() == 1


def test_torch_has_one_thread_while_compiled_work_has_all(threads: int) -> None:
    x, state, weights = problem(3, 1000, 8, 4)
    gradient = torch.randn(1, 1000, 8, generator=torch_rng(1, "gradient"))
    expected = compiled(x, state, weights, gradient)
    with one_torch_thread():
        assert torch.get_num_threads() == 1
        made = compiled(x, state, weights, gradient)
    assert torch.get_num_threads() == threads
    assert all(torch.equal(one, other) for one, other in zip(made, expected, strict=True))
