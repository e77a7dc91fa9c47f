"""Sobazaar: events of a Norwegian fashion app, September to December 2014 (ASMG's paper, section 4.1.1)."""

import polars as pl

from freshrec.data.datasets.dataset import Dataset
from freshrec.data.datasets.finding import Files
from freshrec.data.datasets.reading import reading, scan_csv
from freshrec.data.settings import StreamSettings

__all__ = ["SOBAZAAR"]

COLUMNS = {"Action": pl.String, "Timestamp": pl.String, "ItemID": pl.String, "UserID": pl.String}


def load(files: Files) -> pl.DataFrame:
    """Every row of the file, whatever its action: `user`, `item`, `timestamp` (ISO 8601 text).

    Raises:
        DataError: the file cannot be read or lacks a column.
    """
    (path,) = files["log"]
    log = scan_csv(path, COLUMNS)
    with reading(path):
        return log.select(user="UserID", item="ItemID", timestamp="Timestamp").collect()


SOBAZAAR = Dataset(
    name="sobazaar",
    title="Sobazaar: views, likes and purchases in a fashion app, 2014",
    source="https://github.com/hainguyen-telenor/Learning-to-rank-from-implicit-feedback (Data)",
    licence="ODbL 1.0, for research only",
    counts={"interactions": 842_660, "users": 17_126, "items": 24_785},
    settings=StreamSettings(name="sobazaar", periods=31, negatives="paper", repeats="all"),
    load=load,
    files={"log": ("Sobazaar-hashID.csv.gz", "Sobazaar-hashID.csv")},
)
