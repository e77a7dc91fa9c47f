"""The journal counts what was finished, and nothing else, however a process ended."""

import json
from pathlib import Path

import optuna
import pytest

from freshrec.errors import CorruptError, OutputError
from freshrec.metrics import METRICS
from freshrec.tuning.journal import Study, open_journal
from freshrec.tuning.trial import Outcome

AUC, LOGLOSS = METRICS["auc"], METRICS["logloss"]
PLAN = ({"filters": (2, 5), "epochs": 1}, {"filters": (2, 5), "epochs": 5}, {"filters": (5, 5), "epochs": 1})
GOOD, BAD = Outcome({"auc": 0.75, "logloss": 0.1 + 0.2}, 3.0), Outcome(diverged="the loss became nan")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def begin(path: Path, trials: int) -> None:
    """Begin some trials and leave them."""
    with open_journal(path) as journal:
        study = journal.study("sml", PLAN, [AUC, LOGLOSS])
        for _ in range(trials):
            study.ask()


def finish(path: Path) -> dict[int, int]:
    """Run all that is left; how often each trial is."""
    done: dict[int, int] = {}
    with open_journal(path) as journal:
        study = journal.study("sml", PLAN, [AUC, LOGLOSS])
        while study.left:
            number = study.ask()
            done[number] = done.get(number, 0) + 1
            study.tell(number, GOOD)
        assert set(study.finished) == {0, 1, 2}
    return done


def read(path: Path) -> dict[int, Outcome]:
    with open_journal(path) as journal:
        return journal.study("sml", PLAN, [AUC, LOGLOSS]).finished


def test_trials_are_asked_for_in_the_order_of_the_plan(path: Path) -> None:
    with open_journal(path) as journal:
        study = journal.study("sml", PLAN, [AUC, LOGLOSS])
        assert (study.left, [study.ask() for _ in PLAN], study.left) == (3, [0, 1, 2], 0)


def test_what_was_finished_comes_back_with_every_digit(path: Path) -> None:
    with open_journal(path) as journal:
        study = journal.study("sml", PLAN, [AUC, LOGLOSS])
        first, second = study.ask(), study.ask()
        study.tell(second, BAD)
        study.tell(first, GOOD)
    assert read(path) == {0: GOOD, 1: BAD}
    assert finish(path) == {2: 1}


def test_one_that_had_only_begun_is_tried_again_after_the_rest(path: Path) -> None:
    begin(path, 2)
    assert read(path) == {}
    assert finish(path) == {0: 1, 1: 1, 2: 1}
    assert finish(path) == {}


def test_one_whose_outcome_was_written_last_is_finished(path: Path) -> None:
    with open_journal(path) as journal:
        study = journal.study("sml", PLAN, [AUC, LOGLOSS])
        study.tell(study.ask(), GOOD)
    lines = path.read_bytes().splitlines(keepends=True)
    assert json.loads(lines[-1])["op_code"] == 6  # the end of the trial, after its outcome
    path.write_bytes(b"".join(lines[:-1]))
    assert read(path) == {0: GOOD}
    assert finish(path) == {1: 1, 2: 1}


def test_half_a_line_and_a_lock_left_behind_are_put_away(path: Path) -> None:
    begin(path, 1)
    whole, lock = path.read_bytes(), path.with_name("journal.jsonl.lock")
    path.write_bytes(whole[:-9])
    lock.touch()
    with open_journal(path):
        assert not lock.exists()
        assert path.read_bytes() == whole[: whole[:-9].rfind(b"\n") + 1]
    assert finish(path) == {0: 1, 1: 1, 2: 1}
    assert read(path).keys() == {0, 1, 2}


def test_every_method_has_a_study_that_optuna_reads(path: Path) -> None:
    with open_journal(path) as journal:
        for name, outcome in (("sml", GOOD), ("iu", BAD)):
            study = journal.study(name, PLAN, [LOGLOSS, AUC])
            study.tell(study.ask(), outcome)
    backend = optuna.storages.journal.JournalFileBackend(str(path))
    storage = optuna.storages.JournalStorage(backend)
    assert set(optuna.get_all_study_names(storage)) == {"sml", "iu"}
    (trial,) = optuna.load_study(study_name="sml", storage=storage).get_trials(
        states=[optuna.trial.TrialState.COMPLETE]
    )
    assert trial.value == -(0.1 + 0.2)
    assert trial.params == {"filters": "[2, 5]", "epochs": 1}
    assert trial.user_attrs["settings"] == {"filters": [2, 5], "epochs": 1}
    (failed,) = optuna.load_study(study_name="iu", storage=storage).get_trials(states=[optuna.trial.TrialState.FAIL])
    assert failed.user_attrs["outcome"]["diverged"] == "the loss became nan"


def test_optuna_is_left_as_talkative_as_it_was(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = optuna.logging.get_verbosity()
    begin(path, 1)
    assert optuna.logging.get_verbosity() == before
    assert capfd.readouterr() == ("", "")


def test_no_line_is_changed_lost_or_moved_unseen(path: Path) -> None:
    finish(path)
    lines = path.read_bytes().splitlines(keepends=True)
    digit = path.read_bytes().replace(b"0.75", b"0.85", 1)
    changed = [
        digit,
        b"".join(lines[1:]),
        b"".join([*lines[:3], *lines[4:]]),
        b"".join([*lines[:3], lines[4], lines[3]]),
    ]
    for data in changed:
        path.write_bytes(data)
        with pytest.raises(CorruptError, match="is not the journal of this tuning"), open_journal(path):
            pass


@pytest.mark.parametrize("content", [b"nonsense\n", b'{"op_code": 3}\n', b"{}\n"])
def test_what_is_no_journal_is_told(path: Path, content: bytes) -> None:
    path.write_bytes(content * 2)
    with pytest.raises(CorruptError, match="is not the journal of this tuning"):
        begin(path, 1)


def test_a_journal_of_another_plan_is_told(path: Path) -> None:
    begin(path, 1)
    with open_journal(path) as journal, pytest.raises(CorruptError, match=r"trial 0 was of .*expected \{'epochs': 7\}"):
        journal.study("sml", ({"epochs": 7},), [AUC])


def test_a_file_that_cannot_be_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OutputError, match=r"cannot write .*Choose a folder"), open_journal(path / "below"):
        pass
    with open_journal(path) as journal:
        study: Study = journal.study("sml", PLAN, [AUC, LOGLOSS])

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(optuna.storages.journal.JournalFileBackend, "append_logs", full)
        with pytest.raises(OutputError, match=r"No space left on device\. See that there is space left"):
            study.ask()
