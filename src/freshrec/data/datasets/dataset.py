"""A named data set: where it is from, how to read it, and how it is usually prepared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from freshrec.data.settings import StreamSettings

__all__ = ["Dataset"]


@dataclass(frozen=True)
class Dataset:
    """A data set that freshrec can read by name.

    Attributes:
        name: what it is called on the command line.
        title: its full name.
        source: where it is from.
        licence: under which terms.
        counts: what its log holds: `interactions`, `users` and `items`, before any preparation.
        settings: how it is prepared by default.
        read: gives the log, with the columns that the settings name; DataError where it cannot be found.
    """

    name: str
    title: str
    source: str
    licence: str
    counts: Mapping[str, int]
    settings: StreamSettings
    read: Callable[[], pl.DataFrame]
