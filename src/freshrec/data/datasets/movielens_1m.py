"""MovieLens 1M: ratings.dat and movies.dat, in Latin-1, with :: between the cells."""

import polars as pl

from freshrec.data.datasets.dataset import Dataset
from freshrec.data.datasets.finding import Files
from freshrec.data.datasets.movielens import LICENCE, SOURCE, movie_settings, rated
from freshrec.data.datasets.reading import table

__all__ = ["MOVIELENS_1M"]


def load(files: Files) -> pl.DataFrame:
    """All ratings: `user`, `item`, `timestamp` (seconds, as text), `label`, `genres`.

    Raises:
        DataError: a file cannot be read, or a line has too few cells.
    """
    ratings = table(files["ratings"][0], b"::", {0: "user", 1: "item", 2: "rating", 3: "timestamp"}, width=4)
    movies = table(files["movies"][0], b"::", {0: "item", 2: "genres"}, width=3)
    return rated(ratings, movies)


MOVIELENS_1M = Dataset(
    name="movielens-1m",
    title="MovieLens 1M: ratings of 2000 to 2003",
    source=SOURCE + "1m/",
    licence=LICENCE,
    counts={"interactions": 1_000_209, "users": 6_040, "items": 3_706, "genres": 18},
    settings=movie_settings("movielens-1m"),
    load=load,
    files={"ratings": ("ratings.dat",), "movies": ("movies.dat",)},
)
