"""Reading the columns of a data frame of any library into polars."""

from collections.abc import Mapping
from typing import Any

import narwhals as nw
import polars as pl
from narwhals.typing import IntoFrame

from freshrec.data.canonical import canonical_values
from freshrec.errors import DataError, first_line

__all__ = ["Frame"]


class Frame:
    """A polars, pandas, pyarrow or duckdb frame, or a lazy one, of which only the asked columns are collected.

    Raises:
        DataError: the object is no such frame, or it names a column twice.
    """

    def __init__(self, source: IntoFrame) -> None:
        self._kind = type(source).__name__
        try:
            self._frame: nw.DataFrame[Any] | nw.LazyFrame[Any] = nw.from_native(source)
            self._schema = dict(self._frame.collect_schema())
        except Exception as error:  # each library of frames has errors of its own
            raise self._unreadable(error) from error

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [str(name) for name in self._schema]

    def read(self, columns: Mapping[str, str], rows: int | None = None) -> pl.DataFrame:
        """Some columns under new names.

        A column of Python objects of several types, as pandas makes of a large CSV file, becomes text.

        Args:
            columns: new name to a column's name.
            rows: how many to read at most; all where left out.

        Raises:
            DataError: the frame cannot be collected, or a column holds objects that are no scalars.
        """
        objects = [name for name in columns.values() if self._schema[name] == nw.Object]
        typed = [name for name in columns.values() if name not in objects]
        head = self._frame if rows is None else self._frame.head(rows)
        try:
            taken = head.lazy().select(*typed).collect("polars").to_native().get_columns() if typed else []
        except Exception as error:
            raise self._unreadable(error) from error
        read = pl.DataFrame([*taken, *(_from_objects(nw.to_native(head)[name], name) for name in objects)])
        return read.select(pl.col(column).alias(name) for name, column in columns.items())

    def _unreadable(self, error: Exception) -> DataError:
        return DataError(
            f"cannot read a frame of type {self._kind}: {first_line(error)}. Pass a polars, pandas, pyarrow or duckdb "
            "frame, or write it to a Parquet file."
        )


def _from_objects(column: Any, name: str) -> pl.Series:
    """A column of Python objects: in the type they share, or as the canonical text of each."""
    if not isinstance(column, pl.Series):
        typed = _by_arrow(column, name)
        if typed is not None and typed.dtype != pl.Binary:
            return typed
    values = column.to_list()
    try:
        return pl.Series(name, canonical_values(values), dtype=pl.String)
    except DataError as error:
        kinds = sorted({type(value).__name__ for value in values})
        raise DataError(
            f"column {name!r} holds objects of the types {', '.join(kinds)}. Convert it to text, numbers or lists of "
            "them, or name another column."
        ) from error


def _by_arrow(column: Any, name: str) -> pl.Series | None:
    """The column in the type that its objects share; None where they share none."""
    try:
        read: pl.DataFrame = nw.from_native(column, series_only=True).to_frame().lazy().collect("polars").to_native()
        return read[name]
    except Exception:  # pyarrow's and polars' errors have no common base
        return None
