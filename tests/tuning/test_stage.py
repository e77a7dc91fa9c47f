"""How a method's trials are dealt out, and how their progress is told."""

from collections.abc import Callable
from pathlib import Path

import pytest

from freshrec.data import Stream
from freshrec.metrics import DEFAULT_METRICS
from freshrec.tuning import TuneSettings, tune
from freshrec.tuning.journal import open_journal
from freshrec.tuning.stage import Candidate
from freshrec.updaters import IU, METHODS, build


@pytest.mark.parametrize(
    ("method", "trials", "jobs", "sizes"),
    [
        ("asmg-linear", 10, 1, [4, 4, 2]),
        ("asmg-linear", 10, 4, [2, 2, 2, 2, 2]),
        ("asmg-linear", 3, 8, [1, 1, 1]),
        ("spmf", 3, 1, [1, 1, 1]),
    ],
)
def test_trials_that_can_share_are_put_together_while_every_job_has_some(
    tmp_path: Path, method: str, trials: int, jobs: int, sizes: list[int]
) -> None:
    plan = tuple({"epochs": epochs} for epochs in range(1, trials + 1))
    updaters = tuple(build(method, IU(), chosen) for chosen in plan)
    with open_journal(tmp_path / "journal.jsonl") as journal:
        study = journal.study(method, plan, DEFAULT_METRICS)
        candidate = Candidate(method, METHODS[method].model, plan[0], plan, updaters, study)
        tasks = []
        for task in candidate.tasks(jobs):
            tasks.append(task)
            assert study.left == trials - sum(len(each.updaters) for each in tasks)
    assert [len(task.updaters) for task in tasks] == sizes
    assert {number: each for task in tasks for number, each in task.updaters.items()} == dict(enumerate(updaters))


class Heard:
    """Progress that is kept."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int, int]] = []
        self.steps: set[str] = set()

    def overall(self, text: str, done: int, total: int) -> None:
        self.told.append((text.split(", best")[0], done, total))

    def step(self, text: str, done: int, total: int) -> None:
        self.steps.add(text)


def test_progress_tells_the_method_its_trials_and_the_best_so_far(
    stream: Stream, tuning: Callable[..., TuneSettings], tmp_path: Path
) -> None:
    heard = Heard()
    tune(stream, tuning(methods=("asmg-gru-multi",)), tmp_path / "out", progress=heard)
    assert heard.told == [
        ("pre-training", 0, 2),
        ("iu: 1 of 2 trials", 1, 2),
        ("iu: 2 of 2 trials", 2, 2),
        ("pre-training", 0, 5),
        ("asmg-gru-multi: 4 of 5 trials", 4, 5),
        ("asmg-gru-multi: 5 of 5 trials", 5, 5),
    ]
    assert {"iu, trial 1: incremental model", "asmg-gru-multi, trial 4: meta generator"} <= heard.steps
