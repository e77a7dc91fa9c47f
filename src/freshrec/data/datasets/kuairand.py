"""KuaiRand: short videos shown in the app Kuaishou and whether they were clicked, 8 April to 8 May 2022.

The format is that of https://kuairand.com (https://zenodo.org/records/10439422), in any of its versions: Pure, 1K and
27K. CSV files have what the standard recommendation policy showed, and the videos' features.
"""

import polars as pl

from freshrec.data.datasets.dataset import Dataset
from freshrec.data.datasets.finding import Files
from freshrec.data.datasets.reading import read_csvs
from freshrec.data.settings import StreamSettings

__all__ = ["KUAIRAND"]

LOG = {"user_id": pl.Int64, "video_id": pl.Int64, "time_ms": pl.Int64, "is_click": pl.Int8}
VIDEOS = {"video_id": pl.Int64, "upload_type": pl.String, "tag": pl.String}


def load(files: Files) -> pl.DataFrame:
    """Every video shown: `user`, `item`, `timestamp` (milliseconds), `label`, and the video's `upload_type` and `tag`s.

    Features that were counted over the whole log are not read.

    Raises:
        DataError: a file cannot be read or lacks a column.
    """
    log = read_csvs(files["log"], LOG)
    videos = read_csvs(files["videos"], VIDEOS).unique("video_id", keep="first", maintain_order=True)
    joined = log.join(videos, on="video_id", how="left", maintain_order="left")
    return joined.rename({"user_id": "user", "video_id": "item", "time_ms": "timestamp", "is_click": "label"})


KUAIRAND = Dataset(
    name="kuairand",
    title="KuaiRand (Pure, 1K or 27K): short videos shown and clicked, April to May 2022",
    source="https://kuairand.com",
    licence="CC BY-SA 4.0 (Gao et al. 2022)",
    counts={},
    settings=StreamSettings(
        name="kuairand", label_column="label", item_fields=("upload_type", "tag"), separator=",", time_unit="ms"
    ),
    load=load,
    files={
        "log": ("log_standard_*.csv", "data/log_standard_*.csv"),
        "videos": ("video_features_basic_*.csv", "data/video_features_basic_*.csv"),
    },
    multipart=frozenset({"log", "videos"}),
)
