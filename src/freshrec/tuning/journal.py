"""What was tried, in Optuna's journal: one file that only grows, in which every method has a study.

Only the process that tunes writes it. A trial counts from the moment that its outcome is written; one that had begun
when the process ended has failed, and is tried again.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import FrozenTrial, Trial, TrialState

from freshrec.errors import CorruptError, OutputError
from freshrec.files import sha256
from freshrec.metrics import Metric
from freshrec.tuning.grids import Chosen, plain
from freshrec.tuning.trial import Outcome

__all__ = ["Journal", "Study", "open_journal"]

SEAL = "sha256"


@contextmanager
def open_journal(path: Path) -> "Iterator[Journal]":
    """The journal of a folder, new or as it was left; no other process may have it open.

    Raises:
        OutputError: the file cannot be written.
        CorruptError: what is in it is not a journal.
    """
    try:
        file = path.open("a+b")
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}. Choose a folder you can write to.") from error
    with file:
        file.seek(0)
        # A process that was killed while writing leaves half a line, and Optuna's lock.
        whole, line_end, _ = file.read().rpartition(b"\n")
        file.truncate(len(whole) + len(line_end))
    lock = JournalFileOpenLock(str(path))
    path.with_name(f"{path.name}.lock").unlink(missing_ok=True)
    with _readable(path):
        storage = JournalStorage(_Backend(str(path), lock, _last_seal(whole.splitlines())))
    yield Journal(path, storage)


class Journal:
    """An open journal; see `open_journal`."""

    def __init__(self, path: Path, storage: JournalStorage):
        self._path = path
        self._storage = storage

    def study(self, name: str, plan: Sequence[Chosen], metrics: Sequence[Metric]) -> "Study":
        """The study of a method: what is left of its plan is put into the queue.

        Raises:
            CorruptError: what was tried before was not this plan.
        """
        with _readable(self._path), _quiet():
            # All that is tried is in the queue; the sampler, which must be there, is never asked.
            study = optuna.create_study(
                storage=self._storage,
                study_name=name,
                direction="maximize",
                load_if_exists=True,
                sampler=optuna.samplers.RandomSampler(0),
            )
            return Study(study, [plain(settings) for settings in plan], metrics)


class Study:
    """The trials of one method, by their numbers in its plan.

    Attributes:
        finished: the outcomes so far.
    """

    def __init__(self, study: optuna.Study, plan: Sequence[Chosen], metrics: Sequence[Metric]):
        self.finished: dict[int, Outcome] = {}
        self._study = study
        self._plan = plan
        self._metrics = metrics
        self._running: dict[int, Trial] = {}
        self._choices: dict[str, BaseDistribution] = {
            name: CategoricalDistribution(list(dict.fromkeys(_choice(settings[name]) for settings in plan)))
            for name in plan[0]
        }
        self._left = 0
        self._resume()

    @property
    def left(self) -> int:
        """How many trials are still to be begun."""
        return self._left

    def ask(self) -> int:
        """Begin the next trial, and give its number; there must be one left."""
        trial = self._study.ask(self._choices)
        number = int(trial.user_attrs["number"])
        self._running[number] = trial
        self._left -= 1
        return number

    def tell(self, number: int, outcome: Outcome) -> None:
        """End a trial that was begun; one that diverged has failed."""
        trial = self._running.pop(number)
        trial.set_user_attr("outcome", asdict(outcome))
        self._end(trial.number, outcome)
        self.finished[number] = outcome

    def _end(self, trial: int, outcome: Outcome) -> None:
        value = outcome.value(self._metrics)
        self._study.tell(trial, value, TrialState.FAIL if value is None else TrialState.COMPLETE)

    def _resume(self) -> None:
        """Take up what was finished before, give up what was begun, and queue what is left."""
        waiting = set()
        for trial in self._study.get_trials(deepcopy=False):
            number = _number(trial, self._plan)
            if "outcome" in trial.user_attrs:
                self.finished[number] = Outcome(**trial.user_attrs["outcome"])
            if trial.state == TrialState.RUNNING:
                self._end(trial.number, self.finished.get(number, Outcome()))
            elif trial.state == TrialState.WAITING:
                waiting.add(number)
        for number, settings in enumerate(self._plan):
            if number not in self.finished and number not in waiting:
                params = {name: _choice(value) for name, value in settings.items()}
                self._study.enqueue_trial(params, user_attrs={"number": number, "settings": settings})
        self._left = len(self._plan) - len(self.finished)


class _Backend(JournalFileBackend):
    """Optuna's file, whose faults are told as others are.

    Each line has a checksum of itself and the line before it, so that no line can be changed, lost or moved unseen.
    Optuna reads past it.
    """

    def __init__(self, path: str, lock: JournalFileOpenLock, last: str) -> None:
        super().__init__(path, lock_obj=lock)
        self._last = last

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        sealed = []
        for log in json.loads(json.dumps(logs)):
            self._last = _sealed(self._last, log)
            sealed.append({**log, SEAL: self._last})
        try:
            super().append_logs(sealed)
        except OSError as error:
            raise OutputError(
                f"cannot write {self._file_path}: {error.strerror}. See that there is space left, and start again."
            ) from error


def _sealed(last: str, log: Mapping[str, Any]) -> str:
    """The checksum of a line that comes after another one."""
    return sha256(f"{last}{json.dumps(log, sort_keys=True)}".encode())


def _last_seal(lines: Iterable[bytes]) -> str:
    """The checksum of the last line, after checking all.

    Raises:
        ValueError: a line is not the one that was written there.
    """
    last = ""
    for number, line in enumerate(lines, 1):
        log = json.loads(line)
        seal = log.pop(SEAL)
        last = _sealed(last, log)
        if seal != last:
            raise ValueError(f"line {number} is not as it was written")
    return last


def _number(trial: FrozenTrial, plan: Sequence[Chosen]) -> int:
    """The number of a trial in the plan."""
    number, settings = trial.user_attrs["number"], trial.user_attrs["settings"]
    if plan[number] != settings:
        raise ValueError(f"trial {number} was of {settings}, expected {plan[number]}")
    return int(number)


def _choice(value: Any) -> Any:
    """A value as Optuna's categories are: a number, a truth value or a text."""
    return json.dumps(value) if isinstance(value, list) else value


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, AssertionError, RecursionError) as error:
        raise CorruptError(
            f"{path} is not the journal of this tuning ({error}). Restore it, or start again in another folder."
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Optuna tells of every study that is made; a program's user has no use for that."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)
