"""What the first rows of a log file say, before all of it is read."""

from pathlib import Path

import polars as pl

from freshrec.data.catalog import Labels
from freshrec.data.cells import parse_label
from freshrec.data.csv_file import CsvFile
from freshrec.data.settings import StreamSettings
from freshrec.errors import DataError

__all__ = ["peek_flags", "peek_labels"]

_ROWS = 10_000


def peek_labels(path: Path, settings: StreamSettings) -> Labels | None:
    """Who says what was not liked, as far as the first 10,000 rows of a log file tell.

    Args:
        path: a .parquet, .csv or .csv.gz file.
        settings: name its column of labels.

    Returns:
        `implicit` where there is no such column, `explicit` where one of the rows is labelled 0; None where they leave
        it open, or cannot be read: then reading all of the log tells, or says what is wrong with it.
    """
    column = settings.label_column
    if column is None:
        return "implicit"
    try:
        cells = _first_cells(path, column)
        if cells is None:
            return "implicit" if column == "label" else None
        read = parse_label(cells, column, settings.null_values)
    except (OSError, EOFError, pl.exceptions.PolarsError, DataError):
        return None
    return "explicit" if ((read.value == 0) & read.reason.is_null()).any() else None


def peek_flags(path: Path, settings: StreamSettings) -> tuple[str, ...]:
    """The columns of a log file that no setting names and whose first 10,000 rows hold both 0 and 1, and nothing else.

    Args:
        path: a .parquet, .csv or .csv.gz file.
        settings: name the columns that are used.

    Returns:
        Their names, in the order of the file; none where it cannot be read, which reading all of it tells.
    """
    used = {settings.user_column, settings.item_column, settings.time_column, settings.label_column}
    used.update(settings.user_fields, settings.item_fields)
    try:
        cells = _first_rows(path)
        return tuple(name for name in cells.columns if name not in used and _is_flag(cells[name], settings))
    except (OSError, EOFError, pl.exceptions.PolarsError, DataError):
        return ()


def _is_flag(cells: pl.Series, settings: StreamSettings) -> bool:
    try:
        read = parse_label(cells, cells.name, settings.null_values)
    except DataError:
        return False
    return not read.reason.is_not_null().any() and read.value.n_unique() == 2


def _first_rows(path: Path) -> pl.DataFrame:
    if path.name.lower().endswith(".parquet"):
        return pl.scan_parquet(path).head(_ROWS).collect()
    file = CsvFile.open(path, _ROWS)
    return file.read({name: place for place, name in enumerate(file.names)})


def _first_cells(path: Path, column: str) -> pl.Series | None:
    """The first cells of a column; None where there is no such column."""
    if path.name.lower().endswith(".parquet"):
        lazy = pl.scan_parquet(path)
        return lazy.select(column).head(_ROWS).collect()[column] if column in lazy.collect_schema().names() else None
    file = CsvFile.open(path, _ROWS)
    return file.read({column: file.names.index(column)})[column] if column in file.names else None
