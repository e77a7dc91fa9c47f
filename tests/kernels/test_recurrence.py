"""The compiled recurrence equals the plain one, forward and backward, for any sizes and number of threads."""

from collections.abc import Iterator

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from freshrec.kernels import GRUWeights, can_fuse, gru_backward, gru_forward, one_torch_thread, recurrence

from .problems import HELD, assert_equal, gradient_of, plain, problem


@pytest.fixture(params=[1, 2])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def compiled(x: Tensor, h: Tensor, weights: GRUWeights, gradient: Tensor) -> list[Tensor]:
    return [gru_forward(x, h, weights, len(gradient)), *gru_backward(x, h, weights, gradient)]


many_rows = st.tuples(st.integers(1, 600), st.integers(1, 5))
many_generators = st.tuples(st.integers(1, 15), st.integers(1, 600))


@settings(max_examples=60)
@given(st.integers(1, 4), many_rows | many_generators, st.integers(1, 6), st.sampled_from(HELD), st.data())
def test_outputs_and_gradients_equal_the_plain_ones(
    k: int, sizes: tuple[int, int], h: int, held: torch.dtype, data: st.DataObject
) -> None:
    (n, g), steps = sizes, data.draw(st.integers(1, k))
    x, state, weights = problem(k, n, g, h, held=held)
    gradient = gradient_of(steps, n, g)
    assert_equal(compiled(x, state, weights, gradient), plain(x, state, weights, gradient))


@pytest.mark.parametrize(("n", "g"), [(1000, 8), (1, 1000)])
def test_the_number_of_threads_changes_no_bit(threads: int, n: int, g: int) -> None:
    x, state, weights = problem(3, n, g, 4)
    gradient = gradient_of(1, n, g)
    made = compiled(x, state, weights, gradient)
    torch.set_num_threads(5)
    for one, other in zip(made, compiled(x, state, weights, gradient), strict=True):
        assert torch.equal(one, other)


def test_small_gradients_are_as_exact_as_large_ones() -> None:
    """Adam divides each by its own size, so an error that is small beside the largest could still steer."""
    x, state, weights = problem(3, 1, 1000, 4)
    gradient = gradient_of(3, 1, 1000) * torch.logspace(0, -8, 1000)
    made, expected = compiled(x, state, weights, gradient), plain(x, state, weights, gradient)
    for one, other in zip(made[1:], expected[1:], strict=True):
        error = ((one.double() - other) / other).abs().flatten()
        assert error.quantile(0.5) < 5e-7
        assert error.quantile(0.99) < 1e-4


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
    gradient = gradient_of(1, 1000, 8)
    expected = compiled(x, state, weights, gradient)
    with one_torch_thread():
        assert torch.get_num_threads() == 1
        made = compiled(x, state, weights, gradient)
    assert torch.get_num_threads() == threads
    assert all(torch.equal(one, other) for one, other in zip(made, expected, strict=True))


@pytest.mark.parametrize("held", HELD)
def test_there_is_code_for_the_cpu(held: torch.dtype) -> None:
    assert can_fuse(*problem(2, 5, 2, 4, held=held))
    assert can_fuse(*problem(2, 5, 2, 100, held=held))


def test_there_is_none_for_double_precision_and_other_devices() -> None:
    x, h, weights = problem(2, 5, 2, 4)
    w_in, w_rec, readout, bias = weights
    assert not can_fuse(x.double(), h, weights)
    assert not can_fuse(x, h.double(), weights)
    assert not can_fuse(x, h, (w_in.double(), w_rec, readout, bias))
    assert not can_fuse(x.to("meta"), h, weights)


@pytest.mark.parametrize(
    ("installed", "capability", "expected"), [(True, (7, 5), True), (True, (7, 0), False), (False, (9, 0), False)]
)
def test_there_is_code_for_gpus_that_triton_compiles_for(
    installed: bool, capability: tuple[int, int], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def has_capability(device: int) -> tuple[int, int]:
        asked.append(device)
        return capability

    monkeypatch.setattr(recurrence, "find_spec", lambda name: installed or None)
    monkeypatch.setattr(torch.cuda, "get_device_capability", has_capability)
    assert recurrence._has_triton.__wrapped__(1) == expected
    assert asked == ([1] if installed else [])
