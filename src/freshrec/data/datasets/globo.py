"""Globo.com: clicks on articles of the Brazilian news portal G1, 1 to 16 October 2017.

The format is that of https://www.kaggle.com/datasets/gspmoreira/news-portal-user-interactions-by-globocom: a CSV file
of clicks for each hour, and one with the metadata of all articles.
"""

import polars as pl

from freshrec.data.datasets.dataset import Dataset
from freshrec.data.datasets.finding import Files
from freshrec.data.datasets.reading import read_csvs
from freshrec.data.settings import StreamSettings

__all__ = ["GLOBO"]

CLICKS = {"user_id": pl.Int64, "click_article_id": pl.Int64, "click_timestamp": pl.Int64}
ARTICLES = {"article_id": pl.Int64, "category_id": pl.Int64}


def load(files: Files) -> pl.DataFrame:
    """Every click: `user`, `item`, `timestamp` (milliseconds), and the article's `category`.

    Raises:
        DataError: a file cannot be read or lacks a column.
    """
    clicks = read_csvs(files["clicks"], CLICKS)
    articles = read_csvs(files["articles"], ARTICLES).unique("article_id", keep="first", maintain_order=True)
    return clicks.join(
        articles, left_on="click_article_id", right_on="article_id", how="left", maintain_order="left"
    ).select(user="user_id", item="click_article_id", timestamp="click_timestamp", category="category_id")


GLOBO = Dataset(
    name="globo",
    title="Globo.com: clicks in the news portal G1, October 2017",
    source="https://www.kaggle.com/datasets/gspmoreira/news-portal-user-interactions-by-globocom",
    licence="for academic use only, no commercial use, to be cited (Moreira et al. 2018)",
    counts={},
    settings=StreamSettings(name="globo", item_fields=("category",), time_unit="ms"),
    load=load,
    files={
        "clicks": ("clicks/clicks/clicks_hour_*.csv", "clicks/clicks_hour_*.csv", "clicks_hour_*.csv"),
        "articles": ("articles_metadata.csv",),
    },
    multipart=frozenset({"clicks"}),
)
