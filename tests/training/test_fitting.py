"""The inner loop: moments carry over, the start is left alone, divergence is an error."""

import pytest
import torch
from torch import Tensor

from freshrec.errors import DivergedError
from freshrec.params import Params
from freshrec.training import Fitted, fit


def quadratic(params: Params, target: Tensor) -> Tensor:
    return ((params["x"] - target) ** 2).sum()


def start() -> Fitted:
    return Fitted.untrained({"x": torch.tensor([1.0, -2.0]), "unused": torch.ones(3)})


def test_two_halves_are_one_optimisation() -> None:
    targets = [torch.tensor([float(n), 1.0]) for n in range(6)]
    whole = fit(start(), targets, quadratic, 0.1)
    halves = fit(fit(start(), targets[:3], quadratic, 0.1), targets[3:], quadratic, 0.1)
    assert torch.equal(whole.params["x"], halves.params["x"])
    assert torch.equal(whole.moments.square["x"], halves.moments.square["x"])
    assert whole.moments.steps["x"] == halves.moments.steps["x"] == 6
    fresh = fit(Fitted.untrained(fit(start(), targets[:3], quadratic, 0.1).params), targets[3:], quadratic, 0.1)
    assert not torch.equal(whole.params["x"], fresh.params["x"])


def test_the_start_is_left_as_it_was_and_unused_parameters_stay() -> None:
    begin = start()
    after = fit(begin, [torch.zeros(2)] * 3, quadratic, 0.1)
    assert begin.params["x"].tolist() == [1.0, -2.0]
    assert begin.moments.mean["x"].tolist() == [0.0, 0.0]
    assert after.params["unused"].tolist() == [1.0, 1.0, 1.0]
    assert after.moments.steps["unused"] == 0
    assert not after.params["x"].requires_grad


def test_no_batches_change_nothing() -> None:
    after = fit(start(), [], quadratic, 0.1)
    assert torch.equal(after.params["x"], start().params["x"])


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_divergence_names_the_step(bad: float) -> None:
    with pytest.raises(
        DivergedError, match=r"the loss became (nan|inf) at step 2.*Lower the learning rate \(it is 0.1\)"
    ):
        fit(start(), [torch.zeros(2), torch.tensor([bad, 0.0])], quadratic, 0.1)


def test_a_parameter_that_is_no_longer_finite_is_named() -> None:
    with pytest.raises(DivergedError, match="parameter 'x' is no longer finite"):
        fit(start(), [torch.zeros(2)], lambda params, _: (params["x"] * 1e30).sum(), float("1e39"))
