"""ISO 8601 date-times and dates in text."""

from collections.abc import Sequence

import polars as pl

__all__ = ["parse_iso"]

_PLAIN = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f")
_ZONED = ("%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%dT%H:%M%z")


def parse_iso(text: pl.Series) -> pl.Series:
    """Date-times and dates as int64 microseconds since 1970 UTC, null for any other text; without a zone it is UTC.

    >>> parse_iso(pl.Series(["1970-01-02", "1970-01-01 02:00+01:00", "soon"])).to_list()
    [86400000000, 3600000000, None]
    """
    times = text.to_frame("text").select(time=_in_forms(pl.col("text"), _PLAIN))["time"]
    # What else ISO 8601 allows takes many more passes over the text, so only the rest goes through them.
    rest = (times.is_null() & text.is_not_null()).arg_true()
    return times.scatter(rest, _parse_any(text.gather(rest))) if len(rest) else times


def _parse_any(text: pl.Series) -> pl.Series:
    joined = pl.col("text").str.replace(r"^(\d{4}-\d{2}-\d{2}) ", "${1}T").str.replace(r"(:\d{2}),", "${1}.")
    timed = pl.when(joined.str.contains(r"^\d{4}-\d{2}-\d{2}$")).then(joined + "T00:00:00").otherwise(joined)
    zone = timed.str.replace(r"[Zz]$", "+0000").str.replace(r"(T.*[+-]\d{2})$", "${1}00")
    zoned = pl.when(zone.str.contains(r"T.*[+-]\d{2}:?\d{2}$")).then(zone).otherwise(zone + "+0000")
    return text.to_frame("text").select(time=_in_forms(zoned, _ZONED))["time"]


def _in_forms(text: pl.Expr, forms: Sequence[str]) -> pl.Expr:
    return pl.coalesce([text.str.to_datetime(form, time_unit="us", strict=False) for form in forms]).dt.timestamp("us")
