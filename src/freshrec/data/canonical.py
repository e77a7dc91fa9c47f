"""One text for each value: 7, 7.0, Decimal("7.00"), numpy.float64(7) and "7" are one id, in a log and in a look-up."""

from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import polars as pl

from freshrec.data.dtypes import AnyType, is_text
from freshrec.errors import DataError

__all__ = ["NULLS", "canonical_text", "canonical_values", "is_null", "is_whole", "whole_decimal"]

NULLS = ("\\N", "NULL", "null", "NaN", "nan", "None", "N/A", "#N/A", "<NA>", "NaT")
"""Text that stands for a missing value: as Hive, MySQL, SQL exports, numpy, Python, Excel and pandas write it."""

_EXACT = 2**53
_ZERO_FRACTION = r"^-?(0|[1-9][0-9]*)\.0+$"
_SCALARS = (str, bool, int, float, Decimal, date, np.generic, UUID)


def canonical_text(cell: pl.Expr, dtype: AnyType) -> pl.Expr:
    """The one text of each value; null for null and NaN.

    A number is written without a fraction of zeros, whether its column holds numbers, decimals or text. "07" and "7.50"
    in a column of text are values of their own.

    >>> pl.DataFrame({"n": [7.0, 7.5], "t": ["7.00", "07"]}).select(
    ...     canonical_text(pl.col("n"), pl.Float64), canonical_text(pl.col("t"), pl.String)
    ... ).rows()
    [('7', '7'), ('7.5', '07')]
    """
    if dtype.is_float():
        whole = cell.cast(pl.Int64, strict=False).cast(pl.String)
        return pl.when(cell.is_not_nan()).then(pl.when(is_whole(cell)).then(whole).otherwise(cell.cast(pl.String)))
    text = cell.cast(pl.String)
    return whole_decimal(text) if is_text(dtype) else text


def whole_decimal(text: pl.Expr) -> pl.Expr:
    """Text in which a whole number has no fraction: "7" for "7.0"."""
    whole = text.str.replace(r"\.0+$", "").str.replace("^-0$", "0")
    return pl.when(text.str.contains(_ZERO_FRACTION)).then(whole).otherwise(text)


def is_whole(number: pl.Expr) -> pl.Expr:
    """Whether a float is a whole number that a float can tell from its neighbours."""
    return (number.floor() == number) & (number.abs() <= _EXACT)


def is_null(text: pl.Expr, spellings: Collection[str]) -> pl.Expr:
    """Whether a cell of text is missing: null, blank, or one of the spellings of null."""
    return text.is_null() | text.str.strip_chars().is_in(["", *spellings])


def canonical_values(values: Iterable[object]) -> list[str | None]:
    """The canonical text of values of any types, as `canonical_text` gives it; None for a missing value.

    Raises:
        DataError: a value is no text, number, truth value, date or date-time.

    >>> canonical_values([7, 7.0, "7", Decimal("7.00"), np.float32(7), None, float("nan"), "x"])
    ['7', '7', '7', '7', '7', None, None, 'x']
    """
    if isinstance(values, pl.Series) and not values.dtype.is_nested() and values.dtype != pl.Object:
        return _texts(values)
    listed = list(values)
    kinds: dict[type, list[int]] = {}
    for place, value in enumerate(listed):
        kinds.setdefault(type(value), []).append(place)
    if unknown := [kind for kind in kinds if not (_is_missing(kind) or issubclass(kind, _SCALARS))]:
        raise DataError(
            f"{unknown[0].__name__} values cannot be ids or categories. Give text, numbers, truth values or dates."
        )
    found: list[str | None] = [None] * len(listed)
    for kind, places in kinds.items():
        if not _is_missing(kind):
            for place, text in zip(places, _texts(_series(kind, [listed[place] for place in places])), strict=True):
                found[place] = text
    return found


def _texts(cells: pl.Series) -> list[str | None]:
    return cells.to_frame("cell").select(text=canonical_text(pl.col("cell"), cells.dtype))["text"].to_list()


def _series(kind: type, values: list[Any]) -> pl.Series:
    if issubclass(kind, str | UUID):
        return pl.Series([str(value) for value in values], dtype=pl.String)
    if issubclass(kind, Decimal):
        return pl.Series([f"{value:f}" if value.is_finite() else None for value in values], dtype=pl.String)
    if issubclass(kind, np.generic):
        return pl.Series(np.array(values))
    try:
        return pl.Series(values)
    except OverflowError:
        return pl.Series([str(value) for value in values])


def _is_missing(kind: type) -> bool:
    return issubclass(kind, type(None)) or kind.__name__ in ("NAType", "NaTType")
