"""The compiled recurrence under autograd, and what holding states in half precision costs."""

import pytest
import torch
from torch import Tensor

from freshrec.generators import GRU, LSTM, RNN, Cell, Linear, PlainGRU
from freshrec.generators.fused import fused_outputs
from freshrec.kernels import GRUWeights
from freshrec.params import Params
from freshrec.seeds import torch_rng

G, N, H, K = 3, 40, 4, 3


def weights_of(cell: Cell, scale: float = 1.0) -> dict[str, Tensor]:
    initial = cell.initial_weights({"p": [G]}, seed=1)
    return {name: (scale * weight).requires_grad_() for name, weight in initial.items()}


def parts_of(weights: Params) -> GRUWeights:
    return weights["p.input"], weights["p.recurrent"], weights["p.readout"], weights["p.bias"]


def inputs(periods: int = K) -> Tensor:
    """Coordinates [periods, N, G] that drift slowly, as those of snapshots do."""
    rng = torch_rng(0, "inputs")
    return 0.1 * torch.randn(1, N, G, generator=rng) + 0.02 * torch.randn(periods, N, G, generator=rng).cumsum(0)


def gradients_of(y: Tensor, weights: Params) -> list[Tensor]:
    return list(torch.autograd.grad(y.square().sum(), list(weights.values())))


def test_autograd_gets_the_plain_gradients() -> None:
    weights, x = weights_of(GRU(H)), inputs()
    state = torch.randn(N, G, H, generator=torch_rng(0, "state"))
    y = GRU(H).outputs(weights, "p", x, state, 2)
    assert y.grad_fn is not None
    assert y.grad_fn.name() == "_FusedBackward"
    double = {name: weight.detach().double().requires_grad_() for name, weight in weights.items()}
    expected = PlainGRU(H).outputs(double, "p", x.double(), state.double(), 2)
    torch.testing.assert_close(y.double(), expected, rtol=1e-5, atol=1e-7)
    for made, right in zip(gradients_of(y, weights), gradients_of(expected, double), strict=True):
        torch.testing.assert_close(made.double(), right, rtol=0, atol=1e-5 * right.abs().max().item())


def test_a_weight_changed_before_the_backward_pass_is_noticed() -> None:
    weights = weights_of(GRU(H))
    y = fused_outputs(inputs(), torch.zeros(N, G, H), parts_of(weights), 1)
    with torch.no_grad():
        weights["p.recurrent"].add_(1.0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        gradients_of(y, weights)


def test_it_has_no_second_derivative() -> None:
    weights = weights_of(GRU(H))
    y = fused_outputs(inputs(), torch.zeros(N, G, H), parts_of(weights), 1)
    (gradient,) = torch.autograd.grad(y.square().sum(), [weights["p.input"]], create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("held", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("cell", [GRU(H), PlainGRU(H), LSTM(H), RNN(H), Linear(K)])
def test_every_cell_computes_in_its_weights_precision(cell: Cell, held: torch.dtype) -> None:
    """What is held in half precision gives what the same numbers give in float32."""
    weights, x = weights_of(cell), inputs().to(held)
    state = torch.randn(N, G, cell.state_size, generator=torch_rng(0, "state")).to(held)
    made = cell.outputs(weights, "p", x, state, 1)
    assert made.dtype == torch.float32
    assert torch.equal(made, cell.outputs(weights, "p", x.float(), state.float(), 1))
    if cell.state_size:
        handed = cell.hand_over(weights, "p", x[0], state)
        assert handed.dtype == torch.float32
        assert torch.equal(handed, cell.hand_over(weights, "p", x[0].float(), state.float()))


def chain(held: torch.dtype | None, scale: float, periods: int = 30) -> tuple[Tensor, list[Tensor]]:
    """Outputs and gradients of the last period, when the state is handed over from period to period in a type.

    None is float64 throughout.
    """
    computed = torch.float64 if held is None else torch.float32
    start = weights_of(GRU(H), scale)
    weights = {name: weight.detach().to(computed).requires_grad_() for name, weight in start.items()}
    x = inputs(periods + K).to(computed)
    state = torch.zeros(N, G, H, dtype=held or computed)
    for period in range(periods):
        with torch.no_grad():
            state = GRU(H).hand_over(weights, "p", x[period], state).to(state.dtype)
    y = GRU(H).outputs(weights, "p", x[periods:], state, 1)
    return y.detach(), gradients_of(y, weights)


def error(made: Tensor, right: Tensor) -> float:
    """The largest error, relative to the largest number."""
    return ((made - right).abs().max() / right.abs().max()).item()


@pytest.mark.parametrize("scale", [1.0, 3.0])
@pytest.mark.parametrize(
    ("held", "of_outputs", "of_gradients"),
    [(torch.float32, 1e-6, 1e-6), (torch.float16, 5e-4, 1e-3), (torch.bfloat16, 4e-3, 8e-3)],
)
def test_the_error_of_a_state_held_in_half_precision(
    held: torch.dtype, of_outputs: float, of_gradients: float, scale: float
) -> None:
    """After thirty periods it is of the size of a single rounding: the gates forget errors as they forget states."""
    (right, exact), (made, gradients) = chain(None, scale), chain(held, scale)
    largest = max(error(one, other) for one, other in zip(gradients, exact, strict=True))
    assert error(made, right) < of_outputs
    assert largest < of_gradients
    if held != torch.float32:
        assert error(made, right) > 1e-6
