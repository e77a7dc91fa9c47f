"""Opening a log: files or a frame become the columns that the settings name, unparsed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, cast

import polars as pl
from narwhals.typing import IntoFrame

from freshrec.data.frames import Frame
from freshrec.data.log_files import find_log_files
from freshrec.data.log_parts import join_parts
from freshrec.data.log_table import LogTable, open_table
from freshrec.data.roles import listed, roles_of
from freshrec.data.settings import StreamSettings
from freshrec.data.text_file import read_bytes
from freshrec.errors import ConfigError, DataError

__all__ = ["Raw", "Source", "check_columns", "open_log", "paths_of", "read_source"]

Source: TypeAlias = Path | str | Sequence[Path | str] | IntoFrame
"""A log: a file, a folder, a pattern such as `log/*.parquet`, several of them, or a data frame."""


@dataclass(frozen=True)
class Raw:
    """The columns of a log that its settings ask for, as they are in the log.

    Attributes:
        cells: one column a role: `user`, `item`, `time`, `label` where the log has labels, `field:NAME`,
            `number:NAME`, and `extra` for text files.
        columns: role to the column's name in the log.
        files: the name of each file and its number of rows; empty for a frame.
        kind: of the files: `Parquet`, `CSV` or `JSON lines`; `frame` for a frame.
        inferred: how files were read: `format`, `parts` (how many files), `ignored` (names of other files), and
            `delimiters`.
    """

    cells: pl.DataFrame
    columns: dict[str, str]
    files: tuple[tuple[str, int], ...] = ()
    kind: str = "frame"
    inferred: dict[str, Any] = field(default_factory=dict)


def read_source(source: Source, settings: StreamSettings) -> Raw:
    """Read the columns of a log that its settings name.

    Args:
        source: a path or several, or any frame that narwhals knows.
        settings: names the columns.

    Raises:
        ConfigError: `delimiter` is set for something else than CSV.
        DataError: the log cannot be read, lacks a column, or its files differ in their columns.
    """
    paths = paths_of(source)
    if paths is not None:
        return _read_files(paths, settings)
    if settings.delimiter is not None:
        raise _no_delimiter(settings.delimiter, "a data frame")
    frame = Frame(cast(IntoFrame, source))
    roles = roles_of(frame.names, settings, "the frame")
    return Raw(frame.read(roles), roles)


def paths_of(source: Any) -> list[Path | str] | None:
    """The paths of a source; None for a frame."""
    if isinstance(source, str | Path):
        return [source]
    if isinstance(source, list | tuple) and all(isinstance(each, str | Path) for each in source):
        return list(source)
    return None


def open_log(paths: Sequence[Path | str], settings: StreamSettings, rows: int | None = None) -> LogTable:
    """The first file of a log.

    Args:
        paths: of the log.
        settings: may name the delimiter.
        rows: about how many rows to read at most; all where left out.

    Raises:
        DataError: the file cannot be found or read.
    """
    return open_table(find_log_files(paths).files[0], settings.delimiter, rows)


def _read_files(paths: Sequence[Path | str], settings: StreamSettings) -> Raw:
    log = find_log_files(paths)
    kind = log.files[0].format.kind
    if settings.delimiter is not None and kind != "CSV":
        raise _no_delimiter(settings.delimiter, f"{log.files[0].path}, which is {kind}")
    files = log.files
    if kind != "Parquet" and len(files) > 1:
        # Engines write an empty text file, without a header, for a part without rows.
        files = tuple(each for each in files if read_bytes(each.path, each.format.compression, 1)) or files[:1]
    tables = [open_table(file, settings.delimiter) for file in files]
    first = tables[0]
    roles = roles_of(first.names, settings, str(first.file.path), first.delimiter)
    for table in tables[1:]:
        check_columns(table, first, roles, settings)
    parts = [(table.file, table.read(roles)) for table in tables]
    delimiters = sorted({table.delimiter for table in tables if table.delimiter is not None})
    return Raw(
        join_parts([(str(file.path), cells) for file, cells in parts], roles),
        roles,
        tuple((file.name, cells.height) for file, cells in parts),
        kind,
        {
            "format": kind,
            "parts": len(log.files),
            "ignored": [path.name for path in log.ignored],
            "delimiters": delimiters,
        },
    )


def check_columns(table: LogTable, first: LogTable, roles: dict[str, str], settings: StreamSettings) -> None:
    """Check that a file of a log has the columns that its first file has.

    Raises:
        DataError: it does not.
    """
    path, other = table.file.path, first.file.path
    if lacking := [column for column in roles.values() if column not in table.names]:
        raise DataError(
            f"{path} has no column {lacking[0]!r}, but {other} has; it has {listed(table.names)}. "
            "Give files that have the same columns."
        )
    if "label" not in roles and settings.label_column in table.names:
        raise DataError(
            f"{other} has no column {settings.label_column!r}, but {path} has. Give files that have the same columns, "
            "or take every row as a positive with label_column = None (--no-labels)."
        )


def _no_delimiter(delimiter: str, what: str) -> ConfigError:
    return ConfigError(f"delimiter is {delimiter!r}, but the log is {what}. Leave it out: only CSV has a delimiter.")
