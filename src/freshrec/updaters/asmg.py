"""ASMG: Peng, Pan, Zhang, Zeng, "Learning an Adaptive Meta Model-Generator for Incrementally Updating Recommender
Systems", RecSys 2021 (equations 2-7, Algorithm 1), with every variant of its sections 4.1.2 and 4.3.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor

from freshrec.data import Batch, Period
from freshrec.errors import DivergedError
from freshrec.generators import (
    GRU,
    LSTM,
    RNN,
    Cell,
    Generation,
    Grouping,
    Linear,
    Planes,
    Window,
    generate,
    hand_over,
)
from freshrec.params import Params, Slots, tables_of
from freshrec.training import Births, Fitted, Run, born_rows, evaluating, reach
from freshrec.updaters.facts import Facts
from freshrec.updaters.fit_settings import FitSettings
from freshrec.updaters.generator_check import GeneratorCheck
from freshrec.updaters.guard import Guard
from freshrec.updaters.iu import IU, IUState

__all__ = ["ASMG", "ASMGState"]


@dataclass(frozen=True)
class ASMGState:
    """What ASMG remembers.

    Attributes:
        base: the incremental model Theta_t.
        snapshots: the newest incremental models, oldest first, K at most but for the full sequence; Theta_0 is not one.
        hidden: the state before the first snapshot, by plane; empty while it is zero. That of a table's row is zero
            until a snapshot has seen the row.
        born: by table the period in which each row was first seen, int32 [R], as `born_rows` says.
        generator: the generator's weights with their optimizer's moments.
        trained: how many periods have trained the generator.
        restarts: how often the generator died and was started again.
        check: of the generator, after its last training; None where it was not looked at.
        guard: the evidence for and against the generated model; without effect where the guard is off.
    """

    base: IUState
    snapshots: tuple[Params, ...]
    hidden: Slots
    born: Births
    generator: Fitted
    trained: int
    restarts: int = 0
    check: GeneratorCheck | None = None
    guard: Guard = field(default_factory=Guard)


class ASMG(FitSettings):
    """A meta generator reads the sequence of incremental models and generates the one that serves.

    When D_t arrives it is the next period of the newest snapshot Theta_{t-1}. So `update` trains the generator on the
    window Theta_{t-K}..Theta_{t-1}, each generated Theta*_i towards D_{i+1} (equation 7; with `concurrent=False` the
    last alone, equation 6), then hands the hidden state after the window's first step over to the next window. The
    incremental model, trained on D_t, becomes the newest snapshot.

    A row of a table that the window's first snapshot has not seen yet has nothing to hand over: its state stays zero.

    Until K snapshots exist and have trained the generator once, the incremental model itself serves.

    A generator may die at its first training, and give every sample nearly the same logit from then on. So after each
    training it is compared with the newest snapshot on D_t (`GeneratorCheck`). A dead one is started again from other
    initial weights and a zero state, and trained on the same window, at most `restarts` times in a run. While a
    generator is dead, or too immature, the incremental model serves.

    With `guard`, the incremental model also serves where the evidence of finished periods does not favour the generated
    one, as `Guard` says. The evidence of D_t compares Theta_{t-1} with Theta*_{t-1} before the generator is trained.

    Loss, learning rate, epochs and batch size are those of the generator's training, the batch size of each period's
    batch in a step; `base` has the incremental models' own. In the paper both have one loss.
    """

    state_type: ClassVar[type] = ASMGState

    base: IU = Field(IU(), description="how the incremental models are trained")
    cell: Literal["gru", "lstm", "rnn", "linear"] = Field("gru", description="the generator applied to a coordinate")
    window: int = Field(3, ge=1, description="K, how many snapshots the generator reads")
    hidden: int = Field(4, ge=1, description="H, size of the hidden state of a coordinate")
    concurrent: bool = Field(True, description="train at every step of the window (multi), or the last alone (single)")
    carry: bool = Field(True, description="hand the hidden state on to the next window, or start each from zero (zero)")
    full: bool = Field(False, description="read all snapshots from the first on, once there are K (full)")
    loss_weights: Literal["linear", "uniform", "exponential"] = Field(
        "linear", description="how the weight of a step's loss grows towards the newest: j, 1 or e^j, normalised"
    )
    grouping: Grouping = Field(Grouping(), description="which coordinates share a generator")
    restarts: int = Field(
        3, ge=0, description="how often a generator that died is started again, at most; 0: it is never looked for"
    )
    guard: bool = Field(
        False, description="serve the incremental model where the evidence does not favour the generated one"
    )
    held: Literal["float32", "float16", "bfloat16"] | None = Field(
        None, description="what the hidden state is held in from period to period; by default as the weights"
    )

    @model_validator(mode="after")
    def _linear_generates_once(self) -> Self:
        if self.cell == "linear" and (self.concurrent or self.full):
            raise ValueError(
                "the linear generator reads K snapshots and generates once: set concurrent and full to false"
            )
        return self

    def misfits(self, facts: Facts) -> Iterator[tuple[str, str]]:
        """Also a window that is not full, and has not trained the generator, when the first reported model is made."""
        yield from super().misfits(facts)
        yield from ((f"base.{setting}", message) for setting, message in self.base.misfits(facts))
        if facts.updates is not None and self.window >= facts.updates:
            yield (
                "window",
                f"the generator is first trained by update K + 1, and there are {facts.updates} updates between "
                "pre-training and the first test period, so none of its models would be tested. "
                + (f"Set it to {facts.updates - 1} or less, pre-train" if facts.updates > 1 else "Pre-train")
                + " on fewer periods, or cut the log into more",
            )

    def init(self, start: Fitted, run: Run) -> ASMGState:
        """Begin with no snapshots and untrained generators."""
        born = born_rows({}, start.moments, tables_of(run.model), period=0)
        return ASMGState(self.base.init(start, run), (), {}, born, self._untrained(start, run), 0)

    def update(self, state: ASMGState, past: Sequence[Period], run: Run) -> ASMGState:
        """Train the incremental model and the generator towards the newest period, slide the window."""
        newest, hidden, generator, trained = past[-1].number, state.hidden, state.generator, state.trained
        restarts, check, guard = state.restarts, state.check, state.guard
        base = run.shared.once(newest, self.base, state.base, lambda: self.base.update(state.base, past, run))
        # The generator does not depend on the newest snapshot, but is told which rows the newest period looks up.
        born = born_rows(state.born, base.model.moments, tables_of(run.model), newest)
        if len(state.snapshots) >= self.window:
            window = Window.of(Planes.of(run.model, self.grouping), state.snapshots, state.hidden)
            rows = reach(born)
            if self.guard:
                generated = self._generated(generator, window) if self._fit_to_serve(state) else None
                guard = guard.updated(past, run, state.snapshots[-1], generated)
            generator = self._train(generator, window, rows, past, run)
            check = self._checked(state, generator, window, past, run)
            while check and check.dead and restarts < self.restarts:
                restarts += 1
                window = Window.of(window.planes, state.snapshots, {})
                generator = self._train(self._untrained(base.model, run, restarts), window, rows, past, run)
                check = self._checked(state, generator, window, past, run)
            if self.carry and not self.full:
                first = newest - len(state.snapshots)
                unborn = {name: periods > first for name, periods in born.items()}
                held = self.held and getattr(torch, self.held)
                hidden = hand_over(self._cell(), generator.params, window, held, unborn)
            trained += 1
        snapshots = (*state.snapshots, base.model.params)
        snapshots = snapshots if self.full else snapshots[-self.window :]
        return ASMGState(base, snapshots, hidden, born, generator, trained, restarts, check, guard)

    def serving(self, state: ASMGState, run: Run) -> Params:
        """Theta*_t = M(Theta_{t-K+1}..Theta_t, h_{t-K}), all rows generated; Theta_t before it is fit or if guarded."""
        if not self._fit_to_serve(state) or (self.guard and not state.guard.serves):
            return self.base.serving(state.base, run)
        window = Window.of(Planes.of(run.model, self.grouping), state.snapshots, state.hidden)
        return generate(self._cell(), state.generator.params, window)

    def diagnostics(self, state: ASMGState) -> Mapping[str, float]:
        """From the first training on: restarts, whether the generator is fit (1 or 0), what check and guard found."""
        if not state.trained:
            return {}
        found = {} if state.check is None else {"spread": state.check.spread, "skill": state.check.skill}
        figures = {"restarts": float(state.restarts), "generated": float(self._fit_to_serve(state)), **found}
        return {**figures, **(state.guard.diagnostics() if self.guard else {})}

    def step_weights(self, steps: int) -> tuple[float, ...]:
        """lambda_1..K of equation 7 for K = `steps`, which add up to 1; the last belongs to the newest period."""
        if not self.concurrent:
            return (*(0.0,) * (steps - 1), 1.0)
        match self.loss_weights:
            case "linear":
                shape = [float(j) for j in range(1, steps + 1)]
            case "uniform":
                shape = [1.0] * steps
            case "exponential":
                shape = [math.exp(j - steps) for j in range(1, steps + 1)]
        return tuple(value / sum(shape) for value in shape)

    def _cell(self) -> Cell:
        match self.cell:
            case "gru":
                return GRU(self.hidden)
            case "lstm":
                return LSTM(self.hidden)
            case "rnn":
                return RNN(self.hidden)
            case "linear":
                return Linear(self.window)

    def _untrained(self, like: Fitted, run: Run, restart: int = 0) -> Fitted:
        """Generators before their first step, in the type and on the device of a model."""
        groups = Planes.of(run.model, self.grouping).groups()
        purpose = ("asmg", "weights", restart) if restart else ("asmg", "weights")
        weights = self._cell().initial_weights(groups, run.seed_for(*purpose))
        typed = next(iter(like.moments.mean.values()))
        return Fitted.untrained({name: value.to(typed) for name, value in weights.items()})

    def _fit_to_serve(self, state: ASMGState) -> bool:
        """Whether the generator is trained, and was not found dead or immature."""
        return bool(state.trained) and (state.check is None or state.check.fit)

    def _generated(self, generator: Fitted, window: Window) -> Params:
        """The model after the window's newest snapshot; its tables may be lazy."""
        return Generation(self._cell(), generator.params, window).at(len(window.snapshots))

    def _checked(
        self, state: ASMGState, generator: Fitted, window: Window, past: Sequence[Period], run: Run
    ) -> GeneratorCheck | None:
        """The check of a generator that was just trained; the last one where the newest period cannot tell."""
        # An average of models needs no training to be fit.
        if not self.restarts or self.cell == "linear":
            return None
        generated = self._generated(generator, window)
        seed = run.seed_for("asmg", "check", past[-1].number)
        samples = past[-1].samples()
        return GeneratorCheck.of(generated, state.snapshots[-1], samples, self.objective, run, seed) or state.check

    def _train(
        self, start: Fitted, window: Window, rows: Mapping[str, int], past: Sequence[Period], run: Run
    ) -> Fitted:
        """Train the generator; batches look up among the first `rows` of each table."""
        count = len(window.snapshots)
        weights, last = self.step_weights(count), count if self.concurrent else 1
        targets = tuple(period.samples() for period in past[len(past) - last :])
        demand: dict[str, int] = {}

        def loss(parameters: Mapping[str, Tensor], batches: tuple[Batch, ...]) -> Tensor:
            generation = Generation(self._cell(), parameters, window, last, reach=rows, demand=demand)
            steps = range(count - last + 1, count + 1)
            # The last step's rows have been through all steps, so that those before need not make them.
            losses = [
                weights[step - 1] * self.objective.loss(run.model, generation.at(step), batch)
                for step, batch in reversed(list(zip(steps, batches, strict=True)))
            ]
            return torch.stack(losses[::-1]).sum()

        seed = run.seed_for("asmg", past[-1].number)
        # As it serves: dropout is off, and what is generated learns to work with the snapshots' batch statistics.
        with evaluating(run.model):
            try:
                return self.train(start, targets, run, seed=seed, stage="meta generator", loss=loss)
            except DivergedError:
                window.see_that_finite()
                raise
