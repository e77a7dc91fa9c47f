"""Adressa: page views of a Norwegian newspaper, January to March 2017.

The format is that of https://reclab.idi.ntnu.no/dataset/ (Gulla et al. 2017, The Adressa dataset for news
recommendation): a file for each day, with an event as a JSON object on each line. Views of the front page have no `id`.
"""

import polars as pl

from freshrec.data.datasets.dataset import Dataset
from freshrec.data.datasets.finding import Files
from freshrec.data.datasets.reading import reading
from freshrec.data.settings import StreamSettings
from freshrec.errors import DataError

__all__ = ["ADRESSA"]

EVENT = {"userId": pl.String, "id": pl.String, "time": pl.Int64, "category1": pl.String}


def load(files: Files) -> pl.DataFrame:
    """Every view of an article: `user`, `item`, `timestamp` (seconds), and its `category`, with | between several.

    Raises:
        DataError: a file cannot be read, or holds no view of an article.
    """
    parts = []
    for path in files["events"]:
        with reading(path):
            events = pl.scan_ndjson(path, schema=EVENT).filter(pl.col("id").is_not_null()).collect()
        if events.is_empty():
            raise DataError(
                f"{path} has no event with an article's 'id' among its lines of JSON. Give the files as they were "
                "published, one a day, such as 20170101."
            )
        parts.append(events)
    return pl.concat(parts).select(user="userId", item="id", timestamp="time", category="category1")


ADRESSA = Dataset(
    name="adressa",
    title="Adressa: page views of a Norwegian newspaper, January to March 2017",
    source="https://reclab.idi.ntnu.no/dataset/",
    licence="for research, under the terms of NTNU and Adresseavisen; to be cited (Gulla et al. 2017)",
    counts={},
    settings=StreamSettings(name="adressa", item_fields=("category",), separator="|", time_unit="s"),
    load=load,
    files={"events": ("2017*", "*/2017*")},
    multipart=frozenset({"events"}),
)
