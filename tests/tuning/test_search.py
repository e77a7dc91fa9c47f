"""Tuning as a whole: what can change its choice, and what cannot."""

import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from freshrec.data import Stream
from freshrec.errors import ConfigError, CorruptError, DataError, DivergedError, OutputError
from freshrec.evaluation import CompareSettings
from freshrec.files import locked
from freshrec.testing import tiny_stream
from freshrec.tuning import Tuned, TuneSettings, tune
from freshrec.tuning import workers as running
from freshrec.tuning.trial import Outcome, Task, evaluate
from freshrec.updaters import ASMG, IU, SPMF

Tuning = Callable[..., TuneSettings]
Kept = Callable[[Path], tuple[bytes, list[list[str]]]]


@pytest.fixture(scope="module")
def whole(stream: Stream, tuning: Tuning, tmp_path_factory: pytest.TempPathFactory) -> Tuned:
    return tune(stream, tuning(), tmp_path_factory.mktemp("whole") / "out")


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The trials that were run to their end, one after another."""
    done: list[tuple[str, int]] = []

    def counting(bench: Any, task: Task, *progress: Any) -> dict[int, Outcome]:
        outcomes = evaluate(bench, task, *progress)
        done.extend((task.name, number) for number in outcomes)
        return outcomes

    monkeypatch.setattr(running, "evaluate", counting)
    return done


def test_test_periods_cannot_be_reached(
    without_tests: Stream, tuning: Tuning, whole: Tuned, tmp_path: Path, kept: Kept
) -> None:
    tune(without_tests, tuning(), tmp_path / "out")
    assert kept(tmp_path / "out") == kept(whole.file.parent)


def test_whatever_the_log_holds_after_the_validation_periods_the_choice_is_the_same(
    tuning: Tuning, tmp_path: Path, kept: Kept
) -> None:
    """Other users, items, categories and likings, in the log itself; even the sizes of tables say nothing of them."""
    rng, rows, cut = np.random.default_rng(3), 390, 300
    user, item = rng.integers(0, 12, rows), rng.integers(0, 15, rows)
    later = np.arange(rows) >= cut
    logs = [
        pl.DataFrame(
            {
                "user": np.where(later, rng.integers(0, most, rows), user),
                "item": np.where(later, rng.integers(0, most, rows), item),
                "timestamp": 1_600_000_000 + 60 * np.arange(rows),
                "kind": np.where(later, most, item % 3),
            }
        )
        for most in (12, 90)
    ]
    streams = [Stream.from_frame(log, periods=13, item_fields=["kind"], name="shop") for log in logs]
    assert streams[0].schema != streams[1].schema
    for number, stream in enumerate(streams):
        tune(stream, tuning(methods=("asmg-gru-multi",)), tmp_path / str(number))
    assert kept(tmp_path / "0") == kept(tmp_path / "1")
    assert (tmp_path / "0" / "config.json").read_bytes() == (tmp_path / "1" / "config.json").read_bytes()


def test_a_validation_period_does_influence_the_choice(
    stream: Stream, tuning: Tuning, whole: Tuned, tmp_path: Path
) -> None:
    """The tests above could not fail otherwise."""
    other = Stream(stream.name, stream.schema, (*stream.periods[:9], *tiny_stream((30,) * 13, seed=8).periods[9:]))
    tune(other, tuning(), tmp_path / "out")
    assert (tmp_path / "out" / "tuned.toml").read_bytes() != whole.file.read_bytes()


@pytest.mark.parametrize("trials", [1, 3, 7])
def test_stopped_and_started_again_it_does_the_rest_and_no_more(
    stream: Stream,
    tuning: Tuning,
    whole: Tuned,
    tmp_path: Path,
    trials: int,
    stop_after: Any,
    kept: Kept,
    counted: list[tuple[str, int]],
) -> None:
    with pytest.raises(KeyboardInterrupt):
        tune(stream, tuning(), tmp_path / "out", progress=stop_after(trials))
    before = len(counted)
    assert 0 < before < 2 + 4 + 5
    assert not (tmp_path / "out" / "tuned.toml").exists()
    assert len((tmp_path / "out" / "trials.csv").read_text().splitlines()) == 1 + before
    tune(stream, tuning(), tmp_path / "out")
    assert kept(tmp_path / "out") == kept(whole.file.parent)
    assert len(counted) == len(set(counted)) == 2 + 4 + 5


def test_interrupted_within_trials_it_runs_those_again(
    stream: Stream, tuning: Tuning, whole: Tuned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: Kept
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    for method in (IU, SPMF, ASMG):
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(method, "update", interrupted)
            tune(stream, tuning(), tmp_path / "out")
    tune(stream, tuning(), tmp_path / "out")
    assert kept(tmp_path / "out") == kept(whole.file.parent)


def test_a_finished_one_is_told_again_without_work(
    stream: Stream, tuning: Tuning, whole: Tuned, counted: list[tuple[str, int]]
) -> None:
    assert tune(stream, tuning(), whole.file.parent) == whole
    assert counted == []


def test_more_processes_choose_the_same(tuning: Tuning, tmp_path: Path, kept: Kept) -> None:
    number = np.arange(390)
    log = pl.DataFrame({"user": number * 3 % 10, "item": number * number * 7 % 23, "timestamp": 60 * number})
    stream = Stream.from_frame(log, periods=13, time_unit="s")
    for jobs in (1, 2):
        tune(stream, tuning(methods=("asmg-linear",)), tmp_path / str(jobs), jobs=jobs)
    assert kept(tmp_path / "1") == kept(tmp_path / "2")


def test_the_base_is_chosen_first_and_all_others_build_on_it(whole: Tuned) -> None:
    first, *others = whole.choices
    assert first.method == "iu"
    assert [choice.method for choice in others] == ["spmf", "asmg-gru-multi"]
    base = whole.settings.base
    assert (base.learning_rate, base.epochs) == (first.settings["learning_rate"], first.settings["epochs"])
    assert base.batch_size == 32
    asmg = whole.settings.updaters()["asmg-gru-multi"]
    assert isinstance(asmg, ASMG)
    assert asmg.base == base


def scores_of(outcome: Outcome) -> Mapping[str, float | None]:
    assert outcome.scores is not None
    return outcome.scores


def test_the_choice_is_the_best_of_its_trials_and_no_worse_than_none(whole: Tuned, kept: Kept) -> None:
    _, rows = kept(whole.file.parent)
    for choice in whole.choices:
        areas = [float(row[3]) for row in rows if row[0] == choice.method]
        best = max(areas)
        assert scores_of(choice.outcome)["auc"] == best
        assert choice.trials == len(areas) == {"iu": 2, "spmf": 4, "asmg-gru-multi": 5}[choice.method]
        chosen = next(row for row in rows if row[0] == choice.method and float(row[3]) == best)
        assert json.loads(chosen[2]) == choice.settings
        assert choice.untuned is not None
        assert scores_of(choice.untuned)["auc"] == areas[0]


def test_compare_takes_what_was_chosen(whole: Tuned) -> None:
    content = tomllib.loads(whole.file.read_text())
    settings = CompareSettings.model_validate(content)
    assert settings == whole.settings
    updaters = settings.updaters()
    for choice in whole.choices:
        assert {name: getattr(updaters[choice.method], name) for name in choice.settings} == choice.settings
    assert content["pretrain"] == 4


def test_a_method_on_another_base_model_and_variants(stream: Stream, tuning: Tuning, tmp_path: Path) -> None:
    settings = tuning(
        methods=("sml-mf", "short", "iu-mf"),
        overrides={
            "short": {"method": "asmg-gru-zero", "window": 1},
            "iu-mf": {"method": "iu", "model": "matrix-factorisation"},
        },
        grids={"*": {"learning_rate": [0.01], "epochs": [1]}, "sml-mf": {"filters": [[2, 2], [5, 2]], "hidden": [10]}},
    )
    tuned = tune(stream, settings, tmp_path / "out", data={"periods": 13})
    content = tomllib.loads(tuned.file.read_text())
    assert content["methods"] == ["sml-mf", "short", "iu-mf"]
    assert content["overrides"]["iu-mf"] == {"method": "iu", "model": "matrix-factorisation"}
    assert content["overrides"]["short"].items() >= {"method": "asmg-gru-zero", "window": 1}.items()
    assert content["data"] == {"periods": 13}
    assert [(choice.method, choice.trials) for choice in tuned.choices] == [
        ("iu", 1),
        ("sml-mf", 3),
        ("short", 4),
        ("iu-mf", 1),
    ]
    outcomes = {choice.method: choice.outcome for choice in tuned.choices}
    assert outcomes["iu-mf"].scores != outcomes["iu"].scores
    assert {path.name for path in (tmp_path / "out" / "pretrained").iterdir()} == {
        "EmbeddingMLP-0",
        "MatrixFactorisation-0",
    }


def test_the_metric_decides_and_a_diverged_trial_cannot_be_chosen(
    stream: Stream, tuning: Tuning, tmp_path: Path, kept: Kept
) -> None:
    grids = {"*": {"learning_rate": [0.05, 1e38, 1e-4], "epochs": [1]}}
    out = tmp_path / "out"
    tuned = tune(stream, tuning(methods=("iu",), grids=grids, metric="logloss"), out)
    (choice,) = tuned.choices
    _, rows = kept(out)
    states = {json.loads(row[2])["learning_rate"]: row[-2] for row in rows}
    assert states == {0.01: "complete", 0.05: "complete", 1e38: "diverged", 1e-4: "complete"}
    assert (choice.trials, choice.diverged) == (4, 1)
    assert scores_of(choice.outcome)["logloss"] == min(float(row[4]) for row in rows if row[4])
    assert "Lower the learning rate" in next(row[-1] for row in rows if row[-2] == "diverged")
    assert tune(stream, tuning(methods=("iu",), grids=grids, metric="logloss"), out) == tuned


def test_where_all_trials_diverge_nothing_can_be_chosen(stream: Stream, tuning: Tuning, tmp_path: Path) -> None:
    settings = tuning(methods=("iu",), grids={"*": {"learning_rate": [1e38], "epochs": [1, 2]}})
    with pytest.raises(DivergedError, match=r"each of the 2 trials of iu diverged.*Give it smaller learning rates"):
        tune(stream, settings, tmp_path / "out")
    assert (tmp_path / "out" / "trials.csv").read_text().count(",diverged,") == 2


def test_more_runs_are_averaged(stream: Stream, tuning: Tuning, tmp_path: Path) -> None:
    settings = tuning(methods=("iu",), runs=2)
    tuned = tune(stream, settings, tmp_path / "out")
    one = tune(stream, tuning(methods=("iu",)), tmp_path / "one")
    assert tuned.choices[0].untuned != one.choices[0].untuned
    assert len(list((tmp_path / "out" / "pretrained").iterdir())) == 2


def test_a_folder_belongs_to_one_tuning(stream: Stream, tuning: Tuning, whole: Tuned, tmp_path: Path) -> None:
    out = whole.file.parent
    with pytest.raises(OutputError, match=r"holds a tuning that differs in settings\.budget; to continue"):
        tune(stream, tuning(budget=3), out)
    with pytest.raises(OutputError, match=r"differs in data\.hash"):
        tune(tiny_stream((30,) * 13, seed=2), tuning(), out)
    (tmp_path / "tuned.toml").write_text("mine")
    with pytest.raises(OutputError, match=r"holds tuned\.toml, but no config\.json that says they are a tuning's"):
        tune(stream, tuning(), tmp_path)


def test_a_damaged_first_model_is_not_used(stream: Stream, tuning: Tuning, tmp_path: Path, stop_after: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        tune(stream, tuning(), tmp_path / "out", progress=stop_after(1))
    (state,) = (tmp_path / "out" / "pretrained").rglob("*.safetensors")
    state.write_bytes(state.read_bytes()[:-1] + b"x")
    with pytest.raises(CorruptError, match="was changed or damaged"):
        tune(stream, tuning(), tmp_path / "out")


def test_what_cannot_be_tuned_is_told_before_anything_is_written(
    stream: Stream, tuning: Tuning, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with pytest.raises(ConfigError, match="jobs is 0, expected 1 or more"):
        tune(stream, tuning(), out, jobs=0)
    with pytest.raises(
        ConfigError, match=r"methods\.0 is 'bu-5': where validation .*there are 4 before the first test"
    ):
        tune(tiny_stream(), tuning(methods=("bu-5",), grids={}), out)
    with pytest.raises(DataError, match=r"periods 10 to 10, which validation models are scored on, hold nothing"):
        tune(tiny_stream((30,) * 9 + (0, 30, 30, 30)), tuning(), out)
    with pytest.raises(TypeError, match="TOML has no NoneType"):
        tune(stream, tuning(), out, data={"label_column": None})
    assert not out.exists()


def test_two_cannot_tune_in_one_folder(stream: Stream, tuning: Tuning, tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(OutputError, match="another process is writing to"):
        tune(stream, tuning(methods=("iu",)), tmp_path)
