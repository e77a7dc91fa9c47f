"""Avazu: ten days of mobile ads shown and clicked, 21 to 30 October 2014.

The format is that of https://www.kaggle.com/c/avazu-ctr-prediction/data: a CSV file whose column `hour` is YYMMDDHH in
UTC. It names neither users nor ads; docs/datasets.md says what stands for them.
"""

import polars as pl

from freshrec.data.datasets.dataset import Dataset
from freshrec.data.datasets.finding import Files
from freshrec.data.datasets.reading import reading, scan_csv
from freshrec.data.settings import StreamSettings

__all__ = ["AVAZU"]

FIELDS = ("banner_pos", "site_category", "app_category", "device_type", "device_conn_type")
"""Where an ad was shown; as in the file."""

COLUMNS = {
    "click": pl.Int8,
    "hour": pl.String,
    "device_id": pl.String,
    "device_ip": pl.String,
    "device_model": pl.String,
    **dict.fromkeys(FIELDS, pl.String),
    "C14": pl.String,
    "C17": pl.String,
    "C21": pl.String,
}
UNKNOWN_DEVICE = "a99f214a"
"""The `device_id` of about four rows in five: that of devices without one."""


def load(files: Files) -> pl.DataFrame:
    """Every ad shown: `user`, `item`, `timestamp` (the hour), `label`, the ad's `C17` and `C21`, and `FIELDS`.

    A user is a `device_id`, or, where that is unknown, a `device_ip` and `device_model` together; an item is a `C14`,
    which decides `C17` and `C21`.

    Raises:
        DataError: the file cannot be read or lacks a column.
    """
    (path,) = files["log"]
    shown = scan_csv(path, COLUMNS)
    device, address = pl.col("device_id"), pl.concat_str("device_ip", "device_model", separator="-")
    with reading(path):
        return shown.select(
            user=pl.when(device != UNKNOWN_DEVICE).then(device).otherwise(address),
            item="C14",
            timestamp=("20" + pl.col("hour") + "00").str.strptime(pl.Datetime("us"), "%Y%m%d%H%M", strict=False),
            label="click",
            C17="C17",
            C21="C21",
            **{name: pl.col(name) for name in FIELDS},
        ).collect()


AVAZU = Dataset(
    name="avazu",
    title="Avazu: mobile ads shown and clicked, 21 to 30 October 2014",
    source="https://www.kaggle.com/c/avazu-ctr-prediction/data",
    licence="the rules of the competition: sign in there to download",
    counts={"interactions": 40_428_967},
    settings=StreamSettings(
        name="avazu",
        label_column="label",
        item_fields=("C17", "C21"),
        fields=FIELDS,
        clock="UTC",
        period="8h",
        repeats="all",
    ),
    load=load,
    files={"log": ("train.csv", "train.gz", "train.csv.gz", "train")},
)
