"""Reading labels: 0 and 1, truth values, words that say the same, and ratings."""

from collections.abc import Collection

import polars as pl

from freshrec.data.canonical import is_null
from freshrec.data.cells import Parsed, judge
from freshrec.data.dtypes import is_text, refuse_dtype

__all__ = ["NEGATIVE", "NO_LABEL", "POSITIVE", "parse_label"]

POSITIVE = ("true", "t", "yes", "y", "click", "clicked")
"""Words for 1, in any case."""

NEGATIVE = ("false", "f", "no", "n", "view", "viewed", "impression")
"""Words for 0, in any case."""

NO_LABEL = "label is not 0 or 1"
NO_RATING = "label is not a number"


def parse_label(
    cells: pl.Series, column: str, nulls: Collection[str] = (), positive_from: float | None = None
) -> Parsed:
    """Labels as int8, 1 for a positive and 0 for a negative.

    Args:
        cells: numbers, truth values or text: 0 and 1, or the words of `POSITIVE` and `NEGATIVE`.
        column: the column's name in the log.
        nulls: text that stands for a missing label.
        positive_from: the least number that is a positive, for ratings; None for labels.

    Raises:
        DataError: the column's type cannot hold labels.
    """
    cell = pl.col("cell")
    if cells.dtype == pl.Boolean or cells.dtype.is_numeric():
        number = cell.cast(pl.Float64)
        missing = cell.is_null() | number.is_nan().fill_null(False)
    elif is_text(cells.dtype):
        cells = cells.cast(pl.String)
        text = cell.str.strip_chars().str.to_lowercase()
        number = text.cast(pl.Float64, strict=False).fill_nan(None)
        if positive_from is None:
            number = pl.when(text.is_in(POSITIVE)).then(1.0).when(text.is_in(NEGATIVE)).then(0.0).otherwise(number)
        missing = is_null(cell, nulls)
    else:
        raise refuse_dtype(column, cells.dtype, "0 and 1")
    if positive_from is None:
        other = (~number.is_in([0.0, 1.0]).fill_null(False), NO_LABEL)
        label = number.cast(pl.Int8, strict=False)
    else:
        other, label = (number.is_null(), NO_RATING), (number >= positive_from).cast(pl.Int8)
    return judge(cells, label, (missing, "label is missing"), other)
