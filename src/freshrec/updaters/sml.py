"""SML: Zhang, Feng, Wang, He, Wang, Li, Zhang, "How to Retrain Recommender System? A Sequential Meta-Learning Method",
SIGIR 2020, as a baseline of ASMG (RecSys 2021, section 4.1.2).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Annotated, ClassVar

from pydantic import Field
from torch import Tensor

from freshrec.data import Batch, Period, Samples
from freshrec.generators import Grouping, Pair, Planes, Transfer, transferred, transferred_whole
from freshrec.params import Params
from freshrec.training import Fitted, Run, evaluating
from freshrec.updaters.facts import Facts
from freshrec.updaters.fit_settings import FitSettings
from freshrec.updaters.guard import Guard
from freshrec.updaters.iu import IU, IUState

__all__ = ["SML", "SMLState"]

Filters = Annotated[int, Field(ge=1)]


@dataclass(frozen=True)
class SMLState:
    """What SML remembers.

    Attributes:
        previous: the model W_{t-1} that W^_t was trained from; empty before the first period.
        base: W^_t with its optimizer's moments; Theta_0 before the first period.
        transfer: the transfer's weights with their optimizer's moments.
        period: t, the period that the base was trained on last; 0 before the first.
        trained: how many periods have trained the transfer.
        incremental: the incremental model Theta_t, which the guard falls back on; None where the guard is off.
        guard: the evidence for and against W_t; without effect where the guard is off.
    """

    previous: Params
    base: Fitted
    transfer: Fitted
    period: int
    trained: int = 0
    incremental: IUState | None = None
    guard: Guard = field(default_factory=Guard)


class SML(FitSettings):
    """A transfer module makes the serving model W_t out of the previous one W_{t-1} and the updated one W^_t.

    The transfer is trained on the period after the one that the updated model was trained on. When D_t arrives it is
    that period for the pair (W_{t-2}, W^_{t-1}). So `update`

    1. trains the transfer on D_t with that pair, and makes W_{t-1} of the pair anew with the improved transfer;
    2. trains W^_t on D_t from W_{t-1}, through the transfer: the loss is that of the model made of (W_{t-1}, W^_t), and
       moves W^_t alone.

    W_t, made of (W_{t-1}, W^_t), serves. These are the steps of the authors' experiments in their order, cut where a
    period becomes known: they train the transfer on D_{t+1} right after W^_t.

    Loss, learning rate, epochs and batch size are those of the transfer's training; `base` has the model's own.

    An empty period changes nothing.

    With `guard`, the incremental model Theta_t that IU makes is trained as well. It serves before the transfer is
    trained, and where the evidence of finished periods does not favour W_t, as `Guard` says. The evidence of D_t
    compares Theta_{t-1} with the W_{t-1} made by the transfer before step 1.
    """

    state_type: ClassVar[type] = SMLState

    base: IU = Field(IU(), description="how the updated model is trained, through the transfer")
    filters: tuple[Filters, Filters] = Field((10, 5), description="F1 and F2, filters of the transfer's two layers")
    hidden: int = Field(20, ge=1, description="H, width of the transfer's perceptron")
    anchored: bool = Field(
        True,
        description="add what the transfer makes of a change to the updated model; False: it makes the whole model",
    )
    rounds: int = Field(
        1, ge=1, description="how often a pair's transfer is trained, with the updated model trained on between"
    )
    grouping: Grouping = Field(Grouping(), description="which coordinates are in one row of a transfer")
    guard: bool = Field(
        False, description="serve the incremental model where the evidence does not favour the transferred one"
    )

    def misfits(self, facts: Facts) -> Iterator[tuple[str, str]]:
        """Also a transfer that nothing has trained when the first reported model is made."""
        yield from super().misfits(facts)
        yield from ((f"base.{setting}", message) for setting, message in self.base.misfits(facts))
        yield from facts.without_second_update("transfer")

    def init(self, start: Fitted, run: Run) -> SMLState:
        """Begin with the model as it is, and a random transfer."""
        weights = self._cell().initial_weights(Planes.of(run.model, self.grouping), run.seed_for("sml", "weights"))
        typed = next(iter(start.moments.mean.values()))
        transfer = Fitted.untrained({name: value.to(typed) for name, value in weights.items()})
        return SMLState({}, start, transfer, 0, incremental=self.base.init(start, run) if self.guard else None)

    def update(self, state: SMLState, past: Sequence[Period], run: Run) -> SMLState:
        """Train the transfer towards the newest period, make the model anew, train it on through the transfer."""
        newest = past[-1]
        if state.incremental is not None:
            state = self._guarded(state, state.incremental, past, run)
        if not newest.size:
            return state
        samples = newest.samples()
        for turn in range(self.rounds if state.period else 0):
            if turn:
                before = past[state.period - 1].samples()
                seed = run.seed_for("sml", "base", newest.number, turn)
                state = replace(state, base=self._train_base(state, before, seed, run))
            seed = run.seed_for("sml", "transfer", newest.number, turn)
            state = replace(state, transfer=self._train_transfer(state, samples, seed, run))
        previous, trained = self._made_whole(state, run), state.trained + bool(state.period)
        base = replace(state.base, params=previous)
        state = replace(state, previous=previous, base=base, period=newest.number, trained=trained)
        return replace(state, base=self._train_base(state, samples, run.seed_for("iu", newest.number), run))

    def serving(self, state: SMLState, run: Run) -> Params:
        """W_t, all rows made of W_{t-1} and W^_t; Theta_0 before the first period; Theta_t if guarded."""
        if state.incremental is not None and not state.guard.serves:
            return self.base.serving(state.incremental, run)
        return self._made_whole(state, run)

    def diagnostics(self, state: SMLState) -> Mapping[str, float]:
        """What the guard has decided; nothing where it is off."""
        return state.guard.diagnostics() if self.guard else {}

    def _guarded(self, state: SMLState, incremental: IUState, past: Sequence[Period], run: Run) -> SMLState:
        """The state with the evidence of the newest period, and with the incremental model trained on it."""
        newest, guard = past[-1], state.guard
        if state.period and newest.size:
            theta, pair = self.base.serving(incremental, run), self._pair(state, run)
            made = transferred(self._cell(), state.transfer.params, pair) if state.trained else None
            guard = guard.updated(past, run, theta, made)
        work = partial(self.base.update, incremental, past, run)
        return replace(state, incremental=run.shared.once(newest.number, self.base, incremental, work), guard=guard)

    def _made_whole(self, state: SMLState, run: Run) -> Params:
        """W_t with all its rows; Theta_0 before the first period."""
        if not state.period:
            return state.base.params
        return transferred_whole(self._cell(), state.transfer.params, self._pair(state, run))

    def _pair(self, state: SMLState, run: Run) -> Pair:
        """W_{t-1} and W^_t."""
        return Pair(Planes.of(run.model, self.grouping), state.previous, state.base.params)

    def _cell(self) -> Transfer:
        return Transfer(self.filters, self.hidden, self.anchored)

    def _train_base(self, state: SMLState, samples: Samples, seed: int, run: Run) -> Fitted:
        """Train the updated model so that what the transfer makes of it and the previous one fits the samples."""
        cell, planes = self._cell(), Planes.of(run.model, self.grouping)

        def loss(updated: Mapping[str, Tensor], batch: Batch) -> Tensor:
            made = transferred(cell, state.transfer.params, Pair(planes, state.previous, updated))
            return self.base.objective.loss(run.model, made, batch)

        return self.base.train(state.base, samples, run, seed=seed, stage="updated model", loss=loss)

    def _train_transfer(self, state: SMLState, samples: Samples, seed: int, run: Run) -> Fitted:
        """Train the transfer so that what it makes of the previous and the updated model fits the samples."""
        cell, pair = self._cell(), self._pair(state, run)

        def loss(weights: Mapping[str, Tensor], batch: Batch) -> Tensor:
            return self.objective.loss(run.model, transferred(cell, weights, pair), batch)

        # As it serves: dropout is off, and what is made learns to work with the updated model's batch statistics.
        with evaluating(run.model):
            return self.train(state.transfer, samples, run, seed=seed, stage="transfer", loss=loss)
