"""Taobao display ads: ads shown and clicked in a Chinese web shop, 6 to 13 May 2017.

The format is that of https://tianchi.aliyun.com/dataset/56: raw_sample.csv with the impressions, ad_feature.csv and
user_profile.csv. The header of the last ends in a space.
"""

import polars as pl

from freshrec.data.datasets.dataset import Dataset
from freshrec.data.datasets.finding import Files
from freshrec.data.datasets.reading import read_csvs
from freshrec.data.settings import StreamSettings

__all__ = ["TAOBAO_ADS"]

SHOWN = {"user": pl.Int64, "time_stamp": pl.Int64, "adgroup_id": pl.Int64, "clk": pl.Int8}
ADS = {"adgroup_id": pl.Int64, "cate_id": pl.String, "customer": pl.String, "brand": pl.String}
PEOPLE = {"userid": pl.Int64, "final_gender_code": pl.String, "age_level": pl.String, "shopping_level": pl.String}
MISSING = "NULL"
"""What the files have for an unknown brand."""


def load(files: Files) -> pl.DataFrame:
    """Every ad shown: `user`, `item`, `timestamp` (seconds), `label`, and fields of the ad and the user.

    Raises:
        DataError: a file cannot be read or lacks a column.
    """
    shown = read_csvs(files["log"], SHOWN)
    ads = read_csvs(files["ads"], ADS).unique("adgroup_id", keep="first", maintain_order=True)
    people = read_csvs(files["users"], PEOPLE).unique("userid", keep="first", maintain_order=True)
    known = pl.when(pl.col("brand") != MISSING).then(pl.col("brand"))
    return (
        shown.join(ads.with_columns(brand=known), on="adgroup_id", how="left", maintain_order="left")
        .join(people, left_on="user", right_on="userid", how="left", maintain_order="left")
        .rename({"adgroup_id": "item", "time_stamp": "timestamp", "clk": "label"})
    )


TAOBAO_ADS = Dataset(
    name="taobao-ads",
    title="Taobao display ads: ads shown and clicked, 6 to 13 May 2017",
    source="https://tianchi.aliyun.com/dataset/56",
    licence="for research, under Tianchi's terms; sign in there to download",
    counts={"interactions": 26_557_961, "users": 1_141_729, "items": 846_811},
    settings=StreamSettings(
        name="taobao-ads",
        label_column="label",
        item_fields=("cate_id", "customer", "brand"),
        user_fields=("final_gender_code", "age_level", "shopping_level"),
        time_unit="s",
    ),
    load=load,
    files={"log": ("raw_sample.csv",), "ads": ("ad_feature.csv",), "users": ("user_profile.csv",)},
)
