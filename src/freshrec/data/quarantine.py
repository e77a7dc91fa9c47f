"""Setting malformed rows aside: each with its reason, and the log refused when there are too many."""

from dataclasses import dataclass

import polars as pl

from freshrec.data.cells import Parsed, parse_field, parse_id, parse_number
from freshrec.data.csv_file import EXTRA
from freshrec.data.labels import NO_LABEL, parse_label
from freshrec.data.log_table import ROW_FAULTS
from freshrec.data.settings import StreamSettings
from freshrec.data.source import Raw
from freshrec.data.times import Times, parse_time
from freshrec.errors import DataError

__all__ = ["TOLERATED", "Rows", "check_tolerated", "parse_rows", "set_aside"]

TOLERATED = 0.05
"""The share of malformed rows up to which a log is used without them."""

_RATINGS = (
    " Of ratings, name the least positive one with positive_from (--positive-from), or take every row as a positive "
    "with label_column = None (--no-labels)."
)

_SHOWN = 200
"""Characters of a malformed cell that are kept."""


@dataclass(frozen=True)
class Rows:
    """The rows of a log.

    Attributes:
        cells: the well-formed rows, a column a role: ids raw, `time` int64 in microseconds since 1970 UTC, `label`
            int8, fields as text, numbers as float64.
        quarantine: the malformed rows: `row` (counted from 1 in each file, a header not counted), `column`, `reason`,
            `cell`, the text of the malformed cell, and `file`, null for a frame.
        time_form: the form that the times have, as in `Times`.
    """

    cells: pl.DataFrame
    quarantine: pl.DataFrame
    time_form: str


def set_aside(raw: Raw, settings: StreamSettings) -> Rows:
    """Parse a log's cells, and part its rows.

    Raises:
        DataError: a column's type is wrong, or more than `TOLERATED` of the rows are malformed.
    """
    rows = parse_rows(raw, settings)
    check_tolerated(rows.quarantine, raw.cells.height, has_parts=len(raw.files) > 1)
    return rows


def check_tolerated(quarantine: pl.DataFrame, total: int, *, has_parts: bool) -> None:
    """Check that at most `TOLERATED` of all rows are malformed.

    Args:
        quarantine: the malformed rows.
        total: how many rows there are.
        has_parts: whether they come from several files.

    Raises:
        DataError: more are.
    """
    if quarantine.height > TOLERATED * total:
        raise _refused(quarantine, total, has_parts)


def parse_rows(raw: Raw, settings: StreamSettings, *, has_found_times: bool = False) -> Rows:
    """Parse the cells of a log or a part of one, and part its rows, however many are malformed.

    Args:
        raw: the cells.
        settings: name what the columns hold.
        has_found_times: whether `time_unit` is what was found for the whole log, of which this is a part.

    Raises:
        DataError: a column's type is wrong.
    """
    parsed = {
        role: _parse(raw.cells[role], role, column, settings, has_found_times=has_found_times)
        for role, column in raw.columns.items()
    }
    reasons = {role: cells.reason for role, cells in parsed.items()}
    if EXTRA in raw.cells.columns:
        # Judged first: a cell too many has usually shifted all that follow it.
        surplus = pl.when(pl.col(EXTRA).is_not_null()).then(pl.lit(ROW_FAULTS[raw.kind]))
        reasons = {EXTRA: raw.cells.select(reason=surplus)["reason"], **reasons}
    judged = pl.DataFrame(reasons).select(
        reason=pl.coalesce(reasons.keys()),
        role=pl.coalesce(pl.when(pl.col(role).is_not_null()).then(pl.lit(role)) for role in reasons),
    )
    bad = judged["reason"].is_not_null()
    rows = bad.arg_true()
    shown = [pl.when(pl.col("role") == role).then(_shown(raw.cells[role])) for role in reasons]
    malformed = raw.cells[rows].with_columns(judged[rows])
    file, row = _places(rows, raw)
    quarantine = malformed.select(
        row.alias("row"),
        pl.col("role").replace_strict(raw.columns, default="", return_dtype=pl.String).alias("column"),
        "reason",
        pl.coalesce(shown).alias("cell"),
        file.alias("file"),
    )
    values = pl.DataFrame({role: cells.value for role, cells in parsed.items()})
    time = parsed["time"]
    form = time.form if isinstance(time, Times) else ""
    return Rows(values.filter(~bad) if quarantine.height else values, quarantine, form)


def _parse(cells: pl.Series, role: str, column: str, settings: StreamSettings, *, has_found_times: bool) -> Parsed:
    nulls = settings.null_values
    match role:
        case "user" | "item":
            return parse_id(cells, role, column, nulls)
        case "time":
            return parse_time(cells, column, settings.time_unit, nulls, is_found=has_found_times)
        case "label":
            return parse_label(cells, column, nulls, settings.positive_from)
        case _ if role.startswith("number:"):
            return parse_number(cells, column, nulls)
        case _:
            return parse_field(cells, column, settings.separator, nulls)


def _places(rows: pl.Series, raw: Raw) -> tuple[pl.Series, pl.Series]:
    """The name of the file that each of some rows is in, and its number there, from 1."""
    row = rows.cast(pl.Int64)
    if not raw.files:
        return pl.repeat(None, len(rows), dtype=pl.String, eager=True), row + 1
    begins = pl.Series([0, *(count for _, count in raw.files)], dtype=pl.Int64).cum_sum()
    number = begins.search_sorted(row, side="right") - 1
    names = pl.Series([name for name, _ in raw.files], dtype=pl.String)
    return names.gather(number), row - begins.gather(number) + 1


def _shown(cells: pl.Series) -> pl.Expr:
    cell = pl.col(cells.name)
    if isinstance(cells.dtype, pl.List | pl.Array):
        cell = cell.cast(pl.List(pl.String)).list.join(",")
    return cell.cast(pl.String).str.head(_SHOWN)


def _refused(quarantine: pl.DataFrame, total: int, has_parts: bool) -> DataError:
    kinds = quarantine.group_by("reason").agg(pl.len().alias("count"), pl.all().first())
    listed = "; ".join(
        f"{kind['reason']} ({kind['count']}, first in row {kind['row']}"
        + (f" of {kind['file']}" if has_parts else "")
        + (f", column {kind['column']!r}" if kind["column"] else "")
        + ("" if kind["cell"] is None else f", which holds {kind['cell'][:40]!r}")
        + ")"
        for kind in kinds.sort("count", "row", descending=[True, False]).iter_rows(named=True)
    )
    hint = _RATINGS if (kinds["reason"] == NO_LABEL).any() else ""
    return DataError(
        f"{quarantine.height} of {total} rows are malformed, more than {TOLERATED:.0%}: {listed}. "
        f"Check that the settings name the right columns and time unit, or repair these rows.{hint}"
    )
