import gzip
from pathlib import Path

import polars as pl
import pytest

from freshrec.data import Stream, StreamSettings, peek_labels

from .data_logs import steady


def write(log: pl.DataFrame, path: Path) -> Path:
    if path.suffix == ".parquet":
        log.write_parquet(path)
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(log.write_csv().encode()))
    else:
        log.write_csv(path)
    return path


@pytest.mark.parametrize("name", ["log.parquet", "log.csv", "log.csv.gz"])
@pytest.mark.parametrize(
    ("labels", "settings", "told"),
    [
        ([0, 1] * 100, {}, "explicit"),
        ([1] * 199 + [0], {}, "explicit"),
        ([True, False] * 100, {}, "explicit"),
        ([1] * 200, {}, None),
        ([0, 1] * 100, {"label_column": None}, "implicit"),
        (None, {}, "implicit"),
        (None, {"label_column": "clicked"}, None),
        ([None, 7] * 100, {}, None),
    ],
)
def test_the_first_rows_tell(
    tmp_path: Path, name: str, labels: list[object] | None, settings: dict[str, object], told: str | None
) -> None:
    log = steady() if labels is None else steady().with_columns(label=pl.Series(labels))
    path, chosen = write(log, tmp_path / name), StreamSettings.model_validate(settings)
    assert peek_labels([path], chosen) == told
    if told is not None:
        assert Stream.from_frame(path, chosen).schema.labels == told


@pytest.mark.parametrize("name", ["log.parquet", "log.csv"])
def test_no_more_than_the_first_rows_are_read(tmp_path: Path, name: str) -> None:
    log = steady(10_001).with_columns(label=(pl.int_range(pl.len()) < 10_000).cast(pl.Int8))
    path = write(log, tmp_path / name)
    assert peek_labels([path], StreamSettings()) is None
    assert peek_labels([write(log.reverse(), path)], StreamSettings()) == "explicit"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("none.csv", None),
        ("empty.csv", b""),
        ("broken.parquet", b"PAR1"),
        ("broken.csv.gz", b"\x1f\x8b\x08\x00rest"),
        ("quote.csv", b'user,item,timestamp,label\n1,2,3,"0'),
    ],
)
def test_what_cannot_be_read_is_left_to_the_reading_of_all(tmp_path: Path, name: str, content: bytes | None) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    assert peek_labels([path], StreamSettings()) is None
