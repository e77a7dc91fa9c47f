"""Reading CSV as text, so that a malformed cell is found by its row and refuses nothing but its row."""

import csv
import gzip
import zlib
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Self

import polars as pl

from freshrec.errors import DataError

__all__ = ["CsvFile"]


@dataclass(frozen=True)
class CsvFile:
    """A CSV file, its header taken apart from its rows.

    Attributes:
        path: the file.
        names: the columns, as the header has them.
        body: all rows, undecoded.
    """

    path: Path
    names: list[str]
    body: bytes = field(repr=False)

    @classmethod
    def open(cls, path: Path, lines: int | None = None) -> Self:
        """Read a file, decompressed where its name ends in .gz.

        Args:
            path: the file.
            lines: how many after the header to read at most; all of them where left out.

        Raises:
            DataError: there is no header, it names a column twice, or the compression is damaged.
            OSError: the file cannot be read.
        """
        try:
            with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as file:
                header, body = file.readline(), file.read() if lines is None else b"".join(islice(file, lines))
        except zlib.error as error:
            raise DataError(f"cannot read {path}: {error}. Check that the file is whole.") from error
        names = next(csv.reader([header.decode("utf-8-sig", "replace").rstrip("\r\n")]), [])
        if not names:
            raise DataError(f"{path} is empty. Give a file whose first line names the columns.")
        if twice := [name for name, count in Counter(names).items() if count > 1]:
            raise DataError(f"{path} has two columns called {twice[0]!r}. Rename one of them in the header.")
        return cls(path, names, body.rstrip(b"\r\n"))

    def read(self, positions: dict[str, int]) -> pl.DataFrame:
        """Some columns as text, under new names.

        Args:
            positions: new name to the position of a column; the position after the last stands for a cell too
                many, which is null in a well-formed row.

        Raises:
            polars.exceptions.PolarsError: the rows cannot be told apart, as after a quote that never ends.
        """
        # A header of our own, one column wider than the file's, makes a row's surplus cell visible.
        header = ",".join(str(position) for position in range(len(self.names) + 1)).encode()
        frame = pl.read_csv(
            b"\n".join((header, self.body)) if self.body else header,
            columns=sorted(positions.values()),
            infer_schema=False,
            encoding="utf8-lossy",
            truncate_ragged_lines=True,
        )
        return frame.select(pl.col(str(position)).alias(name) for name, position in positions.items())
