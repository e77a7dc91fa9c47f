"""A stage of tuning: all trials of some methods that wait for no other's choice."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from freshrec.evaluation import AnyUpdater
from freshrec.models import ModelClass
from freshrec.progress import Progress
from freshrec.tuning.bench import Bench
from freshrec.tuning.choice import Choice, choose
from freshrec.tuning.grids import Chosen
from freshrec.tuning.journal import Journal, Study
from freshrec.tuning.plan import planned, untuned
from freshrec.tuning.settings import TuneSettings
from freshrec.tuning.trial import Outcome, Task
from freshrec.tuning.workers import Workers
from freshrec.updaters import IU

__all__ = ["Candidate", "Stages"]

TOGETHER = 4
"""Trials of a method with an incremental model of its own that are run in one pass, and share it."""


@dataclass(frozen=True)
class Candidate:
    """A method under tuning.

    Attributes:
        name: its name in the comparison.
        model: its base model.
        untuned: the settings that it has without tuning.
        plan: those that are tried.
        updaters: the updater of each.
        study: what came of them so far.
    """

    name: str
    model: ModelClass
    untuned: Chosen
    plan: tuple[Chosen, ...]
    updaters: tuple[AnyUpdater, ...]
    study: Study

    def tasks(self, jobs: int) -> Iterator[Task]:
        """What is left to do, begun as it is taken.

        Trials that train the same incremental model are put together, but not so many that a job has nothing to do.
        """
        size = max(1, min(TOGETHER, self.study.left // jobs)) if hasattr(self.updaters[0], "base") else 1
        while self.study.left:
            numbers = [self.study.ask() for _ in range(min(size, self.study.left))]
            yield Task(self.name, self.model, {number: self.updaters[number] for number in numbers})


class Stages:
    """Runs stages one after another, and keeps what came of all of them."""

    def __init__(self, settings: TuneSettings, bench: Bench, journal: Journal, workers: Workers, progress: Progress):
        self._settings = settings
        self._bench = bench
        self._journal = journal
        self._workers = workers
        self._progress = progress
        self._candidates: dict[str, Candidate] = {}

    def run(self, names: Sequence[str], base: IU) -> tuple[Choice, ...]:
        """The choices of some methods on a base.

        Raises:
            DivergedError: pre-training diverged, or every trial of a method did.
        """
        stage = {name: self._candidate(name, base) for name in names}
        self._candidates |= stage

        def tell(text: str) -> None:
            done = sum(len(each.study.finished) for each in stage.values())
            self._progress.overall(text, done, sum(len(each.plan) for each in stage.values()))

        if any(each.study.left for each in stage.values()):
            tell("pre-training")
            self._pretrain({each.model for each in stage.values()})
        tasks = (task for each in stage.values() for task in each.tasks(self._workers.jobs))
        for task, outcomes in self._workers.run(tasks):
            for number, outcome in outcomes.items():
                stage[task.name].study.tell(number, outcome)
            tell(self._told(stage[task.name]))
        ranking = self._settings.ranking
        return tuple(
            choose(each.name, each.plan, each.untuned, each.study.finished, ranking) for each in stage.values()
        )

    def finished(self) -> dict[str, tuple[Sequence[Chosen], Mapping[int, Outcome]]]:
        """By method what is tried, and what came of it so far."""
        return {name: (each.plan, each.study.finished) for name, each in self._candidates.items()}

    def _candidate(self, name: str, base: IU) -> Candidate:
        plan = planned(self._settings, name, base, self._bench.facts)
        updaters = tuple(self._settings.updater(name, base, each) for each in plan)
        study = self._journal.study(name, plan, self._settings.ranking)
        model = self._settings.model_of(name)
        return Candidate(name, model, untuned(self._settings, name, base), plan, updaters, study)

    def _pretrain(self, models: Iterable[ModelClass]) -> None:
        for model in models:
            for seed in self._bench.seeds:
                self._bench.pretrain(model, seed, self._settings.pretraining, self._progress)

    def _told(self, candidate: Candidate) -> str:
        """How far a method has come."""
        study, ranking = candidate.study, self._settings.ranking
        values = {number: outcome.value(ranking) for number, outcome in study.finished.items()}
        scored = {value: number for number, value in values.items() if value is not None}
        best = f", best {study.finished[scored[max(scored)]].told(ranking[:1])}" if scored else ""
        return f"{candidate.name}: {len(study.finished)} of {len(candidate.plan)} trials{best}"
