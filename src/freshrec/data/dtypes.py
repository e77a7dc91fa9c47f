"""Kinds of columns."""

from typing import TypeAlias

import polars as pl
from polars.datatypes import DataType, DataTypeClass

from freshrec.errors import DataError

__all__ = ["AnyType", "is_text", "refuse_dtype"]

AnyType: TypeAlias = DataType | DataTypeClass


def is_text(dtype: AnyType) -> bool:
    """Whether a column is read as text; decimals are, as some databases use them for large integers."""
    return dtype in (pl.String, pl.Null) or isinstance(dtype, pl.Categorical | pl.Enum | pl.Decimal)


def refuse_dtype(column: str, dtype: AnyType, expected: str) -> DataError:
    """The error for a column whose type cannot hold what it should."""
    return DataError(
        f"column {column!r} holds {dtype}, where {expected} are expected. Convert it, or name another column."
    )
