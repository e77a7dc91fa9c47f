"""MovieLens as it is published today, ratings.csv and movies.csv: 25m, latest and latest-small."""

from datetime import UTC, datetime

import polars as pl

from freshrec.data.datasets.dataset import Dataset
from freshrec.data.datasets.finding import Files
from freshrec.data.datasets.movielens import LICENCE, SOURCE, movie_settings, rated
from freshrec.data.datasets.reading import reading, scan_csv

__all__ = ["MOVIELENS_25M", "MOVIELENS_LATEST", "MOVIELENS_LATEST_SMALL"]

RATINGS = {"userId": pl.Int64, "movieId": pl.Int64, "rating": pl.Float32, "timestamp": pl.Int64}
MOVIES = {"movieId": pl.Int64, "title": pl.String, "genres": pl.String}
FILES = {"ratings": ("ratings.csv", "ratings.csv.gz"), "movies": ("movies.csv", "movies.csv.gz")}


def load(files: Files) -> pl.DataFrame:
    """All ratings: `user`, `item`, `timestamp` (seconds), `label`, `genres`.

    Raises:
        DataError: a file cannot be read or lacks a column.
    """
    return _load(files, pl.lit(True))


def load_2014_to_2018(files: Files) -> pl.DataFrame:
    """The ratings of the years 2014 to 2018, in UTC, and those whose time cannot be read; otherwise as `load`."""
    first, end = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (2014, 2019))
    time = pl.col("timestamp")
    return _load(files, time.is_null() | time.is_between(first, end, closed="left"))


def _load(files: Files, wanted: pl.Expr) -> pl.DataFrame:
    (of_ratings,), (of_movies,) = files["ratings"], files["movies"]
    ratings, movies = scan_csv(of_ratings, RATINGS), scan_csv(of_movies, MOVIES)
    with reading(of_ratings):
        taken = ratings.filter(wanted).rename({"userId": "user", "movieId": "item"}).collect()
    with reading(of_movies):
        listed = movies.select("genres", item="movieId").collect()
    return rated(taken, listed)


MOVIELENS_25M = Dataset(
    name="movielens-25m",
    title="MovieLens 25M: ratings of 2014 to 2018",
    source=SOURCE + "25m/",
    licence=LICENCE,
    counts={"interactions": 6_840_091, "users": 43_181, "items": 51_142, "genres": 20},
    settings=movie_settings("movielens-25m"),
    load=load_2014_to_2018,
    files=FILES,
)
MOVIELENS_LATEST = Dataset(
    name="movielens-latest",
    title="MovieLens latest: all ratings; it grows from time to time",
    source=SOURCE + "latest/",
    licence=LICENCE,
    counts={},
    settings=movie_settings("movielens-latest"),
    load=load,
    files=FILES,
)
MOVIELENS_LATEST_SMALL = Dataset(
    name="movielens-latest-small",
    title="MovieLens latest small: the edition of September 2018",
    source=SOURCE + "latest/",
    licence=LICENCE,
    counts={"interactions": 100_836, "users": 610, "items": 9_724, "genres": 20},
    settings=movie_settings("movielens-latest-small"),
    load=load,
    files=FILES,
)
