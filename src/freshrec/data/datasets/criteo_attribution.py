"""Criteo attribution: thirty days of banners shown and clicked, by user and campaign.

The format is that of https://huggingface.co/datasets/criteo/criteo-attribution-dataset (Diemert and Meynet 2017):
tab-separated with a header; `timestamp` is in seconds since the first impression.
"""

import polars as pl

from freshrec.data.datasets.dataset import Dataset
from freshrec.data.datasets.finding import Files
from freshrec.data.datasets.reading import read_csvs
from freshrec.data.settings import StreamSettings

__all__ = ["CRITEO_ATTRIBUTION"]

COLUMNS = {"timestamp": pl.Int64, "uid": pl.Int64, "campaign": pl.Int64, "click": pl.Int8}


def load(files: Files) -> pl.DataFrame:
    """Every banner shown: `user`, `item` (the campaign), `timestamp` and `label` (clicked or not).

    Raises:
        DataError: the file cannot be read or lacks a column.
    """
    shown = read_csvs(files["log"], COLUMNS, separator="\t")
    return shown.select(user="uid", item="campaign", timestamp="timestamp", label="click")


CRITEO_ATTRIBUTION = Dataset(
    name="criteo-attribution",
    title="Criteo attribution: thirty days of banners shown and clicked",
    source="https://huggingface.co/datasets/criteo/criteo-attribution-dataset",
    licence="CC BY-NC-SA 4.0 (Diemert and Meynet 2017)",
    counts={"interactions": 16_468_027, "items": 675},
    settings=StreamSettings(name="criteo-attribution", label_column="label", time_unit="s", repeats="all"),
    load=load,
    files={"log": ("criteo_attribution_dataset.tsv.gz", "criteo_attribution_dataset.tsv")},
)
