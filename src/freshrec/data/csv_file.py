"""Reading CSV and TSV as text, so that a malformed cell is found by its row and refuses nothing but its row."""

import csv
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import polars as pl

from freshrec.data.file_format import DELIMITERS
from freshrec.data.text_file import Compression, read_text
from freshrec.errors import DataError, first_line

__all__ = ["EXTRA", "CsvFile"]

EXTRA = "extra"
"""The column of cells beyond the last column of the header."""

_LONGEST_HEADER = 1 << 20
_SEPARATOR_LINE = re.compile(rb"^sep=(.)\r?\n?$")


@dataclass(frozen=True)
class CsvFile:
    """A delimited file with a header, read but not decoded.

    Attributes:
        path: the file.
        names: the columns, in the order of the header.
        delimiter: the character between cells.
        line_end: the character that ends lines; CR LF counts as LF.
        body: all rows, undecoded.
    """

    path: Path
    names: list[str]
    delimiter: str
    line_end: bytes
    body: bytes = field(repr=False)

    @classmethod
    def open(
        cls, path: Path, compression: Compression | None = None, delimiter: str | None = None, head: int | None = None
    ) -> Self:
        """Read a file whose first line names the columns.

        Args:
            path: the file.
            compression: of the file.
            delimiter: the character between cells; where left out, the one of `DELIMITERS` that parts the header into
                the most columns.
            head: how many bytes to read at most, without a last row that is cut; all where left out.

        Raises:
            DataError: the file cannot be read, there is no header, or it names a column twice.
        """
        text = read_text(path, compression, head).lstrip(b"\r\n")
        if b"\r\r\n" in text:
            text = text.replace(b"\r\r\n", b"\n")
        header, line_end, body = _first_record(path, text)
        if separator := _SEPARATOR_LINE.match(header):
            delimiter = delimiter or separator[1].decode("latin-1")
            header, line_end, body = _first_record(path, body)
        if head is not None and len(text) >= head:
            body = body[: body.rfind(line_end) + 1]
        shown = header.decode("utf-8", "replace")
        delimiter = delimiter or max(DELIMITERS, key=lambda each: _width(shown, each))
        try:
            names = _cells(shown, delimiter)
        except csv.Error as error:
            raise DataError(
                f"cannot read the first line of {path} as CSV ({error}). Give a file that begins with the names of "
                "the columns."
            ) from error
        if not any(names):
            raise DataError(f"{path} is empty. Give a file whose first line names the columns.")
        if twice := [name for name, count in Counter(names).items() if name and count > 1]:
            raise DataError(f"{path} has two columns called {twice[0]!r}. Rename one of them in the header.")
        return cls(path, names, delimiter, line_end, body.rstrip(b"\r\n"))

    def read(self, columns: Mapping[str, str]) -> pl.DataFrame:
        """Some columns as text, and `EXTRA`, which is null in a well-formed row.

        Args:
            columns: new name to a column's name.

        Raises:
            DataError: the rows cannot be told apart, as after a quote that never ends.
        """
        places = {name: self.names.index(column) for name, column in columns.items()} | {EXTRA: len(self.names)}
        # A header of its own, one column wider than the file's, makes a row's surplus cell visible.
        header = self.delimiter.join(str(place) for place in range(len(self.names) + 1)).encode()
        try:
            frame = pl.read_csv(
                self.line_end.join((header, self.body)) if self.body else header,
                columns=sorted(places.values()),
                separator=self.delimiter,
                eol_char=self.line_end.decode(),
                infer_schema=False,
                encoding="utf8-lossy",
                truncate_ragged_lines=True,
            )
        except pl.exceptions.PolarsError as error:
            raise DataError(f"cannot read {self.path}: {first_line(error)}. Check that the file is whole.") from error
        return frame.select(pl.col(str(place)).alias(name) for name, place in places.items())


def _first_record(path: Path, text: bytes) -> tuple[bytes, bytes, bytes]:
    """The first record of a text, the character that ends it and all lines, and the rest."""
    quoted = False
    for found in re.finditer(rb'["\r\n]', text[:_LONGEST_HEADER]):
        if found[0] == b'"':
            quoted = not quoted
        elif not quoted:
            is_pair = text[found.start() : found.start() + 2] == b"\r\n"
            return text[: found.start()], b"\n" if is_pair else found[0], text[found.end() + is_pair :]
    if len(text) > _LONGEST_HEADER:
        raise DataError(
            f"the first line of {path} is longer than 1 MiB. Give a file whose first line names the columns."
        )
    return text, b"\n", b""


def _cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


def _width(line: str, delimiter: str) -> int:
    """The number of cells of a line; zero where it cannot be read."""
    try:
        return len(_cells(line, delimiter))
    except csv.Error:
        return 0
