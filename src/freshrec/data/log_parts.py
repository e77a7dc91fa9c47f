"""The parts of a log as one table: columns of one type, or an error that names the file and the column."""

from collections.abc import Mapping, Sequence

import polars as pl

from freshrec.data.canonical import canonical_text
from freshrec.data.csv_file import EXTRA
from freshrec.data.dtypes import AnyType, is_text
from freshrec.errors import DataError

__all__ = ["join_parts"]


def join_parts(parts: Sequence[tuple[str, pl.DataFrame]], columns: Mapping[str, str]) -> pl.DataFrame:
    """The rows of all parts, in their order.

    Numbers, truth values and text become text where parts differ in them, by the rule for ids; dates and date-times
    become date-times in UTC.

    Args:
        parts: the path of each file, and its cells, with a column a role.
        columns: role to the column's name in the files.

    Raises:
        DataError: a column has types that have nothing in common.
    """
    if len(parts) == 1:
        return parts[0][1]
    joined = {
        role: pl.concat(_alike([(path, cells[role]) for path, cells in parts], columns.get(role, role)))
        for role in [*columns, *({EXTRA} & {*parts[0][1].columns})]
    }
    return pl.DataFrame(joined)


def _alike(parts: list[tuple[str, pl.Series]], column: str) -> list[pl.Series]:
    cells = [part for _, part in parts]
    typed = [(path, part) for path, part in parts if part.dtype != pl.Null]
    dtypes = {part.dtype for _, part in typed}
    if len(dtypes) <= 1:
        return [part.cast(next(iter(dtypes), pl.Null)) for part in cells]
    families: dict[str, tuple[str, AnyType]] = {}
    for path, part in typed:
        families.setdefault(_family(part.dtype), (path, part.dtype))
    if set(families) <= {"integer", "float"}:
        number = pl.Int64 if set(families) == {"integer"} else pl.Float64
        if all(_fits(part, number) for part in cells):
            return [part.cast(number) for part in cells]
    if set(families) <= {"integer", "float", "text", "truth value"}:
        return [_as_text(part) for part in cells]
    if set(families) == {"time"}:
        return [_as_time(part) for part in cells]
    (one, dtype), (other, other_dtype), *_ = families.values() if len(families) > 1 else _differing(typed)
    raise DataError(
        f"column {column!r} holds {dtype} in {one}, but {other_dtype} in {other}. Convert it to one type in all files."
    )


def _family(dtype: AnyType) -> str:
    if dtype.is_integer():
        return "integer"
    if dtype.is_float():
        return "float"
    if dtype == pl.Boolean:
        return "truth value"
    if is_text(dtype):
        return "text"
    return "time" if dtype == pl.Date or dtype == pl.Datetime else str(dtype)


def _fits(part: pl.Series, dtype: AnyType) -> bool:
    """Whether numbers keep their value in a type: int64, or float64 up to 2^53."""
    if dtype == pl.Float64 and part.dtype.is_integer():
        return part.is_empty() or bool((part.cast(pl.Float64).abs() <= 2**53).all())
    return part.dtype.is_float() or part.cast(pl.Int64, strict=False).null_count() == part.null_count()


def _as_text(part: pl.Series) -> pl.Series:
    return part.to_frame("cell").select(canonical_text(pl.col("cell"), part.dtype).cast(pl.String))["cell"]


def _as_time(part: pl.Series) -> pl.Series:
    if isinstance(part.dtype, pl.Datetime) and part.dtype.time_zone is not None:
        part = part.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return part.cast(pl.Datetime("us"))


def _differing(typed: list[tuple[str, pl.Series]]) -> list[tuple[str, AnyType]]:
    found: dict[str, tuple[str, AnyType]] = {}
    for path, part in typed:
        found.setdefault(str(part.dtype), (path, part.dtype))
    return list(found.values())
