from pathlib import Path

import polars as pl
import pytest

from freshrec.data import DATASETS, Stream
from freshrec.errors import DataError

GLOBO = DATASETS["globo"]
HEADER = (
    "user_id,session_id,session_start,session_size,click_article_id,click_timestamp,click_environment,"
    "click_deviceGroup,click_os,click_country,click_region,click_referrer_type"
)
HOURS = {
    "000": ["0,1506825423271737,1506825423000,2,157541,1506826828020,4,3,20,1,20,2"],
    "001": [
        "0,1506825423271737,1506825423000,2,68866,1506830428020,4,3,20,1,20,2",
        "7,1506825426267738,1506825426000,2,157541,1506830500000,4,1,17,1,25,2",
        "8,1506825426267739,1506825426000,2,99,1506830600000,4,1,17,1,25,2",
    ],
}


def publish(folder: Path, clicks: str) -> Path:
    (folder / clicks).mkdir(parents=True, exist_ok=True)
    for hour, rows in HOURS.items():
        (folder / clicks / f"clicks_hour_{hour}.csv").write_text("\n".join((HEADER, *rows, "")))
    (folder / "articles_metadata.csv").write_text(
        "article_id,category_id,created_at_ts,publisher_id,words_count\n"
        "157541,281,1506817346000,0,280\n68866,136,1506700000000,0,210\n"
    )
    return folder


@pytest.mark.parametrize("clicks", ["clicks/clicks", "clicks", "."])
def test_the_clicks_of_all_hours_are_read_with_the_category_of_their_article(tmp_path: Path, clicks: str) -> None:
    log = GLOBO.read(publish(tmp_path, clicks))
    assert log.rows() == [
        (0, 157541, 1506826828020, 281),
        (0, 68866, 1506830428020, 136),
        (7, 157541, 1506830500000, 281),
        (8, 99, 1506830600000, None),
    ]
    stream = Stream.from_frame(log, GLOBO.settings, periods=2)
    assert stream.manifest["labels"] == "implicit"
    assert stream.manifest["periods"][0]["first"] == "2017-10-01T03:00:28+00:00"
    assert stream.schema.rows == {"user": 3, "item": 3, "category": 3}


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    publish(tmp_path, "clicks")
    pl.read_csv(tmp_path / "clicks" / "clicks_hour_001.csv").drop("click_timestamp").write_csv(
        tmp_path / "clicks" / "clicks_hour_001.csv"
    )
    with pytest.raises(DataError, match=r"clicks_hour_001.csv has no column 'click_timestamp'"):
        GLOBO.read(tmp_path)
    (tmp_path / "articles_metadata.csv").unlink()
    with pytest.raises(DataError, match=r"has no articles_metadata.csv, which globo is read from"):
        GLOBO.read(tmp_path)
