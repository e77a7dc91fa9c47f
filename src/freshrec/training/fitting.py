"""The one inner loop that fits parameters: gradient steps of Adam whose moments can be carried over."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

import torch
from torch import Tensor, nn

from freshrec.data import Batch
from freshrec.errors import DivergedError, ModelError
from freshrec.params import Params
from freshrec.seeds import derive

__all__ = ["Fitted", "Moments", "fit"]

T = TypeVar("T")

LOOK = 100
"""Steps from one look at the losses to the next: on a GPU the host waits for it."""


@dataclass(frozen=True)
class Moments:
    """Adam's memory, by the name of each parameter that is trained.

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
    """A model's values together with the moments of the optimizer that fitted them.

    Attributes:
        params: all that the model computes with, by name: what is trained, and beside it buffers, which the model
            changes itself while it is trained, and frozen parameters, which stay.
        moments: of what is trained.
    """

    params: Params
    moments: Moments

    @classmethod
    def untrained(cls, params: Params) -> "Fitted":
        """Values that no step has touched yet: all moments are zero. All are trained that are no `nn.Buffer`.

        Raises:
            ModelError: there is nothing to train, or it is NaN or infinite somewhere.
        """
        trained = {name: value for name, value in params.items() if not isinstance(value, nn.Buffer)}
        if not trained:
            raise ModelError("no parameter can be trained; one at least was expected. Set requires_grad=True on some.")
        for name, value in trained.items():
            if not torch.isfinite(value).all():
                raise ModelError(
                    f"the parameter {name!r} is NaN or infinite somewhere before it was trained; finite values were "
                    "expected. Look at how it is initialised, or leave it out of training (requires_grad=False)."
                )
        zeros = {name: torch.zeros_like(value) for name, value in trained.items()}
        steps = {name: value.new_zeros((), dtype=torch.float32) for name, value in trained.items()}
        return cls(params, Moments(steps, zeros, dict(zeros)))


def fit(
    start: Fitted,
    batches: Iterable[T],
    loss: Callable[[Params, T], Tensor],
    learning_rate: float,
    seed: int = 0,
) -> Fitted:
    """Take one Adam step (0.9, 0.999, 1e-8; dense) a batch, from `start`, which is left as it was.

    Adam is dense as in the authors' experiments: every row's moments decay at every step, and they continue from
    `start`, so that fitting period after period is one long optimisation.

    Args:
        start: values and moments to begin with, on any device.
        batches: what the loss is computed on, one step each; batches, and tuples of them, are moved to the device.
        loss: from a model's values and a batch to a loss []; gradients flow through the parameters given to it, and
            what it writes to a buffer is kept.
        learning_rate: of every step.
        seed: of what the model draws from torch's global generator, such as dropout, which then also depends on how
            many steps were taken before; the generator's state is left as it was.

    Raises:
        DivergedError: a loss, a fitted parameter or a buffer is NaN or infinite.
    """
    values = {name: value.clone() for name, value in start.params.items()}
    params = {name: value.requires_grad_() for name, value in values.items() if name in start.moments.steps}
    optimizer, steps, losses = _adam(params, start.moments, learning_rate), 0, list[Tensor]()
    device = next(iter(params.values())).device
    with torch.random.fork_rng([device.index] if device.type == "cuda" else ()):
        for generator in (torch.default_generator, *_generators_of(device)):
            generator.manual_seed(derive(seed, "drawn by the model", _steps(start.moments)))
        for batch in batches:
            value = loss(values, _placed(batch, device))
            optimizer.zero_grad(set_to_none=True)
            value.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            losses.append(value.detach())
            if len(losses) == LOOK:
                steps += _finite(losses, steps, learning_rate)
                losses.clear()
        _finite(losses, steps, learning_rate)
    for name, parameter in params.items():
        if not torch.isfinite(parameter).all():
            raise DivergedError(
                f"the parameter {name!r} is no longer finite. Lower the learning rate (it is {learning_rate})."
            )
    fitted = {
        name: value.detach() if name in params else _left(name, value, start.params[name])
        for name, value in values.items()
    }
    return Fitted(fitted, _moments(params, optimizer, start.moments))


def _generators_of(device: torch.device) -> tuple[torch.Generator, ...]:
    """What is drawn on a GPU comes from its own generator."""
    return (torch.cuda.default_generators[device.index],) if device.type == "cuda" else ()


def _placed(batch: T, device: torch.device) -> T:
    if isinstance(batch, Batch):
        return cast(T, batch.to(device))
    if isinstance(batch, tuple):
        return cast(T, tuple(_placed(part, device) for part in batch))
    return batch


def _finite(losses: Sequence[Tensor], before: int, learning_rate: float) -> int:
    """Look at the losses of consecutive steps, of which the first comes after `before` others, and count them.

    Raises:
        DivergedError: one is NaN or infinite.
    """
    for number, value in enumerate(torch.stack(list(losses)).tolist() if losses else [], start=before + 1):
        if not math.isfinite(value):
            raise DivergedError(
                f"the loss became {value} at step {number}; a finite one was expected. "
                f"Lower the learning rate (it is {learning_rate}) or look for extreme values in the data."
            )
    return len(losses)


def _steps(moments: Moments) -> int:
    """How many steps were taken so far."""
    return int(max((step.item() for step in moments.steps.values()), default=0))


def _left(name: str, value: Tensor, before: Tensor) -> Tensor:
    """What is not trained as the model left it: the very tensor of before where nothing changed it.

    Raises:
        DivergedError: it was finite and is no longer.
    """
    # A tensor's version would tell, but batch norms write without counting it up.
    if torch.equal(value, before):
        return before
    if not torch.isfinite(value).all() and torch.isfinite(before).all():
        raise DivergedError(
            f"the buffer {name!r} is no longer finite. Lower the learning rate or look for extreme values in the data."
        )
    return nn.Buffer(value)


def _adam(params: Params, moments: Moments, learning_rate: float) -> torch.optim.Adam:
    optimizer = torch.optim.Adam(list(params.values()), lr=learning_rate, fused=True)
    for name, parameter in params.items():
        if moments.steps[name] > 0:
            optimizer.state[parameter] = {
                "step": moments.steps[name].clone(),
                "exp_avg": moments.mean[name].clone(),
                "exp_avg_sq": moments.square[name].clone(),
            }
    return optimizer


def _moments(params: Params, optimizer: torch.optim.Adam, before: Moments) -> Moments:
    """The end of an optimisation; a parameter that never had a gradient keeps the moments it had."""
    states = {name: optimizer.state.get(parameter) for name, parameter in params.items()}
    return Moments(
        {name: state["step"] if state else before.steps[name] for name, state in states.items()},
        {name: state["exp_avg"] if state else before.mean[name] for name, state in states.items()},
        {name: state["exp_avg_sq"] if state else before.square[name] for name, state in states.items()},
    )
