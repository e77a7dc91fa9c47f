"""What a cell may hold: ids, labels and field values, read into one type, with a reason where that fails."""

from dataclasses import dataclass

import polars as pl
from polars.datatypes import DataType, DataTypeClass

from freshrec.errors import DataError

__all__ = [
    "LONGEST",
    "LONGEST_FIELD",
    "SEVERAL",
    "Parsed",
    "is_text",
    "judge",
    "parse_field",
    "parse_id",
    "parse_label",
    "refuse",
]

LONGEST = 1024
"""Bytes of the longest id; longer ones are damage, not names."""

LONGEST_FIELD = 65_536
"""Bytes of the longest cell of a field, with all its values."""

SEVERAL = "\x1f"
"""Unit separator: stands between the values of a cell that has several."""

_EXACT = 2**53

AnyType = DataType | DataTypeClass
Case = tuple[pl.Expr, str]


@dataclass(frozen=True)
class Parsed:
    """One column as it was read, N cells.

    Attributes:
        value: the cells in canonical type; meaningless where there is a reason.
        reason: why a cell cannot be used, as text; null where it can.
    """

    value: pl.Series
    reason: pl.Series


def judge(cells: pl.Series, value: pl.Expr, *cases: Case) -> Parsed:
    """Read a column.

    Args:
        cells: the column as it came.
        value: what is read, from `cell`.
        cases: what makes a cell unusable, from `cell` and `value`, each with its reason; the first that holds counts.
    """
    read = cells.to_frame("cell").with_columns(value=value)
    reasons = [pl.when(case).then(pl.lit(reason)) for case, reason in cases]
    return Parsed(read["value"], read.select(reason=pl.coalesce(reasons))["reason"])


def parse_id(cells: pl.Series, role: str, column: str) -> Parsed:
    """Ids: text as it stands; whole numbers, also those that pandas keeps as floats beside missing ones.

    Raises:
        DataError: the column's type cannot hold ids.
    """
    cell, value, missing = pl.col("cell"), pl.col("value"), f"{role} is missing"
    if cells.dtype.is_integer():
        return judge(cells, cell, (cell.is_null(), missing))
    if cells.dtype.is_float():
        gone = (cell.is_null() | cell.is_nan(), missing)
        return judge(cells, cell.cast(pl.Int64, strict=False), gone, (~_whole(cell), f"{role} is not a whole number"))
    if not is_text(cells.dtype):
        raise refuse(column, cells.dtype, "strings or integers")
    blank = value.is_null() | (value.str.strip_chars() == "")
    return judge(cells, cell.cast(pl.String), (blank, missing), *_unfit(role, LONGEST))


def parse_label(cells: pl.Series, column: str) -> Parsed:
    """Labels: 0 or 1 as numbers, booleans or text.

    Raises:
        DataError: the column's type cannot hold labels.
    """
    cell = pl.col("cell")
    if cells.dtype == pl.Boolean or cells.dtype.is_numeric():
        number = cell.cast(pl.Float64)
    elif is_text(cells.dtype):
        text = cell.cast(pl.String).str.strip_chars().str.to_lowercase()
        number = pl.when(text == "true").then(1.0).when(text == "false").then(0.0)
        number = number.otherwise(text.cast(pl.Float64, strict=False))
    else:
        raise refuse(column, cells.dtype, "0 and 1")
    missing = (cell.is_null() | number.is_nan().fill_null(False), "label is missing")
    other = (~number.is_in([0.0, 1.0]).fill_null(False), "label is not 0 or 1")
    return judge(cells, number.cast(pl.Int8, strict=False), missing, other)


def parse_field(cells: pl.Series, name: str, separator: str | None) -> Parsed:
    """Field values as text, several of a cell joined by `SEVERAL`; null where a cell is missing or empty.

    Raises:
        DataError: the column's type cannot hold categories.
    """
    cell, dtype = pl.col("cell"), cells.dtype
    if isinstance(dtype, pl.List | pl.Array):
        several = cell.cast(pl.List(dtype.inner)).list.eval(_text(pl.element(), dtype.inner, name))
        value = several.list.drop_nulls().list.join(SEVERAL)
    else:
        value = _text(cell, dtype, name)
        if separator is not None:
            value = value.str.replace_all(separator, SEVERAL, literal=True)
    return judge(cells, pl.when(value != "").then(value), *_unfit(name, LONGEST_FIELD))


def is_text(dtype: AnyType) -> bool:
    """Whether a column is read as text; decimals are, as some databases use them for large integers."""
    return dtype in (pl.String, pl.Null) or isinstance(dtype, pl.Categorical | pl.Enum | pl.Decimal)


def refuse(column: str, dtype: AnyType, expected: str) -> DataError:
    """The error for a column whose type cannot hold what it should."""
    return DataError(
        f"column {column!r} holds {dtype}, where {expected} are expected. Convert it, or name another column."
    )


def _unfit(name: str, longest: int) -> tuple[Case, Case]:
    value = pl.col("value")
    return (
        (value.str.contains("\ufffd", literal=True), f"{name} is not valid UTF-8"),
        (value.str.len_bytes() > longest, f"{name} is longer than {longest} bytes"),
    )


def _whole(number: pl.Expr) -> pl.Expr:
    return (number.floor() == number) & (number.abs() <= _EXACT)


def _text(cell: pl.Expr, dtype: AnyType, column: str) -> pl.Expr:
    if dtype.is_float():
        whole = cell.cast(pl.Int64, strict=False).cast(pl.String)
        return pl.when(cell.is_not_nan()).then(pl.when(_whole(cell)).then(whole).otherwise(cell.cast(pl.String)))
    if is_text(dtype) or dtype.is_integer() or dtype.is_temporal() or dtype == pl.Boolean:
        return cell.cast(pl.String)
    raise refuse(column, dtype, "categories (text, numbers, or lists of them)")
