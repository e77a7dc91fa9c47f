"""The one inner loop that fits parameters: gradient steps of Adam whose moments can be carried over."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor

from freshrec.errors import DivergedError
from freshrec.params import Params

__all__ = ["Fitted", "Moments", "fit"]

T = TypeVar("T")


@dataclass(frozen=True)
class Moments:
    """Adam's memory, by parameter name.

    Attributes:
        steps: how many steps each parameter has taken, float32 [].
        mean: running mean of the gradients, in the parameter's shape.
        square: running mean of the squared gradients, in the parameter's shape.
    """

    steps: Params
    mean: Params
    square: Params


@dataclass(frozen=True)
class Fitted:
    """Parameters together with the moments of the optimizer that fitted them."""

    params: Params
    moments: Moments

    @classmethod
    def untrained(cls, params: Params) -> "Fitted":
        """Parameters that no step has touched yet: all moments are zero."""
        zeros = {name: torch.zeros_like(value) for name, value in params.items()}
        steps = {name: torch.zeros((), dtype=torch.float32) for name in params}
        return cls(params, Moments(steps, zeros, dict(zeros)))


def fit(
    start: Fitted,
    batches: Iterable[T],
    loss: Callable[[Mapping[str, Tensor], T], Tensor],
    learning_rate: float,
) -> Fitted:
    """Take one Adam step (0.9, 0.999, 1e-8; dense) a batch, from `start`, which is left as it was.

    Adam is dense as in the authors' experiments: every row's moments decay at every step, and they continue from
    `start`, so that fitting period after period is one long optimisation.

    Args:
        start: parameters and moments to begin with.
        batches: what the loss is computed on, one step each.
        loss: from parameters and a batch to a loss []; gradients flow through the parameters given to it.
        learning_rate: of every step.

    Raises:
        DivergedError: a loss or a fitted parameter is NaN or infinite.
    """
    params = {name: value.clone().requires_grad_() for name, value in start.params.items()}
    optimizer = _adam(params, start.moments, learning_rate)
    for number, batch in enumerate(batches, start=1):
        value = loss(params, batch)
        if not torch.isfinite(value):
            raise DivergedError(
                f"the loss became {value.item()} at step {number}; a finite one was expected. "
                f"Lower the learning rate (it is {learning_rate}) or look for extreme values in the data."
            )
        optimizer.zero_grad(set_to_none=True)
        value.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    for name, parameter in params.items():
        if not torch.isfinite(parameter).all():
            raise DivergedError(
                f"the parameter {name!r} is no longer finite. Lower the learning rate (it is {learning_rate})."
            )
    return _fitted(params, optimizer, start.moments)


def _adam(params: Mapping[str, Tensor], moments: Moments, learning_rate: float) -> torch.optim.Adam:
    optimizer = torch.optim.Adam(list(params.values()), lr=learning_rate, fused=True)
    for name, parameter in params.items():
        if moments.steps[name] > 0:
            optimizer.state[parameter] = {
                "step": moments.steps[name].clone(),
                "exp_avg": moments.mean[name].clone(),
                "exp_avg_sq": moments.square[name].clone(),
            }
    return optimizer


def _fitted(params: Mapping[str, Tensor], optimizer: torch.optim.Adam, before: Moments) -> Fitted:
    """The end of an optimisation; a parameter that never had a gradient keeps the moments it had."""
    states = {name: optimizer.state.get(parameter) for name, parameter in params.items()}
    return Fitted(
        {name: parameter.detach() for name, parameter in params.items()},
        Moments(
            {name: state["step"] if state else before.steps[name] for name, state in states.items()},
            {name: state["exp_avg"] if state else before.mean[name] for name, state in states.items()},
            {name: state["exp_avg_sq"] if state else before.square[name] for name, state in states.items()},
        ),
    )
