"""The compiled correction of rows, forward and backward, against the plain definition in float64."""

from collections.abc import Callable
from typing import TypeAlias

import pytest
import torch
from torch import Tensor

from freshrec.generators.corrected_rows import correct_rows, correct_rows_plainly
from freshrec.kernels import CorrectionWeights, can_correct, one_torch_thread
from freshrec.seeds import torch_rng

Correct: TypeAlias = Callable[[Tensor, float, CorrectionWeights], Tensor]


def problem(rows: int, size: int, features: int, hidden: int, seed: int = 0) -> tuple[Tensor, CorrectionWeights]:
    rng = torch_rng(seed, "problem")
    inputs = torch.randn(rows, 2 * size + features + 1, generator=rng)
    inputs[:, -1] = 1
    inputs[::5, -1] = 0
    width = inputs.shape[1]
    shapes = ((width, hidden), (hidden, size), (3, size))
    return inputs, CorrectionWeights(*(0.3 * torch.randn(shape, generator=rng) for shape in shapes))


def with_gradients(
    inputs: Tensor, weights: CorrectionWeights, dtype: torch.dtype, plain: bool
) -> tuple[Tensor, list[Tensor]]:
    """Corrected rows, and the gradients of the weights for some gradient of the rows."""
    parts = [part.to(dtype, copy=True).requires_grad_() for part in (weights.hidden, weights.output, weights.linear)]
    function = correct_rows_plainly if plain else correct_rows
    corrected = function(inputs.to(dtype), 0.7, CorrectionWeights(*parts))
    gradient = torch.linspace(-1, 1, corrected.numel(), dtype=dtype).reshape(corrected.shape)
    corrected.backward(gradient)  # type: ignore[no-untyped-call]
    return corrected.detach(), [part.grad for part in parts if part.grad is not None]


@pytest.mark.parametrize("rows", [0, 1, 127, 128, 129, 5000])
@pytest.mark.parametrize(("size", "features", "hidden"), [(8, 11, 16), (1, 0, 1), (3, 2, 5), (16, 11, 7)])
def test_rows_and_gradients_are_those_of_the_definition(rows: int, size: int, features: int, hidden: int) -> None:
    inputs, weights = problem(rows, size, features, hidden)
    corrected, gradients = with_gradients(inputs, weights, torch.float32, plain=False)
    expected, expected_gradients = with_gradients(inputs, weights, torch.float64, plain=True)
    torch.testing.assert_close(corrected, expected.float(), rtol=1e-5, atol=1e-5)
    for gradient, other in zip(gradients, expected_gradients, strict=True):
        tolerance = 1e-5 * float(other.abs().max()) if rows else 0.0
        torch.testing.assert_close(gradient, other.float(), rtol=1e-4, atol=tolerance)


def test_a_plain_float64_definition_by_hand() -> None:
    inputs, weights = problem(7, 2, 3, 4)
    row, change = inputs[:, :2], inputs[:, 2:4]
    x = torch.cat([row / 0.7, change / 0.7, inputs[:, 4:]], 1)
    before = x @ weights.hidden
    gelu = 0.5 * before * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (before + 0.044715 * before**3)))
    gain, momentum, bias = weights.linear
    correction = gelu @ weights.output + gain * row / 0.7 + momentum * change / 0.7 + bias
    expected = row + 0.7 * inputs[:, -1:] * correction
    torch.testing.assert_close(correct_rows(inputs, 0.7, weights), expected)
    torch.testing.assert_close(correct_rows_plainly(inputs, 0.7, weights), expected)


@pytest.mark.parametrize("function", [correct_rows, correct_rows_plainly])
def test_rows_stay_bit_for_bit_where_they_are_not_corrected(
    function: Callable[[Tensor, float, CorrectionWeights], Tensor],
) -> None:
    inputs, weights = problem(300, 8, 11, 16)
    rows = inputs[:, :8]
    assert torch.equal(function(inputs, 0.7, weights)[::5], rows[::5])
    assert not torch.equal(function(inputs, 0.7, weights), rows)
    assert torch.equal(function(inputs, 0.0, weights), rows)
    zero = CorrectionWeights(weights.hidden, torch.zeros_like(weights.output), torch.zeros_like(weights.linear))
    assert torch.equal(function(inputs, 0.7, zero), rows)


def test_threads_change_nothing() -> None:
    inputs, weights = problem(20_000, 8, 11, 16)
    before = torch.get_num_threads()
    outcomes = []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            with one_torch_thread():
                outcomes.append(with_gradients(inputs, weights, torch.float32, plain=False))
    finally:
        torch.set_num_threads(before)
    for corrected, gradients in outcomes[1:]:
        assert torch.equal(corrected, outcomes[0][0])
        assert all(map(torch.equal, gradients, outcomes[0][1]))


def test_without_gradients_the_rows_are_the_same() -> None:
    inputs, weights = problem(1000, 8, 11, 16)
    expected, _ = with_gradients(inputs, weights, torch.float32, plain=False)
    assert torch.equal(correct_rows(inputs, 0.7, weights), expected)


def test_other_types_take_the_plain_path() -> None:
    inputs, weights = problem(10, 2, 3, 4)
    assert can_correct(inputs, weights.hidden)
    assert not can_correct(inputs.double(), weights.hidden)
    doubled = CorrectionWeights(weights.hidden.double(), weights.output.double(), weights.linear.double())
    assert correct_rows(inputs.double(), 0.7, doubled).dtype == torch.float64
