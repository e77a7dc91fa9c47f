"""One file of a log as a table: its columns and, on demand, some of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import polars as pl

from freshrec.data.csv_file import EXTRA, CsvFile
from freshrec.data.json_lines import JsonLines
from freshrec.data.log_files import LogFile
from freshrec.errors import DataError, first_line

__all__ = ["ROW_FAULTS", "LogTable", "open_table"]

ROW_FAULTS = {
    "CSV": "row has more cells than the header",
    "JSON lines": "row is not a JSON object",
}
"""What is wrong with a row that has something in the column `EXTRA`, by the kind of file."""

_BYTES_A_ROW = 400


@dataclass(frozen=True)
class LogTable:
    """One file of a log.

    Attributes:
        file: which one.
        names: its columns, with those that its folders give.
        delimiter: the character between cells, for CSV.
        load: gives some columns, by new name to a column's name, and `EXTRA` for text files.
    """

    file: LogFile
    names: list[str]
    delimiter: str | None
    load: Callable[[Mapping[str, str]], pl.DataFrame]

    def read(self, columns: Mapping[str, str]) -> pl.DataFrame:
        """Some columns under new names, and `EXTRA` for text files.

        Args:
            columns: new name to a column's name; the value of a folder fills a column that the file does not have.

        Raises:
            DataError: the file cannot be read.
        """
        given = self.file.partitions
        own = {name: column for name, column in columns.items() if column not in given}
        frame = self.load(own)
        of_folders = {name: pl.lit(given[column], pl.String) for name, column in columns.items() if column in given}
        return frame.with_columns(**of_folders).select(*columns, *({EXTRA} & {*frame.columns}))


def open_table(file: LogFile, delimiter: str | None = None, rows: int | None = None, first: int = 0) -> LogTable:
    """Open a file of a log.

    Args:
        file: which one.
        delimiter: the character between cells, for CSV; found where left out.
        rows: about how many rows to read at most; all where left out.
        first: how many rows to leave out before them, of a Parquet file.

    Raises:
        DataError: the file cannot be read.
    """
    path, compression = file.path, file.format.compression
    head = None if rows is None else rows * _BYTES_A_ROW
    if file.format.kind == "CSV":
        text = CsvFile.open(path, compression, delimiter, head)
        return _table(file, text.names, text.delimiter, lambda columns: text.read(columns)[:rows])
    if file.format.kind == "JSON lines":
        lines = JsonLines.open(path, compression, head)
        return _table(file, lines.names, None, lambda columns: lines.read(columns)[:rows])
    try:
        lazy = pl.scan_parquet(path, hive_partitioning=False, glob=False)
        names = lazy.collect_schema().names()
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise _unreadable(file, error) from error

    def load(columns: Mapping[str, str]) -> pl.DataFrame:
        taken = lazy if rows is None else lazy.slice(first, rows)
        try:
            if not columns:
                return taken.select(rows=pl.int_range(pl.len())).collect()
            return taken.select(pl.col(column).alias(name) for name, column in columns.items()).collect()
        except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            raise _unreadable(file, error) from error

    return _table(file, names, None, load)


def _table(
    file: LogFile, names: list[str], delimiter: str | None, load: Callable[[Mapping[str, str]], pl.DataFrame]
) -> LogTable:
    of_folders = {name: value for name, value in file.partitions.items() if name not in names}
    return LogTable(replace(file, partitions=of_folders), [*names, *of_folders], delimiter, load)


def _unreadable(file: LogFile, error: BaseException) -> DataError:
    return DataError(f"cannot read {file.path}: {first_line(error)}. Check that the file is whole.")
