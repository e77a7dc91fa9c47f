"""Which files a log consists of."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from freshrec.data.log_files import LogFile, find_log_files
from freshrec.errors import DataError


@pytest.fixture
def lay(tmp_path: Path) -> Callable[..., Path]:
    """Makes empty files in a folder, which it gives."""

    def make(*names: str) -> Path:
        for name in names:
            path = tmp_path / "log" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return tmp_path / "log"

    return make


def names(*paths: Path | str) -> list[str]:
    return [file.name for file in find_log_files(paths).files]


def test_a_folder_is_all_its_data_files_in_order(lay: Callable[..., Path]) -> None:
    log = lay("b.parquet", "a.snappy.parquet", "deep/c.parquet", "_SUCCESS", ".part.crc", "_temporary/0/x.parquet")
    lay(".staging/x.parquet", "_committed_1", "._a.parquet")
    assert names(log) == ["a.snappy.parquet", "b.parquet", "deep/c.parquet"]
    assert find_log_files([log]).ignored == ()


def test_other_files_of_a_folder_are_named_as_ignored(lay: Callable[..., Path]) -> None:
    log = lay("a.csv", "README.md", "b.csv.gz", "c.tsv.zst", "notes", "d.csv.tmp")
    found = find_log_files([log])
    assert [file.name for file in found.files] == ["a.csv", "b.csv.gz", "c.tsv.zst"]
    assert sorted(path.name for path in found.ignored) == ["README.md", "d.csv.tmp", "notes"]


def test_parts_without_an_ending_are_known_by_their_first_bytes(lay: Callable[..., Path]) -> None:
    log = lay("000000_0", "000001_0", "empty")
    (log / "000000_0").write_bytes(b"PAR1....")
    (log / "000001_0").write_bytes(b"PAR1....")
    assert names(log) == ["000000_0", "000001_0"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.parquet", ["a.parquet", "b.parquet"]),
        ("[b-z].parquet", ["b.parquet"]),
        ("*", ["a.parquet", "b.parquet", "deep/c.parquet"]),
        ("**", ["a.parquet", "b.parquet", "deep/c.parquet"]),
        ("**/*.parquet", ["a.parquet", "b.parquet", "deep/c.parquet"]),
        ("de?p", ["c.parquet"]),
    ],
)
def test_a_pattern_is_what_it_matches(lay: Callable[..., Path], pattern: str, found: list[str]) -> None:
    log = lay("a.parquet", "b.parquet", "deep/c.parquet", "_SUCCESS", "README.md")
    assert names(log / pattern) == names(str(log / pattern)) == found


def test_a_name_with_the_characters_of_a_pattern_is_a_file(lay: Callable[..., Path]) -> None:
    log = lay("a[1].csv", "a1.csv")
    assert names(log / "a[1].csv") == ["a[1].csv"]


def test_several_paths_are_one_log(lay: Callable[..., Path], tmp_path: Path) -> None:
    log = lay("a.csv", "b.csv", "deep/c.csv")
    assert names(log / "b.csv", log / "deep", str(log / "a*.csv")) == ["a.csv", "b.csv", "deep/c.csv"]
    assert names(log / "a.csv") == ["a.csv"]


def test_folders_of_partitions_give_columns(lay: Callable[..., Path]) -> None:
    log = lay("day=2024-01-31/hour=03/a.parquet", "day=__HIVE_DEFAULT_PARTITION__/hour=a%3Ab%2F%C3%A9/b.parquet")
    parts = {file.path.name: file.partitions for file in find_log_files([log]).files}
    assert parts == {"a.parquet": {"day": "2024-01-31", "hour": "03"}, "b.parquet": {"day": None, "hour": "a:b/é"}}
    assert isinstance(find_log_files([log / "day=2024-01-31"]).files[0], LogFile)
    assert find_log_files([log / "day=2024-01-31"]).files[0].partitions["day"] == "2024-01-31"


def test_links_to_folders_are_followed_once(lay: Callable[..., Path], tmp_path: Path) -> None:
    log = lay("a.csv")
    other = tmp_path / "other"
    other.mkdir()
    (other / "b.csv").touch()
    (log / "linked").symlink_to(other)
    (log / "again").symlink_to(log)
    assert names(log) == ["a.csv", "linked/b.csv"]


@pytest.mark.parametrize(
    "address",
    [
        "s3://bucket/log.parquet",
        "gs://b/*.csv",
        "http://host/a.csv",
        "https://host/a.csv",
        "abfss://c@a.dfs/x",
        "hdfs:/x",
    ],
)
def test_a_remote_address_is_refused_in_one_sentence(address: str) -> None:
    for given in (address, Path(address)):
        with pytest.raises(DataError) as raised:
            find_log_files([given])
        assert "is a remote address" in str(raised.value)
        assert str(raised.value).count(". ") == 0


@pytest.mark.parametrize(
    ("made", "given", "said"),
    [
        ((), "", "does not exist. Give a Parquet, CSV, TSV or JSON lines file"),
        (("a.md",), "", "holds no data files, but a.md. Give a Parquet"),
        (("_SUCCESS",), "", "holds no data files, but nothing. Give a Parquet"),
        (("a.csv",), "*.parquet", "no data file matches "),
        (("a.csv", "b.parquet"), "", "the files of a log have one format, but "),
        (("a.xlsx",), "a.xlsx", "a.xlsx is of no known kind. Give a Parquet"),
        (
            ("_delta_log/0.json", "a.parquet"),
            "",
            "is a table of Delta Lake, whose folder also holds files of older versions",
        ),
        ((".hoodie/x", "a.parquet"), "", "is a table of Hudi"),
        (("metadata/v1.metadata.json", "data/a.parquet"), "", "is a table of Iceberg"),
        (("period_00001_samples.parquet", "manifest.json"), "", "is a prepared stream, not a log. Open it with"),
        (("period_00001_samples.parquet",), "", "holds files of a prepared stream, but no manifest.json. Restore it"),
        (("x" * 200,), "y" * 300, "File name too long. Give a Parquet"),
        ((), "a\0b.csv", "does not exist. Give a Parquet"),
    ],
)
def test_what_is_no_log_is_explained(lay: Callable[..., Path], made: tuple[str, ...], given: str, said: str) -> None:
    with pytest.raises(DataError) as raised:
        find_log_files([lay(*made) / given])
    assert said in str(raised.value)


def test_no_paths_are_no_log() -> None:
    with pytest.raises(DataError, match=r"no path was given\. Give a Parquet"):
        find_log_files([])


def test_a_file_that_is_given_twice_is_refused(lay: Callable[..., Path]) -> None:
    log = lay("a.csv", "b.csv")
    with pytest.raises(DataError, match=r"a.csv is given twice\. Give every file of the log once\."):
        find_log_files([log, log / "a.csv"])


def test_what_is_neither_a_file_nor_a_folder_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(DataError, match=r"pipe.csv is neither a file nor a folder"):
        find_log_files([tmp_path / "pipe.csv"])


@pytest.mark.parametrize("refused", ["stat", "scandir"])
def test_a_folder_that_may_not_be_entered_is_refused(
    lay: Callable[..., Path], refused: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = lay("a.csv")

    def denied(path: object, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, refused, denied)
    with pytest.raises(DataError, match=r"cannot read .*log.*: Permission denied\. Give a"):
        find_log_files([log])
