"""EMA, averages of the fine-tuned weights: Polyak, Juditsky, "Acceleration of Stochastic Approximation by Averaging",
SIAM J. Control and Optimization 1992; averages of checkpoints: Izmailov, Podoprikhin, Garipov, Vetrov, Wilson,
"Averaging Weights Leads to Wider Optima and Better Generalization" (SWA), UAI 2018.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from pydantic import Field

from freshrec.data import Period
from freshrec.params import Params
from freshrec.training import Fitted, Run
from freshrec.updaters.fit_settings import ModelFitSettings

__all__ = ["EMA", "EMAState"]


@dataclass(frozen=True)
class EMAState:
    """The fine-tuned model and its average.

    Attributes:
        model: the incremental model Theta_t with its optimizer's moments; training continues from it.
        average: the moving average of the trained parameters.
    """

    model: Fitted
    average: Params


class EMA(ModelFitSettings):
    """Serves an exponential moving average of the incremental model over its training steps.

    The steps of an update are cut into `parts` equal parts. After each part, the average becomes d times itself plus
    1 - d times the model, with d = decay^(1 / parts), so that over a period the old average keeps the weight `decay`.
    With one part it is an average of the models of the periods. Training continues from the model, which is that of IU;
    the average only serves. Buffers and frozen parameters are the newest. With decay 0 it is IU.
    """

    state_type: ClassVar[type] = EMAState

    decay: float = Field(0.2, ge=0, lt=1, description="weight that the average of the last period has in the next one")
    parts: int = Field(8, ge=1, description="how many models of a period enter the average; 1 for its last one alone")

    def init(self, start: Fitted, run: Run) -> EMAState:
        """Start with the model as its own average."""
        return EMAState(start, {name: start.params[name] for name in start.moments.steps})

    def update(self, state: EMAState, past: Sequence[Period], run: Run) -> EMAState:
        """Fine-tune the model on the newest period, and average it on the way."""
        model, average, weight = state.model, state.average, self.decay ** (1 / self.parts)
        # The purpose of the seed is IU's, so that the model is IU's.
        seed, samples = run.seed_for("iu", past[-1].number), past[-1].samples()
        for model in self.trajectory(state.model, samples, run, parts=self.parts, seed=seed, stage="averaged model"):
            average = {name: torch.lerp(model.params[name], average[name], weight) for name in average}
        return EMAState(model, average)

    def serving(self, state: EMAState, run: Run) -> Params:
        """The average, with the newest buffers and frozen parameters."""
        return {name: state.average.get(name, value) for name, value in state.model.params.items()}
