"""What all MovieLens data sets share: a rating of 4 stars or more is a positive, any other a negative."""

import polars as pl

from freshrec.data.settings import StreamSettings

__all__ = ["LICENCE", "SOURCE", "UNLISTED", "movie_settings", "rated"]

SOURCE = "https://grouplens.org/datasets/movielens/"
LICENCE = "GroupLens' terms: for research, no commercial use without permission, to be cited"

UNLISTED = "(no genres listed)"
"""What stands for the genres of a movie without any; published counts take it for a genre."""

_LIKED = 4


def rated(ratings: pl.DataFrame, movies: pl.DataFrame) -> pl.DataFrame:
    """The log of some ratings: `user`, `item`, `timestamp`, `label` and `genres`, as text with | between them.

    A rating that cannot be read gets no label, so that it is set aside with its reason; a movie that is not listed
    gets no genres.

    Args:
        ratings: `user`, `item`, `rating` and `timestamp`, as numbers or as text.
        movies: `item` and `genres`, as text with | between them.
    """
    stars = pl.col("rating").cast(pl.Float64, strict=False)
    log = ratings.select("user", "item", "timestamp", label=(stars >= _LIKED).cast(pl.Int8))
    return log.join(movies.unique("item", keep="first"), on="item", how="left", maintain_order="left")


def movie_settings(name: str) -> StreamSettings:
    """31 periods of equal count, explicit labels, several genres a movie."""
    return StreamSettings(name=name, label_column="label", item_fields=("genres",), separator="|", time_unit="s")
