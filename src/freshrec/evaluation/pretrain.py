"""The first model: trained on the periods before the stream of updates begins."""

from collections.abc import Sequence

from pydantic import Field

from freshrec.data import Period, Samples, join
from freshrec.evaluation.metrics import auc, logloss
from freshrec.training import Fitted, Run, predict
from freshrec.updaters import ModelFitSettings

__all__ = ["Pretraining"]


class Pretraining(ModelFitSettings):
    """How Theta_0 is made from the first periods.

    The number of epochs is the one with the best AUC on the last pre-training period when only the earlier ones are
    trained on; no period that is scored later has a say in it. Then all of them train a model for that many epochs.
    """

    epochs: int = Field(10, ge=1, description="passes at most over the pre-training data")
    patience: int = Field(2, ge=1, description="stop choosing after this many epochs without a better AUC")

    def fit(self, start: Fitted, periods: Sequence[Period], run: Run) -> Fitted:
        """Train from `start` on all the periods; without periods, the start as it is."""
        if not periods:
            return start
        with run.threading():
            epochs = self.chosen_epochs(start, periods, run) if len(periods) > 1 and self.epochs > 1 else 1
            samples, model = join([period.samples() for period in periods]), start
            for epoch in range(epochs):
                model = self._epoch(model, samples, epoch, run)
        return model

    def chosen_epochs(self, start: Fitted, periods: Sequence[Period], run: Run) -> int:
        """The number of epochs with the best AUC (log loss where that is undefined) on the last of the periods."""
        samples, held_out = join([period.samples() for period in periods[:-1]]), periods[-1].samples()
        model, best, chosen = start, -float("inf"), 1
        for epoch in range(self.epochs):
            model = self._epoch(model, samples, epoch, run)
            logit = predict(run.model, model.params, held_out)
            area = auc(held_out.label, logit)
            quality = -logloss(held_out.label, logit) if area is None else area
            if quality > best:
                best, chosen = quality, epoch + 1
            elif epoch + 1 >= chosen + self.patience:
                break
        return chosen

    def _epoch(self, model: Fitted, samples: Samples, epoch: int, run: Run) -> Fitted:
        seed = run.seed_for("pretrain", epoch)
        return self.train(model, samples, run, seed=seed, stage=f"pre-training, epoch {epoch + 1}", epochs=1)
