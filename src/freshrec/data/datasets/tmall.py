"""Tmall: clicks of October 2014 in a Chinese web shop, as ASMG's authors prepared them (paper, section 4.1.1)."""

import polars as pl

from freshrec.data.datasets.dataset import Dataset
from freshrec.data.datasets.finding import Files
from freshrec.data.datasets.reading import reading, scan_csv
from freshrec.data.settings import StreamSettings
from freshrec.errors import DataError

__all__ = ["TMALL", "select"]

COLUMNS = {
    "user_id": pl.Int64,
    "item_id": pl.Int64,
    "cat_id": pl.Int64,
    "seller_id": pl.Int64,
    "brand_id": pl.Float64,
    "time_stamp": pl.Int32,
    "action_type": pl.Int32,
}
CLICK = 0


def load(files: Files) -> pl.DataFrame:
    """Clicks of 1 to 31 October 2014: `user`, `item`, `timestamp` (a date), `category`.

    `time_stamp` is month and day, MMDD, as a number; the year is not in the file and known to be 2014.

    Raises:
        DataError: the file cannot be read, lacks a column, or holds no such click.
    """
    (path,) = files["log"]
    log = scan_csv(path, COLUMNS)
    with reading(path):
        clicks = (
            log.filter(pl.col("action_type") == CLICK, pl.col("time_stamp").is_between(1001, 1031))
            .select(
                user="user_id",
                item="item_id",
                timestamp=pl.date(2014, pl.col("time_stamp") // 100, pl.col("time_stamp") % 100),
                category="cat_id",
            )
            .collect()
        )
    selected = select(clicks)
    if selected.is_empty():
        raise DataError(
            f"{path}: no item has 20 clicks (action_type 0) in October (time_stamp 1001 to 1031) by the users taken. "
            "Give the whole user_log_format1.csv."
        )
    return selected


def select(clicks: pl.DataFrame, *, users: int = 50_000, least: int = 20) -> pl.DataFrame:
    """The clicks of the `users` users with the most, and then of items with `least` or more clicks by them.

    Repeated clicks count. Of users with equally many at the border, those with the smallest ids are taken.

    >>> clicks = pl.DataFrame({"user": [1, 1, 1, 2, 2, 3], "item": [7, 7, 8, 7, 9, 8]})
    >>> select(clicks, users=2, least=2)["item"].to_list()  # user 3 goes first, and with it item 8
    [7, 7, 7]
    """
    counted = clicks.group_by("user").len("clicks").sort("clicks", "user", descending=[True, False])
    kept = clicks.join(counted.head(users), on="user", how="semi", maintain_order="left")
    return kept.filter(pl.len().over("item") >= least)


TMALL = Dataset(
    name="tmall",
    title="Tmall (IJCAI-15 repeat buyers): clicks of October 2014",
    source="https://tianchi.aliyun.com/dataset/dataDetail?dataId=42 (data_format1)",
    licence="for research, under Tianchi's terms; sign in there to download",
    counts={"interactions": 3_047_101, "users": 49_986, "items": 43_571, "category": 634},
    settings=StreamSettings(name="tmall", item_fields=("category",), period="1d", negatives="paper", repeats="all"),
    load=load,
    files={"log": ("user_log_format1.csv", "user_log_format1.csv.gz")},
)
