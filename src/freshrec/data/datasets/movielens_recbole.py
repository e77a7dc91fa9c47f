"""MovieLens 100K as the package recbole ships it: "atomic" files, with tabs and a header of name:type."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from freshrec.data.datasets.dataset import Dataset
from freshrec.data.datasets.finding import Files
from freshrec.data.datasets.movielens import LICENCE, UNLISTED, movie_settings, rated
from freshrec.data.datasets.packaged import packaged

__all__ = ["MOVIELENS_100K_RECBOLE"]

NAME = "movielens-100k-recbole"
INSTALL = "pip install --no-deps recbole==1.2.1"
RATINGS = {"user": "user_id:token", "item": "item_id:token", "rating": "rating:float", "timestamp": "timestamp:float"}
MOVIES = {"item": "item_id:token", "genres": "class:token_seq"}


def load(_: Files) -> pl.DataFrame:
    """All ratings: `user`, `item`, `timestamp` (seconds, as text), `label`, `genres`.

    Raises:
        DataError: the package is not installed, or holds no such files.
    """
    with packaged("recbole", NAME, INSTALL) as package:
        folder = package / "dataset_example" / "ml-100k"
        ratings, movies = _atomic(folder / "ml-100k.inter", RATINGS), _atomic(folder / "ml-100k.item", MOVIES)
    genres = pl.col("genres").str.replace_all(" ", "|").fill_null(UNLISTED)
    return rated(ratings, movies.with_columns(genres))


def _atomic(path: Path, columns: Mapping[str, str]) -> pl.DataFrame:
    """Columns of an atomic file, as text: a new name to the header's; nothing in such a file is quoted."""
    scanned = pl.scan_csv(path, separator="\t", quote_char=None, infer_schema=False)
    return scanned.select(**columns).collect()


MOVIELENS_100K_RECBOLE = Dataset(
    name=NAME,
    title="MovieLens 100K as the package recbole ships it",
    source="https://pypi.org/project/recbole/1.2.1/ (dataset_example/ml-100k)",
    licence=LICENCE,
    counts={"interactions": 100_000, "users": 943, "items": 1_682, "genres": 19},
    settings=movie_settings(NAME),
    load=load,
)
