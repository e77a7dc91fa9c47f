"""A comparison writes its files after every period and continues to the same results."""

import csv
import gc
import json
import weakref
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from torch import Tensor

from freshrec.data import Period, Stream
from freshrec.errors import ConfigError, CorruptError, OutputError
from freshrec.evaluation import CompareSettings, Comparison, Result, compare, read_results
from freshrec.metrics import METRICS
from freshrec.params import Params, params_of, tables_of
from freshrec.store import Checkpoint, checkpoint, pack, read_checkpoint, write_checkpoint
from freshrec.testing import tiny_model, tiny_stream
from freshrec.training import Run
from freshrec.updaters import IU, IUState

DIAGNOSTICS = ("steps", "restarts", "generated")
SETTINGS = CompareSettings(
    methods=("iu", "asmg-gru-multi"),
    runs=2,
    dim=3,
    base=IU(batch_size=16),
    overrides={"asmg-gru-multi": {"window": 2, "batch_size": 8, "restarts": 0}},
)


class StopAfter:
    """Progress that interrupts, as Ctrl-C would, when some periods are done."""

    def __init__(self, periods: int) -> None:
        self.periods = periods

    def overall(self, text: str, done: int, total: int) -> None:
        if done == self.periods:
            raise KeyboardInterrupt

    def step(self, text: str, done: int, total: int) -> None: ...


class Heard:
    """Progress that keeps what it is told of the whole."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int, int]] = []

    def overall(self, text: str, done: int, total: int) -> None:
        self.told.append((text, done, total))

    def step(self, text: str, done: int, total: int) -> None: ...


def timeless(results: tuple[Result, ...]) -> list[Result]:
    return [replace(result, update_seconds=0.0, serve_seconds=0.0) for result in results]


@pytest.fixture(scope="module")
def stream() -> Stream:
    return tiny_stream()


@pytest.fixture(scope="module")
def whole(stream: Stream, tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return compare(stream, SETTINGS, tmp_path_factory.mktemp("whole"))


def test_results_of_every_method_run_and_period(whole: Comparison) -> None:
    with (whole.report.parent / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        *("dataset", "method", "run", "period", "scored_period", "split"),
        *("samples", *METRICS, "update_seconds", "serve_seconds"),
        *(f"diagnostic.{name}" for name in DIAGNOSTICS),
    ]
    keys = {(row["method"], row["run"], row["period"], row["scored_period"], row["split"]) for row in rows}
    splits = {2: "warmup", 3: "warmup", 4: "validation", 5: "test", 6: "test"}
    assert keys == {
        (method, str(run), str(t), str(t + 1), split)
        for method in SETTINGS.compared
        for run in (0, 1)
        for t, split in splits.items()
    }
    assert len(rows) == 40
    assert all((float(row["update_seconds"]) > 0) == (row["period"] != "2") for row in rows)


def test_runs_differ_and_the_config_says_all(whole: Comparison) -> None:
    first, second = ([r.scores["auc"] for r in whole.results if r.run == run] for run in (0, 1))
    assert first != second
    config = json.loads((whole.report.parent / "config.json").read_text())
    assert CompareSettings.model_validate(config["settings"]) == SETTINGS


def test_both_methods_serve_the_same_model_until_the_generator_is_trained(whole: Comparison) -> None:
    auc = {(r.method, r.run, r.period): r.scores["auc"] for r in whole.results}
    same = [auc["iu", 0, t] == auc["asmg-gru-multi", 0, t] for t in range(2, 7)]
    assert same == [True, True, True, False, False]


@pytest.mark.parametrize("periods", [1, 3, 5, 6, 10])
def test_stopped_and_started_again_it_gives_the_same_results(
    stream: Stream, whole: Comparison, tmp_path: Path, periods: int
) -> None:
    with pytest.raises(KeyboardInterrupt):
        compare(stream, SETTINGS, tmp_path, StopAfter(periods))
    again = compare(stream, SETTINGS, tmp_path)
    assert timeless(again.results) == timeless(whole.results)
    assert again.report.read_text().startswith("<!doctype html>")


@pytest.fixture
def all_mapped(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From its call on every tensor has a file of its own; for so many files, that they last is not waited for."""

    def begin() -> None:
        monkeypatch.setattr(checkpoint, "LARGE", 0)
        monkeypatch.setattr("os.fsync", lambda descriptor: None)

    return begin


class Watched(StopAfter):
    """Progress that reads all of the checkpoint whenever a period is done, and interrupts after some."""

    def __init__(self, periods: int, folder: Path) -> None:
        super().__init__(periods)
        self.folder = folder
        self.files: list[set[str]] = []

    def overall(self, text: str, done: int, total: int) -> None:
        # Raises if a file of the state is not as it was when it was written, be it periods ago.
        if read_checkpoint(self.folder) is not None:
            self.files.append({path.name for path in self.folder.glob("*.safetensors")})
        super().overall(text, done, total)


@pytest.mark.parametrize("periods", [1, 4, 6, 11])
def test_states_of_which_every_tensor_is_mapped_give_the_same_results(
    stream: Stream, whole: Comparison, tmp_path: Path, all_mapped: Callable[[], None], periods: int
) -> None:
    """Stopped after a period and at the end (11 is never reached): scores and every byte of the states are equal."""
    if periods < 11:
        with pytest.raises(KeyboardInterrupt):
            compare(stream, SETTINGS, tmp_path / "plain", StopAfter(periods))
    else:
        compare(stream, SETTINGS, tmp_path / "plain")
    plain = read_checkpoint(tmp_path / "plain" / "checkpoint")
    all_mapped()
    watched = Watched(periods, tmp_path / "mapped" / "checkpoint")
    if periods < 11:
        with pytest.raises(KeyboardInterrupt):
            compare(stream, SETTINGS, tmp_path / "mapped", watched)
    else:
        compare(stream, SETTINGS, tmp_path / "mapped", watched)
    found = read_checkpoint(tmp_path / "mapped" / "checkpoint")
    assert plain is not None
    assert found is not None
    assert not plain.own
    assert set(found.own) == set(found.tensors) == set(plain.tensors)
    assert found.structure == plain.structure
    for name, tensor in plain.tensors.items():
        assert tensor.numpy().tobytes() == found.tensors[name].numpy().tobytes()
    again = compare(stream, SETTINGS, tmp_path / "mapped")
    assert timeless(again.results) == timeless(whole.results)


def test_a_snapshot_is_written_once(stream: Stream, tmp_path: Path, all_mapped: Callable[[], None]) -> None:
    """With K = 2, what the newest snapshot was written to is named again by the state after it, and then no more.

    Once every row of the tables was seen, the periods in which that was are not written again either.
    """
    all_mapped()
    watched = Watched(5, tmp_path / "checkpoint")
    settings = SETTINGS.model_copy(update={"runs": 1})
    with pytest.raises(KeyboardInterrupt):
        compare(stream, settings, tmp_path, watched)
    model = tiny_model(stream)
    parameters, tables = len(params_of(model)), len(tables_of(model))
    kept = [len(before & after) for before, after in zip(watched.files[1:], watched.files[2:], strict=False)]
    assert kept[0] == parameters + tables
    assert all(count >= parameters + tables for count in kept)
    assert len(watched.files[1] & watched.files[3]) == tables


def test_what_was_committed_is_let_go_of(
    stream: Stream, tmp_path: Path, all_mapped: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the commit on no tensor is in memory that a file holds, only what is mapped from there."""
    all_mapped()
    written: list[list[weakref.ref[Tensor]]] = []

    def watching(folder: Path, name: str, content: Any, state: Any, before: Checkpoint | None = None) -> Checkpoint:
        kept = write_checkpoint(folder, name, content, state, before)
        mapped = {id(tensor) for tensor in kept.tensors.values()}
        written.append([weakref.ref(tensor) for tensor in pack(state)[1].values() if id(tensor) not in mapped])
        return kept

    def asked(self: IU, state: IUState, run: Run) -> Params:
        assert all(tensor() is None for tensors in written for tensor in tensors)
        return serving(self, state, run)

    serving = IU.serving
    monkeypatch.setattr("freshrec.evaluation.work.write_checkpoint", watching)
    monkeypatch.setattr(IU, "serving", asked)
    gc.disable()
    try:
        compare(stream, SETTINGS.model_copy(update={"runs": 1}), tmp_path)
    finally:
        gc.enable()
    assert [len(tensors) > 0 for tensors in written] == [True] * 4 + [False]


def test_what_is_under_way_is_told(stream: Stream, tmp_path: Path) -> None:
    heard = Heard()
    settings = CompareSettings(methods=("iu",), runs=2, dim=3)
    with pytest.raises(KeyboardInterrupt):
        compare(stream, settings, tmp_path, StopAfter(3))
    compare(stream, settings, tmp_path, heard)
    assert heard.told == [
        ("run 1/2: period 6", 3, 10),
        ("run 1/2: period 7", 4, 10),
        ("run 1/2: finished", 5, 10),
        ("run 2/2: pre-training", 5, 10),
        *((f"run 2/2: period {3 + done}", 5 + done, 10) for done in range(5)),
        ("run 2/2: finished", 10, 10),
    ]


def test_a_finished_one_is_shown_again_without_work(stream: Stream, whole: Comparison) -> None:
    again = compare(stream, SETTINGS, whole.report.parent)
    assert again.results == whole.results


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"seed": 1}, r"settings\.seed;"),
        ({"base": {"epochs": 3, "batch_size": 16}}, r"settings\.base\.epochs;"),
        ({"methods": ("iu",), "overrides": {}}, r"methods\.asmg-gru-multi;"),
        ({"runs": 1}, r"settings\.runs;"),
        ({"baselines": False}, r"methods\.constant, methods\.item-odds;"),
        (
            {"overrides": {"asmg-gru-multi": {"window": 1, "batch_size": 8, "restarts": 0}}},
            r"methods\.asmg-gru-multi\.settings\.window;",
        ),
    ],
)
def test_a_folder_of_another_configuration_is_refused(
    stream: Stream, whole: Comparison, change: dict[str, object], named: str
) -> None:
    out = whole.report.parent
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with pytest.raises(OutputError, match=f"holds a comparison that differs in .*{named}"):
        compare(stream, CompareSettings.model_validate({**SETTINGS.model_dump(), **change}), out)
    with pytest.raises(OutputError, match=r"differs in data\.hash"):
        compare(tiny_stream(seed=5), SETTINGS, out)
    assert before == {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_a_damaged_checkpoint_is_not_used(stream: Stream, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        compare(stream, SETTINGS, tmp_path, StopAfter(3))
    (state,) = (tmp_path / "checkpoint").glob("*.safetensors")
    state.write_bytes(state.read_bytes()[:-1] + b"x")
    with pytest.raises(CorruptError, match="was changed or damaged"):
        compare(stream, SETTINGS, tmp_path)


def test_an_unwritable_folder(stream: Stream, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot make"):
        compare(stream, SETTINGS, tmp_path / "file" / "out")


@pytest.mark.parametrize("stop", [None, 2, 3])
def test_the_incremental_model_is_trained_once_a_run(
    stream: Stream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: int | None
) -> None:
    """Shared by the method itself and all that build on it, in whichever order they are named; also once resumed."""
    trained: list[tuple[int, int]] = []
    update = IU.update

    def counting(self: IU, state: IUState, past: Sequence[Period], run: Run) -> IUState:
        trained.append((run.seed, past[-1].number))
        return update(self, state, past, run)

    monkeypatch.setattr(IU, "update", counting)
    methods = ("asmg-gru-multi", "iu", "asmg-linear")
    overrides = {"asmg-gru-multi": {"window": 2}, "asmg-linear": {"window": 2}}
    settings = CompareSettings(methods=methods, runs=2, dim=3, base=IU(batch_size=16), overrides=overrides)
    if stop is not None:
        with pytest.raises(KeyboardInterrupt):
            compare(stream, settings, tmp_path, StopAfter(stop))
    results = compare(stream, settings, tmp_path).results
    assert len(trained) == len(set(trained)) == 2 * 4
    seconds = {r.method: r.update_seconds for r in results if r.run == 0 and r.period == 6}
    assert seconds["asmg-gru-multi"] > seconds["iu"] > 0


def test_a_folder_whose_config_cannot_be_read_is_refused(stream: Stream, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(OutputError, match=r"cannot read .*config\.json"):
        compare(stream, SETTINGS, tmp_path)


def test_every_base_model_has_its_own_first_model(stream: Stream, tmp_path: Path) -> None:
    """SML starts as IU's model does, and on matrix factorisation from another one; stopped, both go on."""
    methods = ("iu", "sml", "sml-mf")
    settings = CompareSettings(methods=methods, dim=3, base=IU(batch_size=16))
    with pytest.raises(KeyboardInterrupt):
        compare(stream, settings, tmp_path / "stopped", StopAfter(2))
    again = compare(stream, settings, tmp_path / "stopped")
    whole = compare(stream, settings, tmp_path / "whole")
    assert timeless(again.results) == timeless(whole.results)
    first = {r.method: r.scores["auc"] for r in whole.results if r.period == 2}
    assert first["iu"] == first["sml"] != first["sml-mf"]


def test_a_variant_on_another_base_model_is_the_method_on_that_model(stream: Stream, tmp_path: Path) -> None:
    settings = CompareSettings(
        methods=("sml", "sml-mf", "mine"),
        dim=3,
        base=IU(batch_size=16),
        overrides={"mine": {"method": "sml", "model": "matrix-factorisation"}},
    )
    scores: dict[str, list[float | None]] = {}
    for result in compare(stream, settings, tmp_path).results:
        scores.setdefault(result.method, []).append(result.scores["auc"])
    assert scores["mine"] == scores["sml-mf"] != scores["sml"]


def test_files_of_someone_elses_are_not_written_over(stream: Stream, tmp_path: Path) -> None:
    (tmp_path / "results.csv").write_text("mine")
    with pytest.raises(OutputError, match=r"holds results\.csv, but no config\.json.*Choose another folder"):
        compare(stream, SETTINGS, tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"results.csv": "mine"}


def test_settings_that_do_not_fit_the_stream_are_told_at_once_and_nothing_is_written(
    stream: Stream, tmp_path: Path
) -> None:
    settings = CompareSettings(
        methods=("iu", "bu-7", "asmg-gru-multi"), base=IU(loss="bpr"), overrides={"asmg-gru-multi": {"window": 9}}
    )
    with pytest.raises(ConfigError) as raised:
        compare(stream, settings, tmp_path / "out")
    lines = str(raised.value).splitlines()
    assert lines[0] == "settings for tiny cannot be used, for 3 reasons:"
    assert [line.split(":")[0] for line in lines[1:]] == [
        "  base.loss is 'bpr'",
        "  overrides.bu-7.window is 7",
        "  overrides.asmg-gru-multi.window is 9",
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_comparison_on_pairs(tmp_path: Path) -> None:
    """IU and ASMG share the incremental model that pairs trained; scores differ from those of the log loss."""
    stream = tiny_stream(labels="implicit")
    for loss in ("log", "bpr"):
        settings = CompareSettings.model_validate({**SETTINGS.model_dump(), "base": {"loss": loss}, "pretraining": {}})
        compare(stream, settings, tmp_path / loss)
    one, other = (read_results(tmp_path / loss / "results.csv") for loss in ("log", "bpr"))
    assert [r.scores for r in one if r.method == "iu"] != [r.scores for r in other if r.method == "iu"]
    assert len(one) == len(other) == 40
