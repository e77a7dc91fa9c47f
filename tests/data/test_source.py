import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

from freshrec.data import Stream, StreamSettings
from freshrec.errors import DataError

from .data_logs import assert_same, frame, steady

SETTINGS = StreamSettings(periods=5, item_fields=("kind",))


def as_pandas(log: pl.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(log.to_dict(as_series=False))


def as_duckdb(log: pl.DataFrame) -> Any:
    import duckdb  # where it is imported with the module, it reports leaks as the tests end

    return duckdb.from_arrow(log.to_arrow())


FRAMES: dict[str, Callable[[pl.DataFrame], Any]] = {
    "lazy": pl.DataFrame.lazy,
    "pandas": as_pandas,
    "arrow": pl.DataFrame.to_arrow,
    "duckdb": as_duckdb,
}


@pytest.mark.parametrize("kind", FRAMES)
def test_every_kind_of_frame_gives_the_same_stream(kind: str) -> None:
    log = steady().with_columns(
        pl.from_epoch("timestamp", "s").alias("timestamp"),
        pl.concat_list("kind", "item").alias("tags"),
        pl.when(pl.col("kind") > 0).then("kind").alias("maybe"),
    )
    settings: dict[str, Any] = {"periods": 5, "item_fields": ("tags",), "user_fields": ("maybe",)}
    assert_same(Stream.from_frame(FRAMES[kind](log), **settings), Stream.from_frame(log, **settings))


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet", ".CSV", ".Parquet"])
def test_every_kind_of_file_gives_the_same_stream(tmp_path: Path, suffix: str) -> None:
    log, path = steady(), tmp_path / f"log{suffix}"
    if suffix.lower() == ".parquet":
        log.write_parquet(path)
    elif suffix == ".csv.gz":
        path.write_bytes(gzip.compress(log.write_csv().encode()))
    else:
        log.write_csv(path)
    assert_same(Stream.from_frame(path, SETTINGS), Stream.from_frame(log, SETTINGS))
    assert_same(Stream.from_frame(str(path), SETTINGS), Stream.from_frame(log, SETTINGS))


def test_ids_as_text_integers_and_whole_floats_are_the_same() -> None:
    log, ids = steady(), pl.col("user", "item")
    for other in (pl.String, pl.Float64, pl.UInt8, pl.Categorical):
        same = log.with_columns(ids.cast(pl.String).cast(other) if other == pl.Categorical else ids.cast(other))
        assert_same(Stream.from_frame(same, SETTINGS), Stream.from_frame(log, SETTINGS))


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("none.csv", None, "none.csv does not exist. Give a Parquet, CSV, TSV or JSON lines file (.parquet"),
        ("log.txt", b"a", "log.txt is of no known kind. Give a Parquet, CSV, TSV or JSON lines file"),
        ("log.csv", b"", "log.csv is empty. Give a file whose first line names the columns."),
        ("log.csv", b"user,user\n1,2\n", "log.csv has two columns called 'user'. Rename one of them"),
        ("log.csv", b"user,item,timestamp\n", "the log has no rows"),
        ("log.csv", b'user,item,timestamp\na,"b,1\nc,d,1\n', "log.csv: could not parse"),
        ("log.parquet", b"user,item,timestamp\n1,2,3\n", "log.parquet: parquet: File out of specification"),
        ("log.csv.gz", b"user,item,timestamp\n1,2,3\n", "log.csv.gz: Not a gzipped file"),
        (
            "log.csv.gz",
            gzip.compress(b"user,item,timestamp\n", mtime=0)[:-9],
            "log.csv.gz: Compressed file ended",
        ),
        ("log.csv.gz", gzip.compress(b"user", mtime=0)[:10] + b"\xff" * 40, "log.csv.gz: Error -3"),
        (
            "log.csv",
            b"User,item,timestamp\n1,2,3\n",
            "has no column 'user'; it has 'User', 'item', 'timestamp'.",
        ),
        (
            "log.csv",
            b"User,item,timestamp\n1,2,3\n",
            "Did you mean 'User'? Name the right one with the setting user_c",
        ),
        (
            "log.csv",
            b"a,b,c\n1,2,3\n",
            "it has 'a', 'b', 'c'. Name the right one with the setting user_column (--user-c",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_explained(tmp_path: Path, name: str, data: bytes | None, said: str) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError) as raised:
        Stream.from_frame(tmp_path / name)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"time_column": "timestmp"},
            r"no column 'timestmp'; .* Did you mean 'timestamp'\? .* time_column \(--time-column\)",
        ),
        ({"label_column": "clicked"}, r"no column 'clicked'; .* label_column \(--label-column\)"),
        (
            {"item_fields": ("kimd",)},
            r"no column 'kimd'; .* Did you mean 'kind'\? .* item_fields \(--item-field\)",
        ),
    ],
)
def test_a_missing_column_is_named_with_what_is_there(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        Stream.from_frame(steady(), **settings)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (5, "cannot read a frame of type int"),
        ({"user": [1]}, "cannot read a frame of type dict"),
        (pd.DataFrame([[1, 2]], columns=["user", "user"]), "Expected unique column names"),
        (frame([(1, 1, 1)]).clear(), "the log has no rows"),
    ],
)
def test_a_frame_that_cannot_be_used_is_explained(source: Any, said: str) -> None:
    with pytest.raises(DataError) as raised:
        Stream.from_frame(source)
    assert said in str(raised.value)
