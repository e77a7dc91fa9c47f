"""A log that is read in chunks gives the folder that it gives when it is read at once, byte for byte."""

import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from freshrec.data import StreamSettings, prepare
from freshrec.errors import DataError

COLUMNS: dict[str, Any] = {"item_fields": ("kind", "tags"), "numbers": ("bid",), "item_numbers": ("price",)}


def log(rows: int = 400, seed: int = 0, labels: bool = False) -> pl.DataFrame:
    """Rows in no order, with repeated and malformed ones."""
    rng = random.Random(seed)
    drawn = [(rng.randrange(25), rng.randrange(30), 1_704_067_200 + rng.randrange(86_400 * 6)) for _ in range(rows)]
    drawn += drawn[:40]
    rng.shuffle(drawn)
    frame = pl.DataFrame(
        {
            "user": [f"u{user}" if place % 97 else None for place, (user, *_) in enumerate(drawn)],
            "item": [item for _, item, _ in drawn],
            # Some times are in milliseconds, among seconds.
            "timestamp": [time * 1000 if place % 131 == 7 else time for place, (*_, time) in enumerate(drawn)],
            "kind": [f"k{item % 4 + time // 172_800 % 2}" for _, item, time in drawn],
            "tags": [[f"t{item % 3}", f"t{time % 2}"] for _, item, time in drawn],
            "bid": [time % 13 / 2 for *_, time in drawn],
            "price": [float(item) for _, item, _ in drawn],
        }
    )
    late = pl.Series("label", [int(place > 300 or place % 3 > 0) for place in range(len(drawn))])
    return frame.with_columns(late) if labels else frame


def parts(frame: pl.DataFrame, folder: Path) -> Path:
    folder.mkdir()
    for number, begin in enumerate(range(0, frame.height, 150)):
        frame[begin : begin + 150].write_parquet(folder / f"part-{number}.parquet", row_group_size=64)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize("labels", [False, True])
@pytest.mark.parametrize(
    "cut",
    [
        {"period": "1d"},
        {"period": "1d", "time_zone": "Asia/Kolkata"},
        {"period_rows": 70},
        {"periods": 5},
        {"period": "1d", "exclude": "had", "repeats": "all", "bins": 3},
        {"period": "12h", "exclude": "had", "had_within": 2, "time_unit": "s"},
    ],
    ids=str,
)
def test_chunks_change_no_byte(tmp_path: Path, cut: dict[str, Any], labels: bool) -> None:
    source = parts(log(labels=labels), tmp_path / "log")
    settings = StreamSettings(**COLUMNS, **cut)
    prepare(source, tmp_path / "whole", settings)
    prepare(source, tmp_path / "chunks", settings, chunk_rows=60)
    assert files(tmp_path / "chunks") == files(tmp_path / "whole")


@pytest.mark.parametrize("finished", [False, True])
def test_chunks_can_be_added(tmp_path: Path, finished: bool) -> None:
    rows = log().sort("timestamp")
    first, second = parts(rows[:200], tmp_path / "first"), parts(rows[200:], tmp_path / "second")
    settings = StreamSettings(period="1d", exclude="had", **COLUMNS)
    for name, size in (("whole", 1_000), ("chunks", 50)):
        prepare(first, tmp_path / name, settings, finished=False, chunk_rows=size)
        prepare(second, tmp_path / name, append=True, finished=finished, chunk_rows=size)
    assert files(tmp_path / "chunks") == files(tmp_path / "whole")


def test_too_many_malformed_rows_are_refused_with_the_same_words(tmp_path: Path) -> None:
    bad = log().with_columns(item=pl.when(pl.int_range(pl.len()) % 11 > 0).then("item"))
    source, said = parts(bad, tmp_path / "log"), []
    for size in (60, 1_000):
        with pytest.raises(DataError) as raised:
            prepare(source, tmp_path / "s", StreamSettings(period="1d"), chunk_rows=size)
        said.append(str(raised.value))
    assert said[0] == said[1]
    assert not (tmp_path / "s").exists()
