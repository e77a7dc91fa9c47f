"""The first model: trained on the periods before the stream of updates begins."""

from collections.abc import Sequence

from pydantic import Field

from freshrec.data import Period, Samples, join
from freshrec.metrics import DEFAULT_METRICS, Metric, measure, rank_value
from freshrec.training import Fitted, Run, predict
from freshrec.updaters import ModelFitSettings

__all__ = ["Pretraining"]


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
        return self.fit_epochs(start, periods, run, self.choose_epochs(start, periods, run, metrics))

    def choose_epochs(self, start: Fitted, periods: Sequence[Period], run: Run, metrics: Sequence[Metric]) -> int:
        """The number of epochs with the best score on the last of the periods, by the first metric defined there.

        Without a choice it is 1, for a single period or at most one epoch, and 0 without periods.
        """
        if len(periods) < 2 or self.epochs == 1:
            return min(len(periods), 1)
        samples, held_out = join([period.samples() for period in periods[:-1]]), periods[-1].samples()
        model, best, chosen = start, -float("inf"), 1
        with run.threading():
            for epoch in range(self.epochs):
                model = self._epoch(model, samples, epoch, run)
                logit = predict(run.model, model.params, held_out)
                score = rank_value(metrics, measure(metrics, held_out.label, logit, held_out.user))
                if score is not None and score > best:
                    best, chosen = score, epoch + 1
                elif epoch + 1 >= chosen + self.patience:
                    break
        return chosen

    def fit_epochs(self, start: Fitted, periods: Sequence[Period], run: Run, epochs: int) -> Fitted:
        """Train from `start` on all the periods for some epochs; with none, the start as it is."""
        if not epochs:
            return start
        samples, model = join([period.samples() for period in periods]), start
        with run.threading():
            for epoch in range(epochs):
                model = self._epoch(model, samples, epoch, run)
        return model

    def _epoch(self, model: Fitted, samples: Samples, epoch: int, run: Run) -> Fitted:
        seed = run.seed_for("pretrain", epoch)
        return self.train(model, samples, run, seed=seed, stage=f"pre-training, epoch {epoch + 1}", epochs=1)
