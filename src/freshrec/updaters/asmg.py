"""ASMG with the GRU meta generator: Peng, Pan, Zhang, Zeng, "Learning an Adaptive Meta Model-Generator for
Incrementally Updating Recommender Systems", RecSys 2021 (equations 2-7, Algorithm 1).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from freshrec.data import Batch, Period
from freshrec.generators import GRU, Generation, Planes, Window, generate, hand_over
from freshrec.params import Params
from freshrec.training import Fitted, Parallel, Run, fit, log_loss
from freshrec.updaters.iu import IU, IUState

__all__ = ["ASMG", "ASMGState"]


@dataclass(frozen=True)
class ASMGState:
    """What ASMG remembers.

    Attributes:
        base: the incremental model Theta_t.
        snapshots: up to K newest incremental models, oldest first; Theta_0 is not among them.
        hidden: the hidden state before the first snapshot, by plane; empty while it is zero.
        generator: the generator's weights with their optimizer's moments.
        trained: how many periods have trained the generator.
    """

    base: IUState
    snapshots: tuple[Params, ...]
    hidden: Params
    generator: Fitted
    trained: int


class ASMG(BaseModel):
    """A GRU meta generator reads the sequence of incremental models and generates the one that serves.

    When D_t arrives it is the next period of the newest snapshot Theta_{t-1}. So `update` first trains the generator on
    the window Theta_{t-K}..Theta_{t-1}, each generated Theta*_i towards D_{i+1} (equation 7; with `concurrent=False`
    the last alone, equation 6), then hands the hidden state after the window's first step over to the next window, and
    last trains the incremental model on D_t, which becomes the newest snapshot.

    Until K snapshots exist and have trained the generator once, the incremental model itself serves.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    state_type: ClassVar[type] = ASMGState

    base: IU = Field(IU(), description="how the incremental models are trained")
    window: int = Field(3, ge=1, description="K, how many snapshots the generator reads")
    hidden: int = Field(4, ge=1, description="H, size of the hidden state of a coordinate")
    concurrent: bool = Field(
        True, description="train at every step of the window (multi), or at the last only (single)"
    )
    loss_weights: Literal["linear", "uniform", "exponential"] = Field(
        "linear", description="how the weight of a step's loss grows towards the newest: j, 1 or e^j, normalised"
    )
    learning_rate: float = Field(1e-2, gt=0, description="learning rate of the generator's Adam")
    epochs: int = Field(1, ge=1, description="the generator's passes over each period's data")
    batch_size: int = Field(1024, ge=1, description="samples a step, of each period")

    def init(self, start: Fitted, run: Run) -> ASMGState:
        """Begin with no snapshots and a random generator."""
        weights = GRU(self.hidden).initial_weights(Planes.of(run.model).groups(), run.seed_for("asmg", "weights"))
        return ASMGState(self.base.init(start, run), (), {}, Fitted.untrained(weights), 0)

    def update(self, state: ASMGState, past: Sequence[Period], run: Run) -> ASMGState:
        """Train the generator towards the newest period, slide the window, train the incremental model."""
        hidden, generator, trained = state.hidden, state.generator, state.trained
        if len(state.snapshots) == self.window:
            window = Window.of(Planes.of(run.model), state.snapshots, state.hidden)
            generator = self._train(generator, window, past, run)
            hidden = hand_over(GRU(self.hidden), generator.params, window)
            trained += 1
        number = past[-1].number
        base = run.shared.once(number, self.base, lambda: self.base.update(state.base, past, run))
        snapshots = (*state.snapshots, base.model.params)[-self.window :]
        return ASMGState(base, snapshots, hidden, generator, trained)

    def serving(self, state: ASMGState, run: Run) -> Params:
        """Theta*_t = M(Theta_{t-K+1}..Theta_t, h_{t-K}), all rows generated."""
        if not state.trained:
            return self.base.serving(state.base, run)
        window = Window.of(Planes.of(run.model), state.snapshots, state.hidden)
        return generate(GRU(self.hidden), state.generator.params, window)

    def step_weights(self) -> tuple[float, ...]:
        """lambda_1..K of equation 7, which add up to 1; the last belongs to the newest period."""
        if not self.concurrent:
            return (*(0.0,) * (self.window - 1), 1.0)
        steps = range(1, self.window + 1)
        shapes = {"linear": [float(j) for j in steps], "uniform": [1.0 for _ in steps]}
        shape = shapes.get(self.loss_weights) or [math.exp(j - self.window) for j in steps]
        return tuple(value / sum(shape) for value in shape)

    def _train(self, start: Fitted, window: Window, past: Sequence[Period], run: Run) -> Fitted:
        cell, weights = GRU(self.hidden), self.step_weights()
        steps = [step for step, weight in enumerate(weights, start=1) if weight > 0]
        targets = tuple(past[step - self.window - 1].samples() for step in steps)

        def loss(parameters: Mapping[str, Tensor], batches: tuple[Batch, ...]) -> Tensor:
            generation = Generation(cell, parameters, window)
            losses = [
                weights[step - 1] * log_loss(run.model, generation.at(step), batch)
                for step, batch in zip(steps, batches, strict=True)
            ]
            return torch.stack(losses).sum()

        seed = run.seed_for("asmg", past[-1].number)
        batches = run.watched("meta generator", Parallel(targets, self.batch_size, self.epochs, seed))
        return fit(start, batches, loss, self.learning_rate)
