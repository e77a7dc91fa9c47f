"""What ASMG reads to train its generator, found out by watching it at work.

Nothing is taken from its settings or its source. The snapshots and the hidden state that an update is given are leaves
of the gradient's graph, so that the logits of every generated model tell which of them it was made from; every period
is of a user of its own, so that a batch tells where it is from; the gradient that comes back to the logits tells with
which weight the loss counted; and the hidden state that is kept is that of the newest snapshot which, changed, changes
it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from freshrec import ASMG, Batch, EmbeddingMLP, Fitted, Period, Run
from freshrec.data import Schema
from freshrec.params import Params, params_of
from freshrec.testing import tiny_stream
from freshrec.updaters import ASMGState

__all__ = ["Step", "Training", "watch"]


@dataclass(frozen=True)
class Step:
    """One loss that the generator was trained on.

    Attributes:
        snapshot: i of Theta*_i, the generated model: of the snapshots it was made from, Theta_i is the newest.
        period: whose data the loss was on.
        weight: lambda, what the loss counted in the sum.
    """

    snapshot: int
    period: int
    weight: float


@dataclass(frozen=True)
class Training:
    """What trained the generator when a period arrived.

    Attributes:
        period: t of D_t that arrived; what comes out is M_t.
        present: i of every Theta_i that there was, ascending.
        snapshots: i of every Theta_i that was read.
        hidden: i of h_i, the state before the first of them; 0 where it was zeros.
        kept: i of h_i, the state that the next window starts from; None where none was kept.
        steps: the losses, by snapshot.
    """

    period: int
    present: tuple[int, ...]
    snapshots: tuple[int, ...]
    hidden: int
    kept: int | None
    steps: tuple[Step, ...]


def watch(updater: ASMG, periods: int = 6) -> tuple[Training, ...]:
    """Every training of the generator over the first periods of a tiny stream, without pre-training.

    Args:
        updater: which variant.
        periods: how many periods arrive; 12 at most.
    """
    # To check a generator reads models once more, which is no part of its schedule.
    updater = updater.model_copy(update={"restarts": 0})
    stream = tiny_stream([24] * periods)
    model, past = _Watched(stream.schema), [_of_one_user(period) for period in stream.periods]
    run = Run(model)
    state = updater.init(Fitted.untrained(params_of(model)), run)
    theta: dict[int, Params] = {}
    found: list[Training] = []
    for number in range(1, periods + 1):
        names = [_name(snapshot, theta) for snapshot in state.snapshots]
        before = _opened(state)
        model.watch_for([*before.snapshots, before.hidden])
        state = updater.update(before, past[:number], run)
        if model.seen:
            read = sorted({names[at] for each in model.seen for at in each.read if at < len(names)})
            started = any(len(names) in each.read for each in model.seen)
            steps = [Step(names[max(each.read - {len(names)})], each.period, each.weight) for each in model.seen]
            found.append(
                Training(
                    period=number,
                    present=tuple(theta),
                    snapshots=tuple(read),
                    hidden=(found[-1].kept or 0) if started else 0,
                    kept=_kept(updater, before, names, past[:number]),
                    steps=tuple(sorted(steps, key=lambda step: step.snapshot)),
                )
            )
        theta[number] = state.base.model.params
    return tuple(found)


@dataclass
class _Seen:
    """A model that was generated and trained: which of the watched it was made from, on whose data, how heavily."""

    read: set[int]
    period: int
    weight: float = 0.0


class _Watched(EmbeddingMLP):
    """A small model that notes what its logits depend on; in double precision, in which nothing is compiled."""

    def __init__(self, schema: Schema):
        super().__init__(schema, dim=3)
        self.double()
        self.seen: list[_Seen] = []
        self._watched: Sequence[Params] = ()

    def watch_for(self, watched: Sequence[Params]) -> None:
        """Forget what was seen, and watch for these from now on."""
        self.seen, self._watched = [], watched

    def forward(self, batch: Batch, shift: Tensor | None = None) -> Tensor:
        """Logits [B]."""
        logits = super().forward(batch, shift)
        if read := {at for at, leaves in enumerate(self._watched) if leaves and _depends(logits, leaves)}:
            user = batch.user["user"]
            seen = _Seen(read, int(user[0]) if isinstance(user, Tensor) else -1)
            self.seen.append(seen)
            alone = (torch.sigmoid(logits.detach()) - batch.label) / len(batch)

            def weigh(gradient: Tensor) -> None:
                seen.weight = float((gradient * alone).sum() / (alone * alone).sum())

            logits.register_hook(weigh)  # type: ignore[no-untyped-call]
        return logits


def _depends(logits: Tensor, leaves: Params) -> bool:
    gradients = torch.autograd.grad(
        logits.sum(), list(leaves.values()), retain_graph=True, allow_unused=True, materialize_grads=True
    )
    return any(bool(gradient.any()) for gradient in gradients)


def _opened(state: ASMGState) -> ASMGState:
    """The same state with snapshots and hidden state that gradients reach."""
    return replace(state, snapshots=tuple(map(_leaves, state.snapshots)), hidden=_leaves(state.hidden))


def _leaves(params: Params) -> dict[str, Tensor]:
    return {name: value.detach().clone().requires_grad_() for name, value in params.items()}


def _name(snapshot: Params, theta: Mapping[int, Params]) -> int:
    """The i of the Theta_i that a snapshot is."""
    (name,) = (
        number
        for number, params in theta.items()
        if all(torch.equal(snapshot[key], value) for key, value in params.items())
    )
    return name


def _kept(updater: ASMG, state: ASMGState, names: Sequence[int], past: Sequence[Period]) -> int | None:
    """The i of the h_i that an update hands on, found with a generator that is held still."""
    still = updater.model_copy(update={"learning_rate": 1e-300})
    schema = past[-1].samples().schema

    def handed(snapshots: Sequence[Params]) -> Params:
        run = Run(EmbeddingMLP(schema, dim=3).double())
        return still.update(replace(state, snapshots=tuple(snapshots)), past, run).hidden

    plain = handed(state.snapshots)
    changing = [
        name
        for at, name in enumerate(names)
        if not _same(plain, handed([_moved(each) if at == n else each for n, each in enumerate(state.snapshots)]))
    ]
    return max(changing, default=None)


def _moved(params: Params) -> dict[str, Tensor]:
    return {name: value.detach() + 0.5 for name, value in params.items()}


def _same(one: Params, other: Params) -> bool:
    return all(torch.equal(value, other[name]) for name, value in one.items())


def _of_one_user(period: Period) -> Period:
    """The period with all its samples of the user whose id is its number."""
    samples = period.samples()
    mine = replace(samples, user=np.full_like(samples.user, period.number % samples.schema.rows["user"]))
    return replace(period, load=lambda: mine)
