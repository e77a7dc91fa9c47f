"""The one inner loop that fits parameters: gradient steps of Adam whose moments can be carried over."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar, cast

import torch
from torch import Tensor, nn

from freshrec.data import Batch
from freshrec.errors import DivergedError
from freshrec.params import Params
from freshrec.seeds import derive
from freshrec.training.dense_adam import DenseAdam
from freshrec.training.fitted import Fitted, Moments
from freshrec.training.row_table import ByRow, RowTable

__all__ = ["fit"]

T = TypeVar("T")

LOOK = 100
"""Steps from one look at the losses to the next: on a GPU the host waits for it."""


def fit(
    start: Fitted,
    batches: Iterable[T],
    loss: Callable[[Params, T], Tensor],
    learning_rate: float,
    seed: int = 0,
    by_row: Mapping[str, ByRow] = MappingProxyType({}),
) -> Fitted:
    """Take one Adam step (0.9, 0.999, 1e-8) a batch, from `start`, which is left as it was.

    Adam is dense as in the authors' experiments: every row's moments decay at every step, and they continue from
    `start`, so that fitting period after period is one long optimisation. A step costs a pass over all that is fitted
    so; of the tables named in `by_row` it costs the rows that the batch looks up.

    Args:
        start: values and moments to begin with, on any device, whichever optimizers they come from.
        batches: what the loss is computed on, one step each; batches, and tuples of them, are moved to the device.
        loss: from a model's values and a batch to a loss []; gradients flow through the parameters given to it, and
            what it writes to a buffer is kept.
        learning_rate: of every step.
        seed: of what the model draws from torch's global generator, such as dropout, which then also depends on how
            many steps were taken before; the generator's state is left as it was.
        by_row: optimizers of tables that are fitted row by row, as `RowTable` says, by the parameter's name; what is
            not fitted at all may be among them.

    Raises:
        DivergedError: a loss, a fitted parameter or a buffer is NaN or infinite.
    """
    tables = {
        name: RowTable(name, start.params[name], start.moments, optimizer, learning_rate)
        for name, optimizer in by_row.items()
        if name in start.moments.steps
    }
    values = {name: value.clone() for name, value in start.params.items() if name not in tables}
    params = {name: value.requires_grad_() for name, value in values.items() if name in start.moments.steps}
    optimizer, seen, losses = DenseAdam(params, start.moments, learning_rate), 0, list[Tensor]()
    device = next(iter(start.moments.steps.values())).device
    with torch.random.fork_rng([device.index] if device.type == "cuda" else ()):
        for generator in (torch.default_generator, *_generators_of(device)):
            generator.manual_seed(derive(seed, "drawn by the model", _steps(start.moments)))
        for batch in batches:
            given = {**values, **{name: table.looked_up() for name, table in tables.items()}}
            value = loss(given, _placed(batch, device))
            optimizer.zero_grad()
            value.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            for table in tables.values():
                table.step()
            losses.append(value.detach())
            if len(losses) == LOOK:
                seen += _finite(losses, seen, learning_rate)
                losses.clear()
        _finite(losses, seen, learning_rate)
    ends = {name: optimizer.moments(name) for name in params}
    for name, table in tables.items():
        values[name], ends[name] = table.finished()
    trained = [name for name in start.params if name in ends]
    for name in trained:
        if not torch.isfinite(values[name]).all():
            raise DivergedError(
                f"the parameter {name!r} is no longer finite. Lower the learning rate (it is {learning_rate})."
            )
    fitted = {
        name: values[name].detach() if name in ends else _left(name, values[name], before)
        for name, before in start.params.items()
    }
    steps, mean, square = ({name: ends[name][part] for name in trained} for part in range(3))
    return Fitted(fitted, Moments(steps, mean, square))


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
