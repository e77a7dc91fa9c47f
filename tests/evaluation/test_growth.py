"""A finished comparison grows by methods and runs: only what is missing is computed, and all is as from the start."""

import csv
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from freshrec.data import Period, Stream
from freshrec.errors import CorruptError, OutputError
from freshrec.evaluation import CompareSettings, Comparison, Pretraining, Result, compare, read_results
from freshrec.files import locked
from freshrec.metrics import Metric
from freshrec.models import EmbeddingMLP
from freshrec.params import params_of
from freshrec.seeds import derive
from freshrec.testing import tiny_stream
from freshrec.training import Fitted, Run
from freshrec.updaters import ASMG, BU, IU, IUState

ALL = ("iu", "bu-3", "asmg-gru-multi", "sml-mf")


def settings_of(methods: Sequence[str] = ALL, **changes: Any) -> CompareSettings:
    """A small comparison of some of the methods, with what each has of its own."""
    own = {"bu-3": {"window": 2}, "asmg-gru-multi": {"window": 2, "batch_size": 8}}
    overrides = {name: settings for name, settings in own.items() if name in methods}
    given = {"methods": methods, "runs": 2, "dim": 3, "base": IU(batch_size=16), "overrides": overrides}
    return CompareSettings.model_validate({**given, **changes})


def timeless(results: Sequence[Result]) -> list[Result]:
    return [replace(result, update_seconds=0.0, serve_seconds=0.0) for result in results]


class StopAfter:
    """Progress that interrupts, as Ctrl-C would, when it is told that some number of periods is done."""

    def __init__(self, periods: int) -> None:
        self.periods = periods

    def overall(self, text: str, done: int, total: int) -> None:
        if done == self.periods and "pre-training" not in text:
            raise KeyboardInterrupt

    def step(self, text: str, done: int, total: int) -> None: ...


@pytest.fixture(scope="module", autouse=True)
def _without_figures() -> Iterator[None]:
    """Reports are tested elsewhere, and drawing them takes most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("freshrec.evaluation.comparison.render", lambda *_: "a report")
        yield


@pytest.fixture(scope="module")
def stream() -> Stream:
    return tiny_stream()


@pytest.fixture(scope="module")
def whole(stream: Stream, tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return compare(stream, settings_of(), tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def small(stream: Stream, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished comparison of IU in one run."""
    return compare(stream, settings_of(("iu",), runs=1), tmp_path_factory.mktemp("small")).report.parent


@pytest.fixture
def out(small: Path, tmp_path: Path) -> Path:
    """A copy of that folder."""
    return Path(shutil.copytree(small, tmp_path / "out"))


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is computed from now on: pre-trainings, and updates by class and period."""
    work: list[str] = []

    def counting(kind: type, name: str, told: Callable[..., str]) -> None:
        real = getattr(kind, name)

        def wrapped(self: Any, *arguments: Any) -> Any:
            work.append(told(*arguments))
            return real(self, *arguments)

        monkeypatch.setattr(kind, name, wrapped)

    counting(Pretraining, "states", lambda start, periods, run, *_: f"pretrain {type(run.model).__name__}")
    for kind in (IU, BU, ASMG):
        counting(kind, "update", lambda state, past, run, kind=kind: f"{kind.__name__} {past[-1].number}")
    return work


def files_of(comparison: Comparison) -> tuple[str, list[dict[str, str]]]:
    """The configuration, and the lines of results.csv without the times."""
    folder = comparison.report.parent
    with (folder / "results.csv").open(newline="") as file:
        lines = [{name: cell for name, cell in line.items() if "seconds" not in name} for line in csv.DictReader(file)]
    return (folder / "config.json").read_text(), lines


def test_methods_and_runs_that_join_are_as_from_the_start(stream: Stream, whole: Comparison, out: Path) -> None:
    compare(stream, settings_of(("asmg-gru-multi", "iu"), runs=1), out)
    compare(stream, settings_of(("asmg-gru-multi", "iu"), runs=2), out)
    grown = compare(stream, settings_of(), out)
    assert timeless(grown.results) == timeless(whole.results)
    assert files_of(grown) == files_of(whole)
    assert read_results(out / "results.csv") == list(grown.results)
    for name in ("slices.csv", "config.json"):
        assert (out / name).read_bytes() == (whole.report.parent / name).read_bytes()
    intervals = ({each.method: each.scores for each in one.summaries} for one in (grown, whole))
    assert next(intervals) == next(intervals)


def test_only_what_is_missing_is_computed(stream: Stream, out: Path, counted: list[str]) -> None:
    before = read_results(out / "results.csv")
    grown = compare(stream, settings_of(("iu", "bu-3"), runs=1), out)
    assert counted == [f"BU {period}" for period in (3, 4, 5, 6)]
    assert [each for each in grown.results if each.method != "bu-3"] == before, "to the times"
    counted.clear()
    compare(stream, settings_of(("iu", "bu-3"), runs=2), out)
    assert sorted(counted) == sorted(
        ["pretrain EmbeddingMLP", *(f"{kind} {period}" for kind in ("IU", "BU") for period in (3, 4, 5, 6))]
    )
    counted.clear()
    compare(stream, settings_of(("iu", "bu-3"), runs=2, baselines=True), out)
    assert counted == []


def test_trivial_baselines_can_join(stream: Stream, tmp_path: Path) -> None:
    alone = compare(stream, settings_of(("iu",), baselines=False), tmp_path / "out")
    grown = compare(stream, settings_of(("iu",)), tmp_path / "out")
    assert {each.method for each in grown.results} == {"iu", "constant", "item-odds"}
    assert [each for each in grown.results if each.method == "iu"] == list(alone.results)


@pytest.mark.parametrize("periods", [0, 4, 7])
def test_stopped_while_it_grows_it_goes_on(stream: Stream, whole: Comparison, out: Path, periods: int) -> None:
    """Stopped in either run, and again grown by one more method before it goes on."""
    with pytest.raises(KeyboardInterrupt):
        compare(stream, settings_of(("iu", "asmg-gru-multi", "bu-3")), out, StopAfter(periods))
    assert timeless(compare(stream, settings_of(), out).results) == timeless(whole.results)


def test_one_that_was_stopped_can_grow_before_it_is_finished(stream: Stream, whole: Comparison, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        compare(stream, settings_of(("iu", "sml-mf"), runs=1), tmp_path, StopAfter(3))
    assert timeless(compare(stream, settings_of(), tmp_path).results) == timeless(whole.results)


def test_what_would_shrink_or_change_is_refused_and_nothing_is_touched(stream: Stream, out: Path) -> None:
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    for change, named in (
        ({"methods": ("bu-3",)}, r"methods\.iu;"),
        ({"seed": 3}, r"settings\.seed;"),
        ({"metrics": ("auc", "logloss")}, r"settings\.metrics;"),
        ({"overrides": {"iu": {"epochs": 4}}}, r"methods\.iu\.settings\.epochs;"),
        ({"pretraining": {"epochs": 4}}, r"settings\.pretraining\.epochs;"),
    ):
        given: dict[str, Any] = {"methods": ("iu",), **change}
        with pytest.raises(OutputError, match=f"differs in {named}"):
            compare(stream, settings_of(**given), out)
    assert before == {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_another_baseline_is_shown_without_work(stream: Stream, out: Path, counted: list[str]) -> None:
    settings = settings_of(("iu",), runs=1, baseline="constant")
    shown = {each.method: each.scores["auc"].improvement for each in compare(stream, settings, out).summaries}
    assert counted == []
    assert shown["constant"] is None
    assert shown["iu"] is not None


def test_a_checkpoint_of_another_comparison_is_not_used(stream: Stream, out: Path, tmp_path: Path) -> None:
    other = compare(stream, settings_of(("iu",), runs=1, seed=1), tmp_path / "other").report.parent
    for name, told in (("checkpoint", "is not of the comparison that"), ("pretrained", "of another configuration")):
        mixed = tmp_path / name
        shutil.copytree(out, mixed)
        shutil.rmtree(mixed / name)
        shutil.copytree(other / name, mixed / name)
        with pytest.raises(CorruptError, match=told):
            compare(stream, settings_of(("iu", "bu-3"), runs=1), mixed)


def test_a_changed_digit_of_a_result_is_seen(stream: Stream, out: Path) -> None:
    path = out / "checkpoint" / "checkpoint.json"
    text = path.read_text()
    place = text.index('"auc": 0.') + len('"auc": 0.')
    path.write_text(f"{text[:place]}{(int(text[place]) + 1) % 10}{text[place + 1 :]}")
    with pytest.raises(CorruptError, match="its text is not the one that was written"):
        compare(stream, settings_of(("iu",), runs=1), out)


def test_two_processes_cannot_write_to_one_folder(stream: Stream, out: Path) -> None:
    with locked(out), pytest.raises(OutputError, match="another process is writing to"):
        compare(stream, settings_of(("iu",), runs=1), out)
    compare(stream, settings_of(("iu",), runs=1), out)


def test_a_first_model_is_trained_once(
    stream: Stream, tmp_path: Path, counted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: IU, state: IUState, past: Sequence[Period], run: Run) -> IUState:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(IU, "update", interrupted)
        compare(stream, settings_of(("iu", "sml-mf"), runs=1), tmp_path)
    assert counted == ["pretrain EmbeddingMLP", "pretrain MatrixFactorisation"]
    counted.clear()
    compare(stream, settings_of(("iu", "sml-mf"), runs=1), tmp_path)
    assert not any(each.startswith("pretrain") for each in counted)


def test_the_configuration_holds_every_resolved_setting(stream: Stream, whole: Comparison) -> None:
    config = json.loads((whole.report.parent / "config.json").read_text())
    assert list(config["methods"]) == sorted(settings_of().compared)
    asmg = config["methods"]["asmg-gru-multi"]
    assert (asmg["method"], asmg["updater"]) == ("asmg-gru-multi", "freshrec.updaters.asmg:ASMG")
    assert ASMG.model_validate(asmg["settings"]) == settings_of().updaters()["asmg-gru-multi"]
    assert set(asmg["settings"]) == set(ASMG.model_fields)
    embedding_mlp = "freshrec.models.embedding_mlp:EmbeddingMLP"
    assert asmg["model"] == embedding_mlp
    assert config["models"][embedding_mlp] == {"dim": 3, "hidden": None}
    assert config["data"]["settings"] == json.loads(json.dumps(stream.manifest.get("settings", {})))


def test_the_configuration_holds_the_epochs_that_pretraining_chose(stream: Stream, whole: Comparison) -> None:
    config = json.loads((whole.report.parent / "config.json").read_text())
    settings = settings_of()
    metrics: Sequence[Metric] = settings.measured
    for number in (0, 1):
        seed = derive(settings.seed, "run", number)
        model = EmbeddingMLP(stream.schema_after(2), dim=3, seed=derive(seed, "model"))
        start = Fitted.untrained(params_of(model))
        *_, last = settings.pretraining.states(start, stream.periods[:2], Run(model, seed), metrics)
        noted = config["pretraining_epochs"]["freshrec.models.embedding_mlp:EmbeddingMLP"]
        assert noted[str(number)] == last.chosen
