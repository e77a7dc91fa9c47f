"""One scored period, and the file that holds all of them."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from freshrec.errors import CorruptError
from freshrec.files import write_bytes

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["Result", "Split", "csv_bytes", "read_results", "write_results"]

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
        auc: area under the ROC curve in [0, 1]; None where all labels are equal and it is undefined.
        logloss: mean binary cross entropy in nats.
        update_seconds: wall time of the update that made the model, its share of common work included.
        serve_seconds: wall time to generate the serving parameters and score the period.
    """

    dataset: str
    method: str
    run: int
    period: int
    scored_period: int
    split: Split
    samples: int
    auc: float | None
    logloss: float
    update_seconds: float
    serve_seconds: float


COLUMNS = tuple(field.name for field in fields(Result))


def write_results(path: Path, results: Iterable[Result]) -> None:
    """Write results.csv: one line a scored period, floats with all their digits, `auc` empty where undefined.

    Raises:
        OutputError: the file cannot be written; what was there before is unchanged.
    """
    write_bytes(path, csv_bytes(Result, results))


def csv_bytes(kind: "type[DataclassInstance]", records: "Iterable[DataclassInstance]") -> bytes:
    """Flat dataclass records as UTF-8 CSV with a header: floats with all their digits, None an empty cell."""
    columns = [field.name for field in fields(kind)]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(getattr(record, column)) for column in columns] for record in records)
    return text.getvalue().encode()


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
        if tuple(header) != COLUMNS:
            raise ValueError(f"the columns are {', '.join(header) or 'none'}, expected {', '.join(COLUMNS)}")
        return [_result(dict(zip(COLUMNS, line, strict=True))) for line in reader]
    except (ValueError, csv.Error) as error:
        raise CorruptError(
            f"{path}, line {reader.line_num}: {error}. Restore the file, or run the comparison again."
        ) from error


def _cell(value: str | int | float | None) -> str:
    return "" if value is None else repr(float(value)) if isinstance(value, float) else str(value)


def _split(text: str) -> str:
    if text not in get_args(Split):
        raise ValueError(f"split is {text!r}, expected one of {', '.join(get_args(Split))}")
    return text


def _optional(text: str) -> float | None:
    return float(text) if text else None


READERS: Mapping[str, Callable[[str], Any]] = {
    "dataset": str,
    "method": str,
    "run": int,
    "period": int,
    "scored_period": int,
    "split": _split,
    "samples": int,
    "auc": _optional,
    "logloss": float,
    "update_seconds": float,
    "serve_seconds": float,
}


def _result(line: Mapping[str, str]) -> Result:
    return Result(**{column: READERS[column](line[column]) for column in COLUMNS})
