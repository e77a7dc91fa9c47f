"""RSG, the row-statistics generator: fine-tuning, corrected by a small generator that reads how each row is used."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from pydantic import Field
from torch import Tensor

from freshrec.data import Batch, Period
from freshrec.generators import Correction, Residual
from freshrec.params import Params
from freshrec.training import BatchSize, Fitted, LookupCounts, RowStatistics, Run, count_lookups, evaluating
from freshrec.updaters.facts import Facts
from freshrec.updaters.fit_settings import FitSettings
from freshrec.updaters.guard import Guard
from freshrec.updaters.iu import IU, IUState

__all__ = ["RSG", "RSGState"]

BLOCK = 8
"""Consecutive samples that stay together in a batch: they are often of one user, and look up the same history."""


@dataclass(frozen=True)
class RSGState:
    """What RSG remembers after period t.

    Attributes:
        base: the incremental model theta_t.
        previous: theta_{t-1}; None before the first update.
        statistics: of the tables' rows over D_1..D_t.
        generator: the residual generator's weights with their optimizer's moments.
        trained: how many periods have trained the generator.
        guard: the evidence for and against the corrected model; without effect where the guard is off.
    """

    base: IUState
    previous: Params | None
    statistics: RowStatistics
    generator: Fitted
    trained: int
    guard: Guard


class RSG(FitSettings):
    """A residual generator corrects the fine-tuned model, row by row, before it serves.

    The generator reads a row of the newest snapshot, its change since the snapshot before, and statistics of the row:
    how often, how recently and with how many positive labels it was looked up in the finished periods. When D_t arrives
    it is the period that theta_{t-1} was to serve. So `update`

    1. trains the generator on D_t, with theta_{t-1}, theta_{t-2} and the statistics of D_1..D_{t-1}, all of which stand
       still: the loss is that of the corrected theta_{t-1};
    2. fine-tunes theta_t on D_t, as IU does, from theta_{t-1} and not from what served;
    3. counts the look-ups of D_t.

    The corrected theta_t serves. The correction starts at zero, and until it has been trained theta_t itself serves: it
    is first trained by the second update. With `guard`, theta_t also serves where the evidence of finished periods does
    not favour the corrected model, as `Guard` says. The evidence of D_t compares theta_{t-1} with its correction before
    step 1.

    Loss, learning rate, epochs and batch size are those of the generator's training; `base` has the incremental
    model's own.
    """

    state_type: ClassVar[type] = RSGState
    # The correction starts at zero: after few steps what serves is near the fine-tuned model.
    needs_steps: ClassVar[bool] = False

    base: IU = Field(IU(), description="how the incremental model is trained")
    learning_rate: float = Field(3e-3, gt=0, description="learning rate of Adam")
    batch_size: BatchSize = Field(1024, description="samples a step at most; the correction overtrains with more steps")
    hidden: int = Field(16, ge=1, description="H, width of the perceptron that corrects the rows of a table")
    guard: bool = Field(True, description="serve the fine-tuned model where the evidence does not favour the corrected")

    def misfits(self, facts: Facts) -> Iterator[tuple[str, str]]:
        """Also a correction that nothing has trained when the first reported model is made."""
        yield from super().misfits(facts)
        yield from ((f"base.{setting}", message) for setting, message in self.base.misfits(facts))
        yield from facts.without_second_update("correction")

    def init(self, start: Fitted, run: Run) -> RSGState:
        """Begin with the model as it is, no statistics, and a generator that corrects nothing."""
        residual, device = Residual.of(run.model, self.hidden), next(iter(start.params.values())).device
        weights = residual.initial_weights(start.params, run.seed_for("rsg", "weights"))
        statistics = RowStatistics.none({name: len(start.params[name]) for name in residual.tables}, device)
        return RSGState(self.base.init(start, run), None, statistics, Fitted.untrained(weights), 0, Guard())

    def update(self, state: RSGState, past: Sequence[Period], run: Run) -> RSGState:
        """Train the generator towards the newest period, fine-tune on it, count its look-ups."""
        newest, generator, trained, guard = past[-1], state.generator, state.trained, state.guard
        theta = self.base.serving(state.base, run)
        if state.previous is not None and newest.size:
            correction = self._correction(state, run)
            if self.guard:
                guard = guard.updated(past, run, theta, correction.lazily(generator.params) if trained else None)
            generator, trained = self._train(generator, correction, newest, run), trained + 1
        base = run.shared.once(newest.number, self.base, state.base, lambda: self.base.update(state.base, past, run))
        return RSGState(base, theta, self._counted(state, past, run), generator, trained, guard)

    def serving(self, state: RSGState, run: Run) -> Params:
        """The corrected theta_t with all its rows; theta_t itself before the correction is trained or if guarded."""
        if not state.trained or (self.guard and not state.guard.serves):
            return self.base.serving(state.base, run)
        return self._correction(state, run).whole(state.generator.params)

    def diagnostics(self, state: RSGState) -> Mapping[str, float]:
        """How many periods have trained the generator, and what the guard has decided."""
        return {"trained": float(state.trained), **(state.guard.diagnostics() if self.guard else {})}

    def _counted(self, state: RSGState, past: Sequence[Period], run: Run) -> RowStatistics:
        """The statistics of all finished periods; the first update counts those of pre-training as well."""
        params, statistics = self.base.serving(state.base, run), state.statistics
        for period in past[statistics.period :]:
            work = partial(_lookups, run, params, period)
            counted = run.shared.once(past[-1].number, ("look-ups", period.number), state.base, work)
            statistics = statistics.after({name: counted[name] for name in statistics.tables})
        return statistics

    def _correction(self, state: RSGState, run: Run) -> Correction:
        """Of theta_t, ready to be made with any weights."""
        theta = self.base.serving(state.base, run)
        residual = Residual.of(run.model, self.hidden)
        return Correction(residual, theta, state.previous or theta, state.statistics)

    def _train(self, start: Fitted, correction: Correction, period: Period, run: Run) -> Fitted:
        """The generator after a pass over a period that the corrected model has not seen."""

        def loss(weights: Mapping[str, Tensor], batch: Batch) -> Tensor:
            return self.objective.loss(run.model, correction.lazily(weights), batch)

        # As it serves: dropout is off.
        with evaluating(run.model):
            seed = run.seed_for("rsg", period.number)
            stage = "row-statistics generator"
            return self.train(start, period.samples(), run, seed=seed, stage=stage, loss=loss, block=BLOCK)


def _lookups(run: Run, params: Params, period: Period) -> dict[str, LookupCounts]:
    return count_lookups(run.model, params, period.samples())
