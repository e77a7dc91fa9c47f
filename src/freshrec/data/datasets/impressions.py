"""Impressions: a log of what was shown, clicked or not, day by day, such as an app writes it.

The form of the paper's Lazada data, which is not public: clicked records are positives, unclicked ones negatives, and
none are drawn.
"""

import polars as pl

from freshrec.data.datasets.dataset import Dataset
from freshrec.data.datasets.finding import Files
from freshrec.data.datasets.reading import reading, require, scan_csv
from freshrec.data.settings import StreamSettings
from freshrec.errors import DataError

__all__ = ["IMPRESSIONS"]

COLUMNS = {
    "user": pl.String,
    "item": pl.String,
    "timestamp": pl.String,
    "click": pl.String,
    "item_category": pl.String,
    "user_segment": pl.String,
}


def load(files: Files) -> pl.DataFrame:
    """All records, clicked and unclicked, with the columns of `COLUMNS`.

    Raises:
        DataError: the file cannot be read, lacks a column, or holds no unclicked record.
    """
    (path,) = files["log"]
    with reading(path):
        if path.name.lower().endswith(".parquet"):
            scanned = pl.scan_parquet(path)
            require(path, scanned.collect_schema().names(), COLUMNS)
            log = scanned.select(*COLUMNS).collect()
        else:
            log = scan_csv(path, COLUMNS).collect()
    click = log["click"].cast(pl.String).str.strip_chars().str.to_lowercase()
    if not click.is_in(["0", "0.0", "false"]).any():
        raise DataError(
            f"{path}: column 'click' says of no record that it was not clicked (0), so it is no log of impressions. "
            "Add the unclicked records, or give the clicks alone with --data, for which negatives are drawn."
        )
    return log


IMPRESSIONS = Dataset(
    name="impressions",
    title="Impressions of your own, clicked and unclicked, by day",
    source="your own log, with the columns " + ", ".join(COLUMNS),
    licence="yours",
    counts={},
    settings=StreamSettings(
        name="impressions",
        label_column="click",
        item_fields=("item_category",),
        user_fields=("user_segment",),
        period="1d",
    ),
    load=load,
    files={"log": ("*.parquet", "*.csv", "*.csv.gz")},
)
