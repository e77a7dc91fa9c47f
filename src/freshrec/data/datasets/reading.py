"""Reading published files: the columns they must have, in types, and errors that name the file."""

import csv
import gzip
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import polars as pl
from polars.datatypes import DataTypeClass

from freshrec.errors import DataError, first_line

__all__ = ["read_csvs", "reading", "require", "scan_csv", "table"]

Types = Mapping[str, DataTypeClass]


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what can go wrong in reading a file into a DataError that names it."""
    try:
        yield
    except (OSError, EOFError, zlib.error, pl.exceptions.PolarsError) as error:
        raise DataError(
            f"cannot read {path}: {first_line(error)}. Check that the file is whole, or get it again."
        ) from error


def read_csvs(paths: Iterable[Path], types: Types, *, separator: str = ",") -> pl.DataFrame:
    """The rows of several CSV files one below the other, each as `scan_csv` reads it.

    Raises:
        DataError: a file cannot be read, or lacks a column.
    """
    parts = []
    for path in paths:
        scanned = scan_csv(path, types, separator=separator)
        with reading(path):
            parts.append(scanned.collect())
    return pl.concat(parts)


def scan_csv(path: Path, types: Types, *, separator: str = ",") -> pl.LazyFrame:
    """Some columns of a CSV file (.csv or .csv.gz) with a header, others left out; collect it within `reading`.

    Args:
        path: the file, in UTF-8 with or without a byte order mark, its lines ending in LF or CRLF.
        types: the columns it must have, and what they hold; a cell that cannot be read as such is null.
        separator: the character between two cells.

    Raises:
        DataError: the file cannot be read, or lacks a column.
    """
    with reading(path):
        with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as file:
            header = file.readline().decode("utf-8-sig", "replace").rstrip("\r\n")
        require(path, next(csv.reader([header], delimiter=separator), []), types)
        return pl.scan_csv(
            path,
            separator=separator,
            schema_overrides=dict(types),
            infer_schema=False,
            ignore_errors=True,
            encoding="utf8-lossy",
            truncate_ragged_lines=True,
        ).select(*types)


def table(path: Path, separator: bytes, columns: Mapping[int, str], *, width: int) -> pl.DataFrame:
    """Columns of a file of Latin-1 text without header or quoting, as text by their position.

    Args:
        path: the file.
        separator: what stands between its cells.
        columns: position, from 0, to the column's name.
        width: how many cells a line has at least.

    Raises:
        DataError: the file cannot be read, or a line has fewer cells than `width`.
    """
    with reading(path):
        text = path.read_bytes().decode("latin-1").replace("\r\n", "\n").rstrip("\n")
        lines = pl.Series("line", text.split("\n") if text else [], dtype=pl.String)
        cells = lines.str.split(separator.decode())
    short = (cells.list.len() < width).arg_true()
    if len(short) or not len(lines):
        where = f"line {short[0] + 1} holds {lines[short[0]][:60]!r}" if len(short) else "it is empty"
        raise DataError(
            f"{path}: {where}, where {width} values with {separator.decode()!r} between them are expected. Give the "
            "file as it was published."
        )
    return pl.DataFrame({name: cells.list.get(at).str.strip_chars() for at, name in columns.items()})


def require(path: Path, present: list[str], expected: Mapping[str, object]) -> None:
    """Raise DataError where a file lacks one of the expected columns."""
    if lacking := [name for name in expected if name not in present]:
        raise DataError(
            f"{path} has no column {', '.join(map(repr, lacking))}; expected are {', '.join(expected)}, and its "
            f"first line holds {', '.join(present)[:200] or 'nothing'}. Give the file as it was published, or read "
            "one of another layout with --data and the options that name its columns."
        )
