"""BU, batch update: train the last model on the newest w periods (ASMG, RecSys 2021, section 4.1.2)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from freshrec.data import Period, join
from freshrec.params import Params
from freshrec.training import Fitted, Run
from freshrec.updaters.facts import Facts
from freshrec.updaters.fit_settings import ModelFitSettings

__all__ = ["BU", "BUState"]


@dataclass(frozen=True)
class BUState:
    """The model of the last period, with its optimizer's moments."""

    model: Fitted


class BU(ModelFitSettings):
    """Batch update: the model of period t is that of period t - 1, trained on D_{t-w+1}..D_t together.

    Pre-training periods are past periods like any other, so the first windows reach into them; where there are fewer
    than w periods, all of them are the window. Adam's moments carry over from period to period, and from pre-training
    to the first period. With w = 1 it is IU, bit for bit.
    """

    state_type: ClassVar[type] = BUState

    window: int = Field(3, ge=1, description="w, how many of the newest periods are trained on")

    def misfits(self, facts: Facts) -> Iterator[tuple[str, str]]:
        """Also a window of more periods than there are when the first reported model is made."""
        yield from super().misfits(facts)
        if facts.first_test is not None and self.window > facts.first_test:
            yield (
                "window",
                f"w periods are trained on, and there are {facts.first_test} before the first test period. Set it to "
                f"{facts.first_test} or less, or cut the log into more periods",
            )

    def init(self, start: Fitted, run: Run) -> BUState:
        """Begin with the model as it is."""
        return BUState(start)

    def update(self, state: BUState, past: Sequence[Period], run: Run) -> BUState:
        """Train on the newest w periods, mixed, every epoch in an order of its own."""
        samples = join([period.samples() for period in past[-self.window :]])
        # The purpose of the seed is IU's, so that w = 1 feeds the same batches.
        seed = run.seed_for("iu", past[-1].number)
        return BUState(self.train(state.model, samples, run, seed=seed, stage="batch update"))

    def serving(self, state: BUState, run: Run) -> Params:
        """The last model itself."""
        return state.model.params
