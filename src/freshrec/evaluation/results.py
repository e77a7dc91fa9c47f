"""One scored period, and the file that holds all of them."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from freshrec.errors import CorruptError
from freshrec.files import write_bytes

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["COLUMNS", "Result", "Split", "csv_bytes", "csv_table", "read_results", "write_results"]

Split = Literal["warmup", "validation", "test"]


@dataclass(frozen=True)
class Result:
    """The model of one period, scored on the next.

    Attributes:
        dataset: the stream's name.
        method: the updater's name in the comparison.
        run: which seeded run, counted from 0.
        period: t, the last period that the model has seen.
        scored_period: t + 1.
        split: `warmup` and `validation` periods may inform choices; `test` periods are for reporting.
        samples: how many samples were scored.
        scores: the value of every metric by its name; None where it is undefined.
        update_seconds: wall time of the update that made the model, its share of common work included.
        serve_seconds: wall time to generate the serving parameters and score the period.
        diagnostics: what explains the score, by name: `steps`, the gradient steps of the shortest training in that
            update, and what the updater itself reports of its state.
    """

    dataset: str
    method: str
    run: int
    period: int
    scored_period: int
    split: Split
    samples: int
    scores: Mapping[str, float | None]
    update_seconds: float
    serve_seconds: float
    diagnostics: Mapping[str, float] = field(default_factory=dict)


COLUMNS = tuple(each.name for each in fields(Result) if each.name not in ("scores", "diagnostics"))
"""The columns of results.csv beside those of the metrics, which stand before the times, and of the diagnostics."""
FIRST, TIMES = COLUMNS[:-2], COLUMNS[-2:]
DIAGNOSTIC = "diagnostic."
"""What the names of the last columns begin with."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
"""How text begins that a spreadsheet takes for a formula; an apostrophe before it keeps it text."""


def write_results(path: Path, results: Iterable[Result]) -> None:
    """Write results.csv: one line a scored period, one column a metric, empty where it is undefined.

    Floats have all their digits. Metrics stand in the order of the first result; all results have the same. The last
    columns are the diagnostics that any result has, each empty for the others.

    Raises:
        OutputError: the file cannot be written; what was there before is unchanged.
    """
    results = list(results)
    metrics = tuple(results[0].scores) if results else ()
    diagnostics = tuple(dict.fromkeys(f"{DIAGNOSTIC}{name}" for each in results for name in each.diagnostics))
    rows = (
        {
            **dict.fromkeys(diagnostics),
            **vars(each),
            **each.scores,
            **{f"{DIAGNOSTIC}{name}": value for name, value in each.diagnostics.items()},
        }
        for each in results
    )
    write_bytes(path, csv_table((*FIRST, *metrics, *TIMES, *diagnostics), rows))


def csv_table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Rows as UTF-8 CSV with a header: floats with all their digits, None an empty cell.

    Text that a spreadsheet would take for a formula, such as a method called `=1+1`, has an apostrophe before it.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row[column]) for column in columns] for row in rows)
    return text.getvalue().encode()


def csv_bytes(kind: "type[DataclassInstance]", records: "Iterable[DataclassInstance]") -> bytes:
    """Flat dataclass records as `csv_table`, a column a field."""
    return csv_table([each.name for each in fields(kind)], map(vars, records))


def read_results(path: Path) -> list[Result]:
    """Read what `write_results` wrote, bit for bit, of names without control characters.

    Raises:
        CorruptError: the file is missing, or a line is not what `write_results` writes.
    """
    try:
        text = path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise CorruptError(f"cannot read {path}: {error}. Restore it, or run the comparison again.") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        diagnostics = [column for column in header if column.startswith(DIAGNOSTIC)]
        metrics = header[len(FIRST) : len(header) - len(TIMES) - len(diagnostics)]
        if header != [*FIRST, *metrics, *TIMES, *diagnostics] or len(set(header)) < len(header):
            expected = ", ".join((*FIRST, "one a metric", *TIMES, "diagnostics"))
            raise ValueError(f"the columns are {', '.join(header) or 'none'}, expected {expected}")
        return [_result(dict(zip(header, line, strict=True)), metrics, diagnostics) for line in reader]
    except (ValueError, csv.Error) as error:
        raise CorruptError(
            f"{path}, line {reader.line_num}: {error}. Restore the file, or run the comparison again."
        ) from error


def _cell(value: str | int | float | None) -> str:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA) else value
    return "" if value is None else repr(float(value)) if isinstance(value, float) else str(value)


def _text(cell: str) -> str:
    """What `_cell` wrote."""
    return cell.removeprefix("'")


def _result(line: Mapping[str, str], metrics: Sequence[str], diagnostics: Sequence[str]) -> Result:
    return Result(
        dataset=_text(line["dataset"]),
        method=_text(line["method"]),
        run=int(line["run"]),
        period=int(line["period"]),
        scored_period=int(line["scored_period"]),
        split=_split(line["split"]),
        samples=int(line["samples"]),
        scores={metric: float(line[metric]) if line[metric] else None for metric in metrics},
        update_seconds=float(line["update_seconds"]),
        serve_seconds=float(line["serve_seconds"]),
        diagnostics={name.removeprefix(DIAGNOSTIC): float(line[name]) for name in diagnostics if line[name]},
    )


def _split(text: str) -> Split:
    for split in get_args(Split):
        if text == split:
            return split  # type: ignore[no-any-return]
    raise ValueError(f"split is {text!r}, expected one of {', '.join(get_args(Split))}")
