"""docs/extending.md, read as a package: what it defines works wherever a name is expected."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from freshrec.evaluation import CompareSettings, compare
from freshrec.extensions import load
from freshrec.settings import SettingsError
from freshrec.testing import tiny_stream
from freshrec.tuning import TuneSettings, tune
from freshrec.updaters import IU, find_method

PAGE = (Path(__file__).parents[1] / "docs" / "extending.md").read_text(encoding="utf-8")
AVERAGE = "mypkg.average:Average"
OTHERS = '''
from dataclasses import dataclass

from freshrec.models import MatrixFactorisation
from freshrec.updaters import IU, IUState, Method


class Plain:
    """Fine-tuning, by a class without settings."""

    state_type = IUState

    def __init__(self):
        self.base = IU(batch_size=16)

    def init(self, start, run):
        return self.base.init(start, run)

    def update(self, state, past, run):
        return self.base.update(state, past, run)

    def serving(self, state, run):
        return self.base.serving(state, run)


plain = Plain()
on_factors = Method("fine-tuning of factors", lambda base, settings: base, MatrixFactorisation)


class Faster(IU):
    """Fine-tuning with a setting of its own."""

    boost: float = 2.0


@dataclass
class Unhashable(Plain):
    pass


class Half:
    def init(self, start, run): ...
'''

Run = Callable[..., tuple[str, str]]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder with the page's files, on the path, installed with the page's entry points."""
    folder = tmp_path / "package"
    blocks = re.findall(r"```python\n# (\S+\.py)\n(.*?)```", PAGE, re.DOTALL)
    for name, text in [*blocks, ("mypkg/others.py", OTHERS)]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    project = tomllib.loads(PAGE.split("```toml\n")[1].split("```")[0])["project"]
    info = folder / "mypkg-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mypkg\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "".join(
            f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in points.items())
            for group, points in project["entry-points"].items()
        )
    )
    monkeypatch.syspath_prepend(str(folder))
    yield folder
    for module in [each for each in sys.modules if each.partition(".")[0] == "mypkg"]:
        del sys.modules[module]


def rows(out: Path) -> set[tuple[str, float]]:
    found = pl.read_csv(out / "results.csv")
    return set(found.select("method", "auc").rows())


def test_the_command_line_takes_them_by_path_and_entry_point(package: Path, shop_log: Path, run_command: Run) -> None:
    purchases = package / "shop"
    purchases.mkdir()
    log = pl.read_csv(shop_log).rename({"user": "customer", "item": "article", "timestamp": "second"})
    log.write_csv(purchases / "purchases.csv", separator=";")
    config = package / "settings.toml"
    variant = PAGE.split("```toml\n[overrides.iu-bias]")[1].split("```")[0]
    config.write_text(f"baselines = false\n[base]\nbatch_size = 64\n[overrides.iu-bias]{variant}")
    chosen = ("--path", purchases, "--config", config, "--methods")
    by_path, by_name = package / "a", package / "b"
    run_command("compare", "mypkg.logs:MyLog", *chosen, f"iu,iu-bias,{AVERAGE}", "--out", by_path)
    run_command("compare", "my-log", *chosen, "iu,iu-bias,average", "--out", by_name)
    assert {(name.replace(AVERAGE, "average"), area) for name, area in rows(by_path)} == rows(by_name)
    assert {name for name, _ in rows(by_path)} == {"iu", "iu-bias", AVERAGE}
    assert re.search(r"^average +Serves a weighted mean of the newest two", run_command("methods")[0], re.M)
    assert "my-log: Purchases of my shop" in run_command("datasets")[0]


def test_settings_reach_it_and_its_base(package: Path) -> None:
    settings = CompareSettings(
        methods=(AVERAGE, "newest", "quick"),
        base=IU(epochs=2),
        overrides={
            AVERAGE: {"weight": 0.25},
            "newest": {"method": "average", "weight": 1.0, "base": {"learning_rate": 0.1}},
            "quick": {"method": "mypkg.others:Faster", "boost": 3.0},
        },
    )
    average, faster = load("updaters", AVERAGE), load("updaters", "mypkg.others:Faster")
    assert settings.updaters()[AVERAGE] == average(base=IU(epochs=2), weight=0.25)
    assert settings.updaters()["newest"] == average(base=IU(epochs=2, learning_rate=0.1), weight=1.0)
    assert settings.updaters()["quick"] == faster(epochs=2, boost=3.0)


def test_a_comparison_in_python_and_a_tuning_run_them(package: Path) -> None:
    stream, base = tiny_stream(), IU(batch_size=16)
    names = ("iu", AVERAGE, "mypkg.others:Plain", "mypkg.others:plain", "mypkg.others:on_factors", "newest")
    overrides = {"newest": {"method": AVERAGE, "weight": 1.0}}
    settings = CompareSettings(methods=names, dim=3, base=base, overrides=overrides, baselines=False)
    results = compare(stream, settings, package / "compared").results
    areas = {name: [each.scores["auc"] for each in results if each.method == name] for name in names}
    assert areas["iu"] == areas["mypkg.others:Plain"] == areas["mypkg.others:plain"] == areas["newest"]
    assert areas[AVERAGE] != areas["iu"] != areas["mypkg.others:on_factors"]
    tuned = tune(
        stream,
        TuneSettings(
            methods=(AVERAGE, "mypkg.others:plain"),
            dim=3,
            base=base,
            grids={"iu": {"learning_rate": (0.01,), "epochs": (1,)}, AVERAGE: {"weight": (0.25, 0.5, 1.0)}},
        ),
        package / "tuned",
    )
    assert {choice.method: choice.trials for choice in tuned.choices} == {"iu": 1, AVERAGE: 3, "mypkg.others:plain": 1}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"methods": ("mypkg.average:Avarage",)}, "methods.0 is 'mypkg.average:Avarage': .*Did you mean 'Average'"),
        ({"methods": ("averge",)}, r"methods.0 is 'averge': unknown method 'averge'. Did you mean 'average'\?"),
        ({"methods": ("mypkg.others:Half",)}, "it lacks update, serving, state_type, the class of its state"),
        ({"methods": ("mypkg.others:Unhashable",)}, "it lacks a hash"),
        ({"methods": ("mypkg.others:OTHERS",)}, "no 'OTHERS'"),
        (
            {"methods": (AVERAGE,), "overrides": {AVERAGE: {"weigth": 1, "base": {"epochs": 0}}}},
            r"(?s)overrides.mypkg.average:Average.base.epochs is 0: .*"
            r"overrides.mypkg.average:Average.weigth is 1: there is no such setting. Did you mean 'weight'\?",
        ),
        (
            {"methods": ("mypkg.others:plain",), "overrides": {"mypkg.others:plain": {"epochs": 1}}},
            "overrides.mypkg.others:plain.epochs is 1: it takes no settings",
        ),
        (
            {"methods": (AVERAGE,), "overrides": {AVERAGE: {"model": "matrix-factorisation"}}},
            "is a method and keeps its base model",
        ),
        (
            {"methods": ("x",), "overrides": {"x": {"method": AVERAGE, "model": "mypkg.average:Average"}}},
            "overrides.x.model is 'mypkg.average:Average': .*is no base model",
        ),
        (
            {"methods": ("average",), "overrides": {"average": {"method": "iu"}}},
            "'average' is a method and cannot name a variant of 'iu'",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_path(package: Path, changed: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        CompareSettings.model_validate(changed)


def test_a_data_set_that_is_none_is_refused(package: Path, run_command: Run) -> None:
    stderr = run_command("compare", AVERAGE, "--out", package / "out", code=2)[1]
    assert "'mypkg.average:Average' is no freshrec.data.Dataset" in stderr


def test_a_metric_is_measured_ranks_and_tunes(package: Path, run_command: Run) -> None:
    brier = "mypkg.brier:Brier"
    settings = CompareSettings(methods=("iu",), dim=3, base=IU(batch_size=16), metrics=("brier", "auc"))
    (summary, *_) = compare(tiny_stream(), settings, package / "compared").summaries
    assert list(summary.scores) == ["brier", "auc"]
    assert 0 < (summary.scores["brier"].mean or 0) < 0.5
    page = (package / "compared" / "report.html").read_text()
    assert "Brier score" in page
    grids = {"iu": {"learning_rate": (0.01, 0.1), "epochs": (1,)}}
    tuning = TuneSettings(
        methods=("iu",), dim=3, base=IU(batch_size=16), metrics=("auc", brier), metric=brier, grids=grids
    )
    (choice,) = tune(tiny_stream(), tuning, package / "tuned").choices
    trials = pl.read_csv(package / "tuned" / "trials.csv")
    assert choice.outcome.scores is not None
    assert choice.outcome.scores["brier"] == trials["brier"].min()
    assert re.search(r"^brier +Brier score: lower is better$", run_command("metrics")[0], re.M)


@pytest.mark.parametrize(("file", "name"), [("test_average", "TestAverage"), ("test_brier", "TestBrier")])
def test_the_shipped_contract_checks_it(package: Path, file: str, name: str) -> None:
    (block,) = re.findall(rf"```python\n# tests/{file}.py\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(block, names)
    suite = names[name]()
    tests = [getattr(suite, name) for name in dir(suite) if name.startswith("test_")]
    assert len(tests) > 10
    for test in tests:
        test()


def test_a_broken_entry_point_is_listed_as_such(package: Path, run_command: Run) -> None:
    (package / "mypkg" / "average.py").write_text("1 / 0")
    assert re.search(r"average +cannot be used: .*ZeroDivisionError", run_command("methods")[0])


def test_packages_of_the_current_folder_are_found(package: Path) -> None:
    code = "from freshrec.cli import main; import sys; sys.argv[1:] = ['methods']; sys.path.remove(''); main()"
    shown = subprocess.run([sys.executable, "-c", code], cwd=package, capture_output=True, text=True, check=True).stdout
    assert "average" in shown


def test_the_summary_of_a_method_is_the_first_line_of_its_docstring(package: Path) -> None:
    assert find_method("average").summary == "Serves a weighted mean of the newest two incremental models"
