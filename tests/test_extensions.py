"""Objects of other packages, found by path and by entry point; the package is written to disk by the test."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from freshrec.errors import ConfigError
from freshrec.extensions import load, names

ENTRY_POINTS = """
[freshrec.updaters]
ema = outsiders.averages:EMA
gone = outsiders.averages:Gone
"""


def install(folder: Path, name: str, entry_points: str) -> None:
    """What pip leaves behind of a package that declares entry points."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(entry_points)


@pytest.fixture
def outsiders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    package = tmp_path / "outsiders"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "averages.py").write_text("class EMA:\n    class Fast: ...\n\nlabel = 'a string'\n")
    (package / "needy.py").write_text("import surely_not_installed\n")
    (package / "broken.py").write_text("1 / 0\n")
    install(tmp_path, "outsiders", ENTRY_POINTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for module in [each for each in sys.modules if each.partition(".")[0] == "outsiders"]:
        del sys.modules[module]


@pytest.mark.usefixtures("outsiders")
def test_a_path_gives_the_object_itself() -> None:
    found = load("updaters", "outsiders.averages:EMA")
    assert found is sys.modules["outsiders.averages"].EMA
    assert load("updaters", "outsiders.averages:EMA.Fast") is found.Fast


@pytest.mark.usefixtures("outsiders")
def test_an_entry_point_gives_what_its_package_declares() -> None:
    assert load("updaters", "ema") is load("updaters", "outsiders.averages:EMA")
    assert names("updaters") == ("ema", "gone")
    assert "ema" not in names("models")
    with pytest.raises(ConfigError, match=r"declares 'ema' among freshrec\.models"):
        load("models", "ema")


@pytest.mark.usefixtures("outsiders")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("emma", r"no installed package declares 'emma' among freshrec.updaters. Did you mean 'ema'\? Or write"),
        ("gone", r"outsiders.averages has no 'Gone'"),
        ("outsiders.averages:EMAA", r"outsiders.averages has no 'EMAA'. Did you mean 'EMA'\?"),
        ("outsiders.averages:EMA.Fats", r"EMA has no 'Fats'. Did you mean 'Fast'\?"),
        ("outsiders.averages:label.fast", r"str has no 'fast'"),
        ("outsiders.average:EMA", r"no module 'outsiders.average'. Did you mean 'averages'\?"),
        ("outsiders.averages.ema:EMA", r"no module 'outsiders.averages.ema'. Install"),
        ("outsider.averages:EMA", r"no module 'outsider'. Did you mean 'outsiders'\?"),
        ("zzqqzz:EMA", r"no module 'zzqqzz'. Install its package, or add its folder to PYTHONPATH"),
        ("outsiders.needy:EMA", r"import of 'outsiders.needy' fails with ModuleNotFoundError: .*surely_not_installed"),
        ("outsiders.broken:EMA", r"import of 'outsiders.broken' fails with ZeroDivisionError: division by zero\.$"),
        ("outsiders.averages:", "not the path of an object"),
        (":EMA", "not the path of an object"),
        ("outsiders averages:EMA", "not the path of an object"),
        ("../outsiders:EMA", "not the path of an object"),
        ("", "no installed package declares ''"),
    ],
)
def test_what_is_not_there_is_refused_with_a_hint(name: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load("updaters", name)


def test_a_kind_that_does_not_exist_is_refused() -> None:
    for call in (lambda: load("updater", "ema"), lambda: names("updater")):  # type: ignore[arg-type]
        with pytest.raises(ConfigError, match=r"no kind of extension 'updater'\. Did you mean 'updaters'"):
            call()


def test_two_packages_that_declare_one_name_differently_are_ambiguous(outsiders: Path) -> None:
    install(outsiders, "rivals", "[freshrec.updaters]\nema = outsiders.averages:EMA.Fast\n")
    with pytest.raises(ConfigError, match=r"outsiders.averages:EMA and outsiders.averages:EMA.Fast declare it"):
        load("updaters", "ema")
    assert names("updaters") == ("ema", "gone")
