"""IncCTR, distillation from the last model: Wang, Guo, Tang, Liu, He, "A Practical Incremental Method to Train Deep CTR
Models", 2020 (the model module), as a baseline of ASMG, RecSys 2021, section 4.1.2.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from freshrec.data import Batch, Period
from freshrec.params import Params
from freshrec.training import Fitted, Run, frozen, logits
from freshrec.updaters.fit_settings import ModelFitSettings

__all__ = ["IncCTR", "IncCTRState"]


@dataclass(frozen=True)
class IncCTRState:
    """The model of the last period, with its optimizer's moments; the teacher of the next one."""

    model: Fitted


class IncCTR(ModelFitSettings):
    """Incremental update that is held near the last model by what it predicts for the new data.

    The loss is (1 - lambda) * log loss + lambda * cross entropy with the last model's probabilities. Cross entropy is
    linear in its target, so that is one cross entropy with the target (1 - lambda) * label + lambda * probability.
    With lambda = 0 it is IU, bit for bit.
    """

    state_type: ClassVar[type] = IncCTRState

    loss: Literal["log"] = Field(
        "log", description="log alone: probabilities are distilled, and scores that are trained on pairs are none"
    )
    distillation: float = Field(0.2, ge=0, le=1, description="lambda, weight of the last model's probabilities")

    def init(self, start: Fitted, run: Run) -> IncCTRState:
        """Begin with the model as it is; it is the first teacher."""
        return IncCTRState(start)

    def update(self, state: IncCTRState, past: Sequence[Period], run: Run) -> IncCTRState:
        """Train on the newest period, with the model before it as the teacher."""
        period, teacher = past[-1], state.model.params

        def loss(params: Mapping[str, Tensor], batch: Batch) -> Tensor:
            with frozen(run.model):
                soft = torch.sigmoid(logits(run.model, teacher, batch))
            target = (1 - self.distillation) * batch.label + self.distillation * soft
            return self.objective.loss(run.model, params, replace(batch, label=target))

        # The purpose of the seed is IU's, so that lambda = 0 feeds the same batches.
        seed = run.seed_for("iu", period.number)
        return IncCTRState(self.train(state.model, period.samples(), run, seed=seed, stage="distillation", loss=loss))

    def serving(self, state: IncCTRState, run: Run) -> Params:
        """The last model itself."""
        return state.model.params
