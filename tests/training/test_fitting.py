"""The inner loop: moments carry over, buffers are kept, the start is left alone, divergence is an error."""

import pytest
import torch
from torch import Tensor, nn

from freshrec.errors import DivergedError, ModelError
from freshrec.params import Params
from freshrec.training import Fitted, fit, fitting


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


def with_buffers() -> Fitted:
    frozen, running = nn.Buffer(torch.tensor([5.0])), nn.Buffer(torch.zeros(()))
    count, mask = nn.Buffer(torch.tensor(0)), nn.Buffer(torch.tensor([0.0, -float("inf")]))
    return Fitted.untrained({"x": torch.ones(2), "frozen": frozen, "running": running, "count": count, "mask": mask})


def counting(params: Params, target: Tensor) -> Tensor:
    """Writes to two buffers, as a batch norm does."""
    params["count"].add_(1)
    params["running"].mul_(0.9).add_(0.1 * target.sum())
    return quadratic(params, target) + params["frozen"].sum()


def test_only_what_is_no_buffer_is_trained() -> None:
    begin = with_buffers()
    assert begin.moments.steps.keys() == begin.moments.mean.keys() == begin.moments.square.keys() == {"x"}
    after = fit(begin, [torch.zeros(2)] * 3, counting, 0.1)
    assert not torch.equal(after.params["x"], begin.params["x"])
    assert after.moments.steps.keys() == {"x"}


def test_what_is_written_to_buffers_is_kept_and_the_rest_is_the_very_tensor() -> None:
    """So that a state holds a frozen table once, however many snapshots are of it."""
    begin = with_buffers()
    after = fit(begin, [torch.ones(2), torch.ones(2)], counting, 0.1)
    assert after.params["count"].item() == 2
    assert after.params["running"].item() == pytest.approx(0.38)
    assert begin.params["count"].item() == begin.params["running"].item() == 0
    assert after.params["frozen"] is begin.params["frozen"]
    assert after.params["mask"] is begin.params["mask"]
    assert Fitted.untrained(after.params).moments.steps.keys() == {"x"}


def test_two_halves_are_one_optimisation_of_buffers_too() -> None:
    targets = [torch.full((2,), float(n)) for n in range(6)]
    whole = fit(with_buffers(), targets, counting, 0.1)
    halves = fit(fit(with_buffers(), targets[:3], counting, 0.1), targets[3:], counting, 0.1)
    assert all(torch.equal(value, halves.params[name]) for name, value in whole.params.items())


def test_a_buffer_that_is_no_longer_finite_is_named() -> None:
    def loss(params: Params, _: Tensor) -> Tensor:
        params["running"].fill_(float("nan"))
        return params["x"].sum()

    with pytest.raises(DivergedError, match="buffer 'running' is no longer finite"):
        fit(with_buffers(), [torch.zeros(2)], loss, 0.1)


@pytest.mark.parametrize("bad", [float("nan"), float("-inf")])
def test_values_that_are_not_finite_before_training_are_named(bad: float) -> None:
    with pytest.raises(ModelError, match=r"parameter 'tower\.bias' is NaN or infinite somewhere before it was trained"):
        Fitted.untrained({"x": torch.ones(2), "tower.bias": torch.tensor([0.0, bad])})


def test_a_model_without_anything_to_train_is_refused() -> None:
    with pytest.raises(ModelError, match="no parameter can be trained"):
        Fitted.untrained({"x": nn.Buffer(torch.ones(2))})


def drawing(params: Params, _: Tensor) -> Tensor:
    """Draws from the global generator, as dropout does."""
    return (params["x"] * torch.rand(2)).sum()


def test_what_the_model_draws_comes_from_the_seed_and_leaves_the_global_generator_alone() -> None:
    begin, targets = Fitted.untrained({"x": torch.ones(2)}), [torch.zeros(2)] * 3
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = fit(begin, targets, drawing, 0.1, seed=5).moments.mean["x"]
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert torch.equal(fit(begin, targets, drawing, 0.1, seed=5).moments.mean["x"], first)
    assert not torch.equal(fit(begin, targets, drawing, 0.1, seed=6).moments.mean["x"], first)


def test_later_steps_draw_other_numbers() -> None:
    drawn: list[Tensor] = []

    def loss(params: Params, _: Tensor) -> Tensor:
        drawn.append(torch.rand(2))
        return params["x"].sum()

    half = fit(Fitted.untrained({"x": torch.ones(2)}), [torch.zeros(2)], loss, 0.1)
    fit(half, [torch.zeros(2)], loss, 0.1)
    assert not torch.equal(drawn[0], drawn[1])


@pytest.mark.parametrize("bad", [1, fitting.LOOK, fitting.LOOK + 1, 2 * fitting.LOOK + 7])
def test_a_loss_that_is_looked_at_late_is_named_with_its_step(bad: int) -> None:
    targets = [torch.full((2,), float("inf") if step == bad else 0.0) for step in range(1, bad + 4)]
    with pytest.raises(DivergedError, match=rf"the loss became inf at step {bad};"):
        fit(start(), targets, quadratic, 0.1)
