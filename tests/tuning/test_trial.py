"""A trial's outcome: checked against the plain loop over the whole stream."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import pytest

from freshrec.data import Stream
from freshrec.evaluation import AnyUpdater, Pretraining, prequential
from freshrec.metrics import METRICS
from freshrec.progress import Silent
from freshrec.seeds import derive
from freshrec.tuning.bench import Bench
from freshrec.tuning.trial import Outcome, Task, evaluate
from freshrec.updaters import ASMG, IU, METHODS, SPMF

IU_FAST = IU(batch_size=32)


def task(updaters: Mapping[int, AnyUpdater], method: str = "iu") -> Task:
    return Task(method, METHODS[method].model, updaters)


def scores(outcomes: Mapping[int, Outcome]) -> dict[int, Outcome]:
    return {number: replace(outcome, seconds=0.0) for number, outcome in outcomes.items()}


@pytest.mark.parametrize("updater", [IU_FAST, SPMF(batch_size=32), ASMG(base=IU_FAST, window=2, batch_size=32)])
def test_it_scores_as_a_comparison_of_the_whole_stream_does(stream: Stream, bench: Bench, updater: AnyUpdater) -> None:
    """What comes after the validation periods is not there, and nothing is lost by it."""
    assert bench.stream.schema == stream.schema
    model = METHODS["iu"].model(stream.schema, dim=3, seed=derive(5, "model"))
    results = prequential(updater, model, stream, splits=bench.splits, pretraining=Pretraining(epochs=2), seed=5)
    validation = [result for result in results if result.split == "validation"]
    outcome = evaluate(bench, task({0: updater}))[0]
    assert [(result.period, result.scored_period) for result in validation] == [(9, 10)]
    assert outcome.scores == {name: fmean(r.scores[name] or 0.0 for r in validation) for name in METRICS}
    assert outcome.seconds > 0


def test_trials_that_share_their_incremental_model_come_to_the_same(bench: Bench) -> None:
    updaters = {number: ASMG(base=IU_FAST, window=number, batch_size=32, restarts=0) for number in (1, 2, 3)}
    together = evaluate(bench, task(updaters, "asmg-gru-multi"))
    alone = {n: evaluate(bench, task({n: each}, "asmg-gru-multi"))[n] for n, each in updaters.items()}
    assert scores(together) == scores(alone)
    assert len({(outcome.scores or {})["logloss"] for outcome in alone.values()}) == 3


def test_a_diverging_trial_takes_no_other_with_it(bench: Bench) -> None:
    fine, wild = ASMG(base=IU_FAST, batch_size=32), ASMG(base=IU_FAST, batch_size=32, learning_rate=1e38)
    outcomes = evaluate(bench, task({4: wild, 7: fine}, "asmg-gru-multi"))
    assert outcomes[4].scores is None
    assert "Lower the learning rate (it is 1e+38)" in (outcomes[4].diverged or "")
    assert scores(outcomes)[7] == scores(evaluate(bench, task({7: fine}, "asmg-gru-multi")))[7]


def test_several_runs_are_averaged(bench: Bench, tmp_path: Path) -> None:
    areas = []
    for seeds in ((5,), (9,), (5, 9)):
        each = replace(bench, seeds=seeds, folder=tmp_path / str(seeds))
        for seed in seeds:
            each.pretrain(METHODS["iu"].model, seed, Pretraining(epochs=2), Silent())
        scores = evaluate(each, task({0: IU_FAST}))[0].scores or {}
        areas.append(scores["auc"] or 0.0)
    assert areas[2] == fmean(areas[:2])
    assert len(set(areas)) == 3


@pytest.mark.parametrize(
    ("outcome", "auc", "logloss"),
    [
        (Outcome({"auc": 0.7, "logloss": 0.5}), 0.7, -0.5),
        (Outcome({"auc": None, "logloss": 0.5}), -0.5, -0.5),
        (Outcome({"auc": 0.7, "logloss": float("inf")}), 0.7, -float("inf")),
        (Outcome(diverged="it did"), None, None),
    ],
)
def test_more_is_better_by_either_metric(outcome: Outcome, auc: float | None, logloss: float | None) -> None:
    first, second = METRICS["auc"], METRICS["logloss"]
    assert outcome.value((first, second)) == auc
    assert outcome.value((second, first)) == logloss
