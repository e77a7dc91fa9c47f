"""IU of a model that reads counts: what the finished periods say of user, item and fields, as numeric inputs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from pydantic import Field
from torch import nn

from freshrec.data import Period, Schema
from freshrec.errors import ConfigError, ModelError
from freshrec.params import Params
from freshrec.training import (
    CountFeatures,
    Fitted,
    RowStatistics,
    Run,
    count_ids,
    count_parts,
    history_match_problem,
    with_counts,
)
from freshrec.updaters.counted import Counted
from freshrec.updaters.facts import Facts
from freshrec.updaters.fit_settings import ModelFitSettings

__all__ = ["IUCounts", "IUCountsState"]


@dataclass(frozen=True)
class IUCountsState:
    """The model of the last period, Theta_t, with its optimizer's moments, and the counts of D_1..D_t.

    Attributes:
        model: its buffers hold the features of the counts.
        statistics: the counts, by data table.
    """

    model: Fitted
    statistics: RowStatistics


class IUCounts(ModelFitSettings):
    """Incremental update of a base model that reads causal counts.

    While the model is trained on D_t, it reads the counts of D_1..D_{t-1}, and while it scores D_{t+1}, those of
    D_1..D_t: what it learns to use is what it will have. Pre-training periods are counted; while the model is
    pre-trained, the features are zero. Batches, their order and the optimizer are those of IU.

    Any base model is extended by `Counted`, unless it has a `CountFeatures` of its own.
    """

    state_type: ClassVar[type] = IUCountsState

    hidden: int = Field(16, ge=1, description="units of the perceptron that reads the counts")
    history_match: bool = Field(
        False, description="also read whether the candidate is in the user's history, how often and how recently"
    )

    def misfits(self, facts: Facts) -> Iterator[tuple[str, str]]:
        """Also matches with the history where they give labels away."""
        yield from super().misfits(facts)
        problem = history_match_problem(facts.history, facts.exclude)
        if self.history_match and problem:
            yield "history_match", problem

    def extend(self, model: nn.Module, schema: Schema, seed: int) -> nn.Module:
        """The base model with counts as further inputs; itself if it reads counts already.

        Raises:
            ConfigError: `history_match` is set, and the stream refuses it or the model decides what it reads.
        """
        if not count_parts(model):
            return Counted(model, CountFeatures(schema, self.history_match), self.hidden, seed)
        if self.history_match:
            raise ConfigError(
                f"history_match is true, and {type(model).__name__} decides itself which counts it reads. Build its "
                "CountFeatures with history_match=True, and leave the setting out."
            )
        return model

    def init(self, start: Fitted, run: Run) -> IUCountsState:
        """Begin with the model as it is, and nothing counted.

        Raises:
            ModelError: the model reads no counts.
        """
        modules = count_parts(run.model).values()
        if not modules:
            raise ModelError(
                f"IUCounts updates a model that reads counts, and {type(run.model).__name__} has no CountFeatures. "
                "Extend it with IUCounts().extend(model, schema, seed), or read CountFeatures in it."
            )
        rows = {table: number for module in modules for table, number in module.rows.items()}
        return IUCountsState(start, RowStatistics.none(rows, next(iter(start.params.values())).device))

    def update(self, state: IUCountsState, past: Sequence[Period], run: Run) -> IUCountsState:
        """Train on the newest period with the counts of those before it, then count it."""
        statistics = state.statistics
        for period in past[statistics.period : -1]:  # at the first update, the pre-training periods
            statistics = statistics.after(count_ids(statistics, period.samples()))
        samples, seed = past[-1].samples(), run.seed_for("iu", past[-1].number)
        before = replace(state.model, params=with_counts(run.model, state.model.params, statistics))
        model = self.train(before, samples, run, seed=seed, stage="model with counts")
        statistics = statistics.after(count_ids(statistics, samples))
        return IUCountsState(model, statistics)

    def serving(self, state: IUCountsState, run: Run) -> Params:
        """Theta_t, whose buffers hold the features of the counts of D_1..D_t; none before the first update."""
        if not state.statistics.period:
            return state.model.params
        return with_counts(run.model, state.model.params, state.statistics)
