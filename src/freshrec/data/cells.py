"""What a cell may hold: ids and field values, read into one type, with a reason where that fails."""

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from freshrec.data.canonical import canonical_text, is_null, is_whole, whole_decimal
from freshrec.data.dtypes import AnyType, is_text, refuse_dtype

__all__ = [
    "LONGEST",
    "LONGEST_FIELD",
    "SEVERAL",
    "Parsed",
    "judge",
    "parse_field",
    "parse_id",
    "parse_number",
]

"""The reason of a cell that should be a label and is none."""

LONGEST = 1024
"""Bytes of the longest id; longer ones are damage, not names."""

LONGEST_FIELD = 65_536
"""Bytes of the longest cell of a field, with all its values."""

SEVERAL = "\x1f"
"""Unit separator: stands between the values of a cell that has several."""

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


def parse_id(cells: pl.Series, role: str, column: str, nulls: Collection[str] = ()) -> Parsed:
    """Ids in the canonical form of `canonical_text`; whole numbers stay numbers.

    Args:
        cells: the column as it is in the log.
        role: `user` or `item`, for the reasons.
        column: the column's name in the log.
        nulls: text that stands for a missing id.

    Raises:
        DataError: the column's type cannot hold ids.
    """
    cell, value, missing = pl.col("cell"), pl.col("value"), f"{role} is missing"
    fraction = f"{role} is not a whole number"
    if cells.dtype.is_integer():
        return judge(cells, cell, (cell.is_null(), missing))
    if cells.dtype.is_float():
        gone = (cell.is_null() | cell.is_nan(), missing)
        return judge(cells, cell.cast(pl.Int64, strict=False), gone, (~is_whole(cell), fraction))
    if not is_text(cells.dtype):
        raise refuse_dtype(column, cells.dtype, "strings or integers")
    text = cells.cast(pl.String)
    cases = [(is_null(cell, nulls), missing), *_unfit(role, LONGEST)]
    if isinstance(cells.dtype, pl.Decimal):
        cases.append((value.str.contains(".", literal=True), fraction))
    return judge(text, whole_decimal(cell), *cases)


def parse_field(cells: pl.Series, name: str, separator: str | None, nulls: Collection[str] = ()) -> Parsed:
    """Field values as canonical text, several of a cell joined by `SEVERAL`; null where a cell is missing or empty.

    Args:
        cells: the column as it is in the log.
        name: the column's name in the log.
        separator: splits a cell of text into several values.
        nulls: text that stands for a missing value.

    Raises:
        DataError: the column's type cannot hold categories.
    """
    cell, dtype = pl.col("cell"), cells.dtype
    if isinstance(dtype, pl.List | pl.Array):
        several = cell.cast(pl.List(dtype.inner)).list.eval(_category(pl.element(), dtype.inner, name, nulls))
        value = several.list.drop_nulls().list.join(SEVERAL)
    elif is_text(dtype):
        return _parse_text(cells.cast(pl.String).fill_null(""), name, separator, nulls)
    else:
        value = _category(cell, dtype, name, nulls)
    return judge(cells, pl.when(value != "").then(value), *_unfit(name, LONGEST_FIELD))


def parse_number(cells: pl.Series, name: str, nulls: Collection[str] = ()) -> Parsed:
    """Numbers as float64; null where one is missing or NaN.

    Args:
        cells: the column as it is in the log: numbers, truth values, or text of decimal numbers.
        name: the column's name in the log.
        nulls: text that stands for a missing number.

    Raises:
        DataError: the column's type cannot hold numbers.
    """
    cell, value = pl.col("cell"), pl.col("value")
    infinite = (value.is_infinite(), f"{name} is not a finite number")
    if cells.dtype == pl.Boolean or (cells.dtype.is_numeric() and not is_text(cells.dtype)):
        return judge(cells, cell.cast(pl.Float64).fill_nan(None), infinite)
    if not is_text(cells.dtype):
        raise refuse_dtype(name, cells.dtype, "numbers")
    missing = is_null(cell, nulls)
    number = cell.str.strip_chars().cast(pl.Float64, strict=False)
    wrong = (value.is_null() & ~missing, f"{name} is not a number")
    return judge(cells.cast(pl.String), pl.when(~missing).then(number.fill_nan(None)), wrong, infinite)


def _parse_text(cells: pl.Series, name: str, separator: str | None, nulls: Collection[str]) -> Parsed:
    """Text, each distinct cell parsed once: a column of categories has few of them."""
    distinct = cells.unique()
    if separator is None:
        value = _category(pl.col("cell"), pl.String(), name, nulls)
        parsed = judge(distinct, value, *_unfit(name, LONGEST_FIELD))
    else:
        parsed = parse_field(distinct.str.split(separator), name, None, nulls)
    known = pl.DataFrame({"cell": distinct, "value": parsed.value, "reason": parsed.reason})
    read = cells.to_frame("cell").join(known, on="cell", how="left", maintain_order="left")
    return Parsed(read["value"], read["reason"])


def _unfit(name: str, longest: int) -> tuple[Case, Case]:
    value = pl.col("value")
    return (
        (value.str.contains("\ufffd", literal=True), f"{name} is not valid UTF-8"),
        (value.str.len_bytes() > longest, f"{name} is longer than {longest} bytes"),
    )


def _category(cell: pl.Expr, dtype: AnyType, column: str, nulls: Collection[str]) -> pl.Expr:
    if is_text(dtype):
        text = cell.cast(pl.String)
        return pl.when(~is_null(text, nulls)).then(canonical_text(cell, dtype))
    if dtype.is_numeric() or dtype.is_temporal() or dtype == pl.Boolean:
        return canonical_text(cell, dtype)
    raise refuse_dtype(column, dtype, "categories (text, numbers, or lists of them)")
