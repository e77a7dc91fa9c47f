"""Opening a log: a file or a frame becomes the columns that the settings name, unparsed."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import polars as pl
from narwhals.typing import IntoFrame

from freshrec.data.csv_file import CsvFile
from freshrec.data.frames import Frame
from freshrec.data.settings import StreamSettings
from freshrec.errors import DataError, first_line

__all__ = ["EXTRA", "Raw", "Source", "read_source"]

Source = Path | str | IntoFrame

EXTRA = "extra"
"""The role of what is in a CSV row beyond its last column."""


@dataclass(frozen=True)
class Raw:
    """The columns of a log that its settings ask for, as they came.

    Attributes:
        cells: one column a role: `user`, `item`, `time`, `label` where the log has labels, `field:NAME`, and
            `extra` for a CSV file.
        columns: role to the column's name in the log.
    """

    cells: pl.DataFrame
    columns: dict[str, str]


def read_source(source: Source, settings: StreamSettings) -> Raw:
    """Read the columns of a log that its settings name.

    Args:
        source: a path that ends in .parquet, .csv or .csv.gz, or any frame that narwhals knows.
        settings: names the columns.

    Raises:
        DataError: the file or frame cannot be read, or lacks a column.
    """
    if isinstance(source, str | Path):
        return _read_file(Path(source), settings)
    frame = Frame(source)
    roles = _roles(frame.names, settings, "the frame")
    return Raw(frame.read(roles), roles)


def _roles(present: Sequence[str], settings: StreamSettings, where: str) -> dict[str, str]:
    roles = {"user": settings.user_column, "item": settings.item_column, "time": settings.time_column}
    flags = {"user": "user_column", "item": "item_column", "time": "time_column", "label": "label_column"}
    # The default name is optional: most logs hold positives only. A name that someone chose must be there.
    if settings.label_column is not None and (settings.label_column != "label" or "label" in present):
        roles["label"] = settings.label_column
    for group, fields in (("user_fields", settings.user_fields), ("item_fields", settings.item_fields)):
        for name in fields:
            roles[f"field:{name}"] = name
            flags[f"field:{name}"] = group
    for role, column in roles.items():
        if column not in present:
            close = get_close_matches(column.lower(), [name.lower() for name in present], n=1, cutoff=0.5)
            hint = "".join(f" Did you mean {name!r}?" for name in present if [name.lower()] == close)
            flag = flags[role]
            raise DataError(
                f"{where} has no column {column!r}; it has {', '.join(map(repr, present)) or 'none'}.{hint} "
                f"Name the right one with the setting {flag} (--{flag.replace('_', '-').removesuffix('s')})."
            )
    return roles


def _read_file(path: Path, settings: StreamSettings) -> Raw:
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise DataError(f"{path} {what}. Give the path of a .parquet, .csv or .csv.gz file.")
    name = path.name.lower()
    if not name.endswith((".parquet", ".csv", ".csv.gz")):
        raise DataError(f"{path} is of no known kind. Give a file that ends in .parquet, .csv or .csv.gz.")
    try:
        if name.endswith(".parquet"):
            lazy = pl.scan_parquet(path)
            roles = _roles(lazy.collect_schema().names(), settings, str(path))
            cells = lazy.select(pl.col(column).alias(role) for role, column in roles.items()).collect()
            return Raw(cells, roles)
        file = CsvFile.open(path)
        roles = _roles(file.names, settings, str(path))
        positions = {role: file.names.index(column) for role, column in roles.items()}
        return Raw(file.read({**positions, EXTRA: len(file.names)}), roles)
    except (OSError, EOFError, pl.exceptions.PolarsError) as error:
        raise DataError(f"cannot read {path}: {first_line(error)}. Check that the file is whole.") from error
