"""The first model: trained on the periods before the stream of updates begins."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import Field

from freshrec.data import Period, Samples, join
from freshrec.metrics import DEFAULT_METRICS, Metric, measure, rank_value
from freshrec.training import Fitted, Run, predict
from freshrec.updaters import ModelFitSettings

__all__ = ["Pretraining", "PretrainingState"]


@dataclass(frozen=True)
class PretrainingState:
    """How far pre-training has come.

    Attributes:
        part: `choose` trains on all periods but the last and scores it after each epoch; then `fit` begins anew and
            trains on all periods.
        model: after the epochs of this part so far.
        epoch: how many there were.
        chosen: in `choose` the number of epochs with the best score so far, in `fit` how many epochs there will be.
        best: the best score so far; None before there is one, and in `fit`.
    """

    part: Literal["choose", "fit"]
    model: Fitted
    epoch: int
    chosen: int
    best: float | None = None

    @property
    def finished(self) -> bool:
        """Whether the model is Theta_0."""
        return self.part == "fit" and self.epoch == self.chosen


class Pretraining(ModelFitSettings):
    """How Theta_0 is made from the first periods.

    The number of epochs is the one with the best score on the last pre-training period when only the earlier ones are
    trained on; no period that is scored later has a say in it. Then all of them train a model for that many epochs.
    """

    epochs: int = Field(10, ge=1, description="passes at most over the pre-training data")
    patience: int = Field(2, ge=1, description="stop choosing after this many epochs without a better score")

    def fit(
        self,
        start: Fitted,
        periods: Sequence[Period],
        run: Run,
        metrics: Sequence[Metric] = DEFAULT_METRICS,
    ) -> Fitted:
        """Train from `start` on all the periods; without periods, the start as it is.

        Args:
            start: the model before training.
            periods: the pre-training periods.
            run: structure of the model and seed.
            metrics: the first one chooses the number of epochs, or the next one where it is undefined.
        """
        model = start
        for state in self.states(start, periods, run, metrics):
            model = state.model
        return model

    def states(
        self,
        start: Fitted,
        periods: Sequence[Period],
        run: Run,
        metrics: Sequence[Metric],
        state: PretrainingState | None = None,
    ) -> Iterator[PretrainingState]:
        """The state after every epoch until the last, whose model is Theta_0; none without periods.

        The number of epochs is 1 without a choice: for a single period, or where one epoch is the most.

        Args:
            start: the model before training.
            periods: the pre-training periods.
            run: structure of the model and seed.
            metrics: as for `fit`.
            state: one of these states, to go on from it; the rest of the states is the same.
        """
        if state is None:
            choice = len(periods) > 1 and self.epochs > 1
            state = PretrainingState("choose" if choice else "fit", start, 0, min(len(periods), 1))
        if state.part == "choose":
            samples, held_out = join([period.samples() for period in periods[:-1]]), periods[-1].samples()
            while state.epoch < min(self.epochs, state.chosen + self.patience):
                state = self._scored(self._trained(state, samples, run), held_out, run, metrics)
                yield state
            state = PretrainingState("fit", start, 0, state.chosen)
        if not state.finished:
            samples = join([period.samples() for period in periods])
            while not state.finished:
                state = self._trained(state, samples, run)
                yield state

    def _trained(self, state: PretrainingState, samples: Samples, run: Run) -> PretrainingState:
        """The state after one more epoch."""
        seed, stage = run.seed_for("pretrain", state.epoch), f"pre-training, epoch {state.epoch + 1}"
        with run.threading():
            model = self.train(state.model, samples, run, seed=seed, stage=stage, epochs=1)
        return replace(state, model=model, epoch=state.epoch + 1)

    def _scored(
        self, state: PretrainingState, held_out: Samples, run: Run, metrics: Sequence[Metric]
    ) -> PretrainingState:
        """The state with its epoch as the chosen one if its score is the best so far."""
        with run.threading():
            logit = predict(run.model, state.model.params, held_out)
        score = rank_value(metrics, measure(metrics, held_out.label, logit, held_out.user))
        if score is None or (state.best is not None and score <= state.best):
            return state
        return replace(state, chosen=state.epoch, best=score)
