"""A named data set: where it is from, how to read it, and how it is usually prepared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from freshrec.data.datasets.finding import Files, find_files
from freshrec.data.settings import StreamSettings
from freshrec.errors import ConfigError

__all__ = ["Dataset"]


@dataclass(frozen=True)
class Dataset:
    """A data set that freshrec can read by name.

    Attributes:
        name: what it is called on the command line.
        title: its full name.
        source: where it is from.
        licence: under which terms.
        counts: what its log holds as `load` gives it: `interactions` (repeated ones too), `users`, `items`, and
            the values of fields by the field's name. Published figures, or known by construction; empty where
            there are none.
        settings: how it is prepared by default.
        load: gives the log with the columns that the settings name, from the files by their role; DataError where
            it cannot be read.
        files: role of each file that the user has to give, to the names it may have, the preferred one first;
            `*.csv` stands for any name. Empty where none is needed.
        multipart: roles that are published as several files; all files that fit the first name with any are taken.
    """

    name: str
    title: str
    source: str
    licence: str
    counts: Mapping[str, int]
    settings: StreamSettings
    load: Callable[[Files], pl.DataFrame]
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    multipart: frozenset[str] = frozenset()

    @property
    def expected(self) -> str:
        """The files that the user has to give, in words; empty where none is needed."""
        return ", ".join(" or ".join(names) for names in self.files.values())

    def find(self, path: Path | str | None = None) -> dict[str, tuple[Path, ...]]:
        """The data set's files by their role: one each, and one or more in the order of their names if multipart.

        Args:
            path: the folder that holds them, or the file where it is but one; None where none is needed.

        Raises:
            ConfigError: a path is needed and was not given, or the other way round.
            DataError: a file is not there.
        """
        if path is None and self.files:
            raise ConfigError(
                f"{self.name} is read from files you have, and no path came. Get {self.expected} from {self.source} "
                "and give the folder with --path (in Python: read(path))."
            )
        if path is None:
            return {}
        if not self.files:
            raise ConfigError(
                f"{self.name} needs no files, but the path {path} came. Leave it out; for a log of your own, write "
                f"--data {path} in place of {self.name}."
            )
        return find_files(Path(path), self.files, self.name, self.multipart)

    def read(self, path: Path | str | None = None) -> pl.DataFrame:
        """The log, with the columns that the settings name.

        Args:
            path: as for `find`.

        Raises:
            ConfigError: as for `find`.
            DataError: a file is not there, or is not what was published.
        """
        return self.load(self.find(path))
