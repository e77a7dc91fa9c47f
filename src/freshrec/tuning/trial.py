"""A trial: a method with some settings, taken through the warm-up and scored on the validation periods."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from freshrec.errors import DivergedError
from freshrec.evaluation import AnyUpdater, Lane, Result, rounds
from freshrec.kernels import one_torch_thread
from freshrec.metrics import Metric, rank_value
from freshrec.models import ModelClass
from freshrec.progress import Progress, Silent
from freshrec.tuning.bench import Bench

__all__ = ["Outcome", "Task", "evaluate"]


@dataclass(frozen=True)
class Task:
    """Trials of one method that are run together, so that they can share the incremental model.

    Attributes:
        name: the method's, in the comparison.
        model: its base model.
        updaters: the trials' updaters, by trial number.
    """

    name: str
    model: ModelClass
    updaters: Mapping[int, AnyUpdater]


@dataclass(frozen=True)
class Outcome:
    """What came of a trial: the means of its scores, or why it has none.

    Attributes:
        scores: by metric, the mean over the validation periods and runs where it is defined; None where it never is.
            None as a whole where the trial diverged.
        seconds: wall time of its updates and scores, its share of common work included.
        diverged: the reason why there is no score.
    """

    scores: Mapping[str, float | None] | None = None
    seconds: float = 0.0
    diverged: str | None = None

    def value(self, metrics: Sequence[Metric]) -> float | None:
        """How good it is by the first metric that is defined, higher being better; None without a score."""
        return None if self.scores is None else rank_value(metrics, self.scores)

    def told(self, metrics: Iterable[Metric]) -> str:
        """The scores in some metrics in words, or that there are none."""
        if self.scores is None:
            return "diverged"
        values = ((metric.title, self.scores[metric.name]) for metric in metrics)
        return ", ".join(f"{title} {'undefined' if value is None else f'{value:.5f}'}" for title, value in values)


def evaluate(bench: Bench, task: Task, progress: Progress | None = None) -> dict[int, Outcome]:
    """The outcomes of a task's trials by their numbers; how trials are put together changes none but in its seconds.

    All is done on one thread: the outcome is the same on any machine's number of cores, and processes share them.
    """
    with one_torch_thread():
        try:
            return _together(bench, task, progress or Silent())
        except DivergedError as error:
            if len(task.updaters) == 1:
                return {number: Outcome(diverged=str(error)) for number in task.updaters}
        # Who of them diverged is found by running each alone.
        alone = [Task(task.name, task.model, {number: updater}) for number, updater in task.updaters.items()]
        return {number: outcome for each in alone for number, outcome in evaluate(bench, each, progress).items()}


def _together(bench: Bench, task: Task, progress: Progress) -> dict[int, Outcome]:
    names = {number: f"{task.name}, trial {number}" for number in task.updaters}
    scored: dict[str, list[Result]] = {name: [] for name in names.values()}
    seconds = dict.fromkeys(scored, 0.0)
    for seed in bench.seeds:
        run, start = bench.run(task.model, seed, progress), bench.start(task.model, seed)
        schema = bench.stream.schema_after(bench.splits.pretrain)
        lanes = {names[number]: Lane.of(updater, run, schema) for number, updater in task.updaters.items()}
        states: dict[str, Any] = {name: lane.begin(start) for name, lane in lanes.items()}
        for turn in rounds(lanes, states, bench.stream, bench.splits.pretrain, bench.metrics):
            for name, spent in turn.seconds.items():
                seconds[name] += spent
            for result in turn.results:
                seconds[result.method] += result.serve_seconds
                if bench.splits.split(result.period) == "validation":
                    scored[result.method].append(result)
    return {number: _outcome(scored[name], bench.metrics, seconds[name]) for number, name in names.items()}


def _outcome(results: list[Result], metrics: Sequence[Metric], seconds: float) -> Outcome:
    scores = {}
    for metric in metrics:
        values = [value for each in results if (value := each.scores[metric.name]) is not None]
        scores[metric.name] = fmean(values) if values else None
    return Outcome(scores, seconds)
