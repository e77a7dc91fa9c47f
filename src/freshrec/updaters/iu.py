"""IU, incremental update: fine-tune the last model on the newest period (ASMG, RecSys 2021, equation 1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from freshrec.data import Period
from freshrec.params import Params
from freshrec.training import Fitted, Run
from freshrec.updaters.fit_settings import ModelFitSettings

__all__ = ["IU", "IUState"]


@dataclass(frozen=True)
class IUState:
    """The model of the last period, Theta_t, with its optimizer's moments."""

    model: Fitted


class IU(ModelFitSettings):
    """Incremental update: Theta_t is Theta_{t-1} trained on D_t alone, and serves as it is.

    Adam's moments carry over from period to period, and from pre-training to the first period.
    """

    state_type: ClassVar[type] = IUState

    def init(self, start: Fitted, run: Run) -> IUState:
        """Begin with the model as it is."""
        return IUState(start)

    def update(self, state: IUState, past: Sequence[Period], run: Run) -> IUState:
        """Train on the newest period, every epoch in an order of its own."""
        period = past[-1]
        seed = run.seed_for("iu", period.number)
        return IUState(self.train(state.model, period.samples(), run, seed=seed, stage="incremental model"))

    def serving(self, state: IUState, run: Run) -> Params:
        """Theta_t itself."""
        return state.model.params
