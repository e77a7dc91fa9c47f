"""Measurements of the test periods on disk: one Parquet file for each run and period, with all methods."""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeAlias

import numpy as np
import polars as pl

from freshrec.errors import CorruptError
from freshrec.evaluation.results import Result
from freshrec.files import exists, read_checked, write_checked
from freshrec.statistics import ALL, Measurement

__all__ = ["FOLDER", "NO_MEASUREMENTS", "Measurements", "write_measurements"]

FOLDER = "measurements"
SCHEMA: Mapping[str, pl.DataType] = {
    "run": pl.Int32(),
    "period": pl.Int32(),
    "method": pl.String(),
    "slice": pl.String(),
    "metric": pl.String(),
    "samples": pl.Int64(),
    "value": pl.Float64(),
    "replicates": pl.List(pl.Float64()),
}
Place: TypeAlias = tuple[int, int]
"""A run, and a scored period."""


def write_measurements(out: Path, run: int, period: int, methods: Mapping[str, Iterable[Measurement]]) -> None:
    """Write the measurements of one scored period to `out/measurements`, next to those of other methods.

    The file appears whole or not at all. What it has of the same methods is replaced.

    Args:
        out: the comparison's folder.
        run: number of the seeded run, counted from 0.
        period: number of the scored period.
        methods: the measurements by method.

    Raises:
        OutputError: the file cannot be written; what was there before is unchanged.
        CorruptError: the file is there, but is not one of these.
    """
    path = out / FOLDER / f"run_{run}_period_{period:05d}.parquet"
    rows = [
        (run, period, method, each.slice, each.metric, each.samples, each.value, each.replicates.tolist())
        for method, measurements in methods.items()
        for each in measurements
    ]
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    if exists(path):
        frame = pl.concat([_read(path).filter(~pl.col("method").is_in(list(methods))), frame])
    data = io.BytesIO()
    frame.write_parquet(data)
    write_checked(path, data.getvalue())


@dataclass(frozen=True)
class Measurements:
    """The measurements of a comparison.

    Attributes:
        values: (method, slice, metric) to (run, scored period) to the measurement.
    """

    values: Mapping[tuple[str, str, str], Mapping[Place, Measurement]]

    @classmethod
    def read(cls, out: Path) -> Self:
        """Read what `write_measurements` wrote to `out`.

        Raises:
            CorruptError: a file is not one of these.
        """
        values: dict[tuple[str, str, str], dict[Place, Measurement]] = {}
        for path in sorted((out / FOLDER).glob("*.parquet")):
            for run, period, method, name, metric, samples, value, replicates in _read(path).iter_rows():
                each = Measurement(name, metric, samples, value, np.array(replicates, np.float64))
                values.setdefault((method, each.slice, each.metric), {})[run, period] = each
        return cls(values)

    def of(self, method: str, slice_name: str, metric: str) -> Mapping[Place, Measurement]:
        """The measurements of a method by run and scored period; empty where there is none."""
        return self.values.get((method, slice_name, metric), {})

    def slices(self) -> list[str]:
        """The names of all slices, in the order in which they were measured."""
        return list(dict.fromkeys(name for _, name, _ in self.values))

    def check(self, results: Iterable[Result]) -> None:
        """Check that there are measurements of every test result, and that they are of the same scores.

        Raises:
            CorruptError: measurements are missing, or have another value.
        """
        for each in results:
            for metric, value in each.scores.items() if each.split == "test" else ():
                found = self.of(each.method, ALL, metric).get((each.run, each.scored_period))
                if found is None or found.value != value:
                    came = "lack" if found is None else "have another"
                    raise CorruptError(
                        f"the measurements {came} {metric} of {each.method} in run {each.run}, period "
                        f"{each.scored_period}. Restore the folder {FOLDER}, or compare in another folder."
                    )


NO_MEASUREMENTS = Measurements({})


def _read(path: Path) -> pl.DataFrame:
    try:
        frame = pl.read_parquet(io.BytesIO(read_checked(path)))
    except pl.exceptions.PolarsError as error:
        raise CorruptError(f"cannot read {path}: {error}. Restore it, or compare in another folder.") from error
    if dict(frame.schema) != SCHEMA:
        raise CorruptError(f"{path} does not hold measurements. Restore it, or compare in another folder.")
    return frame
