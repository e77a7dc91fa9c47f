"""SPMF, replay from a reservoir: Wang, Yin, Huang, Wang, Du, Nguyen, "Streaming Ranking Based Recommender Systems",
SIGIR 2018, as a baseline of ASMG, RecSys 2021, section 4.1.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from freshrec.data import Period, Samples, join
from freshrec.params import Params
from freshrec.seeds import numpy_rng
from freshrec.training import Fitted, Run, predict
from freshrec.updaters.fit_settings import ModelFitSettings
from freshrec.updaters.reservoir import Reservoir

__all__ = ["SPMF", "SPMFState", "rank_weights"]


@dataclass(frozen=True)
class SPMFState:
    """What SPMF remembers.

    Attributes:
        model: the model of the last period, with its optimizer's moments.
        reservoirs: of negatives and of positives, so that a label is its reservoir's index; none before the first data.
    """

    model: Fitted
    reservoirs: tuple[Reservoir, ...]


class SPMF(ModelFitSettings):
    """Incremental update that also trains on past samples, above all on positives that are ranked too low.

    Two reservoirs, of positives and of negatives, hold a uniform choice among all past samples. When D_t arrives, the
    last model scores the positives to choose from; they are drawn without replacement, each next one with a
    probability proportional to exp(rank / size), rank 0 being the best scored. Negatives are drawn uniformly. Then D_t
    is offered to the reservoirs.

    A reservoir's capacity is a fraction of the pre-training data of its label, which fills it; without pre-training, of
    the first period that holds anything.
    """

    state_type: ClassVar[type] = SPMFState

    loss: Literal["log"] = Field(
        "log", description="log alone: reservoirs hold positives and negatives apart, so no pair of them is left"
    )
    reservoir: float = Field(0.1, gt=0, le=1, description="size of the reservoirs, as a fraction of pre-training data")
    strategy: Literal["replay", "sample"] = Field(
        "replay", description="train on all new data and a draw from the reservoirs, or on a draw from both together"
    )
    replay: float = Field(0.1, ge=0, description="how much `replay` draws, as a fraction of the new data of each label")

    def init(self, start: Fitted, run: Run) -> SPMFState:
        """Begin with the model as it is; the first update fills the reservoirs."""
        return SPMFState(start, ())

    def update(self, state: SPMFState, past: Sequence[Period], run: Run) -> SPMFState:
        """Choose what to train on, train, and offer the newest period to the reservoirs."""
        period, samples = past[-1], past[-1].samples()
        reservoirs = state.reservoirs or self._begin(past, run)
        chosen = self._chosen(state.model.params, reservoirs, period, samples, run)
        # The purpose of the seed is IU's, so that drawing nothing feeds the same batches.
        seed = run.seed_for("iu", period.number)
        model = self.train(state.model, chosen, run, seed=seed, stage="replay")
        return SPMFState(model, _offer(reservoirs, period, samples, run))

    def serving(self, state: SPMFState, run: Run) -> Params:
        """The last model itself."""
        return state.model.params

    def _begin(self, past: Sequence[Period], run: Run) -> tuple[Reservoir, ...]:
        """The reservoirs before the first update, filled with all that is older than the newest period."""
        before = past[:-1]
        counts = _counts(before)
        counts = counts if any(counts) else _counts(past[-1:])
        if not any(counts):
            return ()
        newest = past[-1].samples()
        reservoirs = tuple(Reservoir.empty(max(1, int(self.reservoir * count)), newest) for count in counts)
        for period in run.watched("reservoirs", before):
            reservoirs = _offer(reservoirs, period, period.samples(), run)
        return reservoirs

    def _chosen(
        self, params: Params, reservoirs: tuple[Reservoir, ...], period: Period, samples: Samples, run: Run
    ) -> Samples:
        """What to train on at this period."""
        pool = join([samples, *(reservoir.samples(samples.schema) for reservoir in reservoirs)])
        certain, share = (len(samples), self.replay) if self.strategy == "replay" else (0, 1.0)
        rows = [np.arange(certain)]
        for label in (0, 1):
            candidates = certain + np.flatnonzero(pool.label[certain:] == label)
            wanted = min(int(share * np.count_nonzero(samples.label == label)), len(candidates))
            if wanted:
                weights = np.ones(len(candidates))
                if label:
                    weights = rank_weights(predict(run.model, params, pool.take(candidates)))
                rng = numpy_rng(run.seed_for("spmf", period.number), "draw", label)
                rows.append(rng.choice(candidates, wanted, replace=False, p=weights / weights.sum()))
        return pool.take(np.concatenate(rows))


def rank_weights(scores: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """exp(rank / N) for each of the scores [N]; the highest has rank 0, and of equal ones the first is ahead."""
    weights = np.empty(len(scores))
    weights[np.argsort(-scores, kind="stable")] = np.exp(np.arange(len(scores)) / len(scores))
    return weights


def _offer(reservoirs: tuple[Reservoir, ...], period: Period, samples: Samples, run: Run) -> tuple[Reservoir, ...]:
    seed = run.seed_for("spmf", period.number)
    return tuple(
        reservoir.offered(samples, np.flatnonzero(samples.label == label), numpy_rng(seed, "reservoir", label))
        for label, reservoir in enumerate(reservoirs)
    )


def _counts(periods: Sequence[Period]) -> tuple[int, int]:
    """How many negatives and positives the periods hold."""
    positives = sum(int(np.count_nonzero(period.samples().label)) for period in periods)
    return sum(period.size for period in periods) - positives, positives
