"""Reading JSON lines: one object a line, whose values become text."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import polars as pl

from freshrec.data.csv_file import EXTRA
from freshrec.data.text_file import Compression, read_text
from freshrec.errors import DataError

__all__ = ["JsonLines"]

_HEAD = 1000


@dataclass(frozen=True)
class JsonLines:
    """A file of JSON objects, one a line.

    Attributes:
        path: the file.
        names: the keys of the first thousand objects, in the order of their appearance.
        lists: those of them whose values are lists.
        lines: all lines but blank ones, undecoded.
    """

    path: Path
    names: list[str]
    lists: frozenset[str]
    lines: list[bytes] = field(repr=False)

    @classmethod
    def open(cls, path: Path, compression: Compression | None = None, head: int | None = None) -> Self:
        """Read a file.

        Args:
            path: the file.
            compression: of the file.
            head: how many bytes to read at most, without a last line that is cut; all where left out.

        Raises:
            DataError: the file cannot be read, or its first lines are no JSON objects.
        """
        text = read_text(path, compression, head)
        lines = [line for line in text.splitlines() if not line.isspace() and line]
        if head is not None and len(text) >= head:
            lines = lines[:-1]
        objects = [each for each in map(_parsed, lines[:_HEAD]) if each is not None]
        if lines and not objects:
            raise DataError(
                f"{path} is not in JSON lines: it begins with {lines[0][:40].decode('utf-8', 'replace')!r}. "
                "Write one object a line, in pandas with to_json(path, orient='records', lines=True)."
            )
        names = dict.fromkeys(name for each in objects for name in each)
        lists = frozenset(name for name in names if any(isinstance(each.get(name), list) for each in objects))
        return cls(path, list(names), lists, lines)

    def read(self, columns: Mapping[str, str]) -> pl.DataFrame:
        """Some values of each line as text, or as lists of text, and `EXTRA`, the text of a line that is no object.

        Args:
            columns: new name to a key.
        """
        try:
            return self._read_fast(columns)
        except pl.exceptions.PolarsError:
            return self._read_by_line(columns)

    def _read_fast(self, columns: Mapping[str, str]) -> pl.DataFrame:
        types = {column: pl.List(pl.String) if column in self.lists else pl.String for column in columns.values()}
        frame = pl.read_ndjson(b"\n".join(self.lines), schema=types) if self.lines else pl.DataFrame(schema=types)
        if frame.height != len(self.lines):
            raise pl.exceptions.ShapeError(f"{frame.height} objects in {len(self.lines)} lines")
        read = [pl.col(column).alias(name) for name, column in columns.items()]
        return frame.select(*read, pl.lit(None, pl.String).alias(EXTRA))

    def _read_by_line(self, columns: Mapping[str, str]) -> pl.DataFrame:
        """The same where a line is malformed or a key has values of several types, which polars refuses as a whole."""
        objects = [_parsed(line) for line in self.lines]
        read: dict[str, pl.Series] = {}
        for name, column in columns.items():
            values = [None if each is None else each.get(column) for each in objects]
            if column in self.lists:
                several = [None if value is None else value if isinstance(value, list) else [value] for value in values]
                cells = [None if each is None else [_text(value) for value in each] for each in several]
                read[name] = pl.Series(cells, dtype=pl.List(pl.String))
            else:
                read[name] = pl.Series([_text(value) for value in values], dtype=pl.String)
        extra = [
            None if each is not None else line.decode("utf-8", "replace")
            for each, line in zip(objects, self.lines, strict=True)
        ]
        return pl.DataFrame({**read, EXTRA: pl.Series(extra, dtype=pl.String)})


def _parsed(line: bytes) -> dict[str, Any] | None:
    """The object of a line, with its numbers as text, or None where it holds none."""
    try:
        read = json.loads(line.decode("utf-8", "replace"), parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)
