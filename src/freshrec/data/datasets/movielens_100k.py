"""MovieLens 100K: u.data with tabs, u.item in Latin-1 with | between the cells and a flag for each genre."""

import polars as pl

from freshrec.data.datasets.dataset import Dataset
from freshrec.data.datasets.finding import Files
from freshrec.data.datasets.movielens import LICENCE, SOURCE, UNLISTED, movie_settings, rated
from freshrec.data.datasets.reading import table

__all__ = ["MOVIELENS_100K"]

# The order of the flags, as the archive's u.genre has it.
# fmt: off
GENRES = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama", "Fantasy",
    "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)
# fmt: on
_FIRST = 5
"""Where the flags begin: after id, title, release date, video release date and address."""


def load(files: Files) -> pl.DataFrame:
    """All ratings: `user`, `item`, `timestamp` (seconds, as text), `label`, `genres`.

    Raises:
        DataError: a file cannot be read, or a line has too few cells.
    """
    ratings = table(files["ratings"][0], b"\t", {0: "user", 1: "item", 2: "rating", 3: "timestamp"}, width=4)
    flags = dict(enumerate(GENRES, _FIRST))
    movies = table(files["movies"][0], b"|", {0: "item", **flags}, width=_FIRST + len(GENRES))
    named = [pl.when(pl.col(genre) == "1").then(pl.lit(genre)) for genre in GENRES]
    joined = pl.concat_str(named, separator="|", ignore_nulls=True)
    genres = pl.when(joined == "").then(pl.lit(UNLISTED)).otherwise(joined)
    return rated(ratings, movies.select("item", genres=genres))


MOVIELENS_100K = Dataset(
    name="movielens-100k",
    title="MovieLens 100K: ratings of September 1997 to April 1998",
    source=SOURCE + "100k/",
    licence=LICENCE,
    counts={"interactions": 100_000, "users": 943, "items": 1_682, "genres": 19},
    settings=movie_settings("movielens-100k"),
    load=load,
    files={"ratings": ("u.data",), "movies": ("u.item",)},
)
