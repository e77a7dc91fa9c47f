"""A log bigger than memory, as chunks in the order of time, each as large as memory allows.

Its Parquet files are read part by part. The parsed rows of each part are written to the disk by time, and read back one
stretch of time after another.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from freshrec.data.log import Log, interactions_of
from freshrec.data.log_files import LogFile, find_log_files
from freshrec.data.log_table import open_table
from freshrec.data.periods import ends_of_shares
from freshrec.data.quarantine import check_tolerated, parse_rows
from freshrec.data.roles import roles_of
from freshrec.data.schema import Labels
from freshrec.data.settings import StreamSettings, TimeUnit
from freshrec.data.source import Raw, Source, check_columns, paths_of
from freshrec.data.time_choice import is_typical
from freshrec.data.time_forms import NUMBERS
from freshrec.data.times import parse_time
from freshrec.errors import DataError

__all__ = ["CHUNK_ROWS", "ChunkedLog"]

CHUNK_ROWS = 3_000_000
"""Rows that are in memory at a time; a log with more is read in chunks."""

_SAMPLE = 1_000_000
"""Times that the form of times and the borders of chunks are found by; of a log with fewer rows, all."""


@dataclass(frozen=True)
class ChunkedLog:
    """The rows of a large log on the disk, by time.

    Attributes:
        folder: where they are; it can be removed once the log was read.
        borders: int64 [K - 1], ascending, where the 2nd to the Kth chunk begins.
        parsed: what `Log` says of the whole log, without cells.
        ends: when each period ends, where `periods` is set; otherwise None.
    """

    folder: Path
    borders: npt.NDArray[np.int64]
    parsed: Log
    ends: tuple[int, ...] | None

    @classmethod
    def of(cls, source: Source, settings: StreamSettings, folder: Path, chunk_rows: int) -> "ChunkedLog | None":
        """Write the rows of a large log to the disk; None where the log is to be read at once.

        It is where it has no more than `chunk_rows` rows, is not in Parquet files of the same types, its times are text
        of which no unit is given, or its settings take all rows together (paper negatives).

        Args:
            source: the log.
            settings: how it is prepared.
            folder: an empty folder.
            chunk_rows: about how many rows a chunk has.

        Raises:
            DataError: the log cannot be read, or more of its rows are malformed than tolerated.
        """
        files = _large(source, settings, chunk_rows)
        if not files:
            return None
        first = open_table(files[0][0])
        roles = roles_of(first.names, settings, str(first.file.path))
        for file, _ in files:
            check_columns(open_table(file), first, roles, settings)
        parts = [(file, begin) for file, rows in files for begin in range(0, rows, chunk_rows)]
        total = sum(rows for _, rows in files)
        sample = _times(parts, roles["time"], chunk_rows, -(-total // _SAMPLE))
        found = parse_time(sample, roles["time"], settings.time_unit, settings.null_values)
        times = found.value.filter(found.reason.is_null())
        chosen, is_found = settings, False
        if settings.time_unit == "auto":
            unit: TimeUnit = next((form for form in NUMBERS if form == found.form), "us")
            chosen, is_found = settings.model_copy(update={"time_unit": unit}), is_typical(times)
        count = -(-total // chunk_rows)
        borders = np.unique(np.quantile(times.to_numpy(), np.arange(1, count) / count, method="lower"))
        quarantine = []
        for number, (file, begin) in enumerate(parts):
            cells = open_table(file, rows=chunk_rows, first=begin).read(roles)
            raw = Raw(cells, roles, ((file.name, cells.height),), "Parquet")
            rows = parse_rows(raw, chosen, has_found_times=is_found)
            quarantine.append(rows.quarantine.with_columns(pl.col("row") + begin))
            _spill(rows.cells, borders, folder, number)
        malformed = pl.concat(quarantine)
        check_tolerated(malformed, total, has_parts=len(files) > 1)
        log = find_log_files(paths_of(source) or [])
        inferred: dict[str, Any] = {"format": "Parquet", "parts": len(log.files), "delimiters": []}
        inferred["ignored"] = [path.name for path in log.ignored]
        several = frozenset(
            role.removeprefix("field:")
            for role in roles
            if role.startswith("field:")
            and (settings.separator is not None or isinstance(cells[role].dtype, pl.List | pl.Array))
        )
        parsed = Log(pl.DataFrame(), several, "label" in roles, total, malformed, found.form, inferred)
        chunked = cls(folder, borders, parsed, None)
        return chunked if settings.periods is None else cls(folder, borders, parsed, chunked._shares(settings))

    def labels(self, settings: StreamSettings) -> Labels:
        """Who says what was not liked, for the whole log."""
        if not self.parsed.has_labels:
            return "implicit"
        kinds = (interactions_of(chunk, settings).labels for chunk in self.chunks() if chunk["label"].min() == 0)
        return "explicit" if "explicit" in kinds else "implicit"

    def logs(self) -> Iterator[Log]:
        """The chunks as logs; the first one has the malformed rows of all."""
        quarantine = self.parsed.quarantine
        for cells in self.chunks():
            yield replace(self.parsed, cells=cells, size=cells.height + quarantine.height, quarantine=quarantine)
            quarantine = quarantine.clear()

    @property
    def numbers(self) -> list[int]:
        """The numbers of the chunks that hold rows, ascending."""
        return sorted({int(path.name[:5]) for path in self.folder.glob("*.arrow")})

    def chunks(self) -> Iterator[pl.DataFrame]:
        """The well-formed rows of each chunk, as `Log.cells`, one stretch of time after another."""
        for number in self.numbers:
            yield pl.concat(pl.read_ipc(path) for path in sorted(self.folder.glob(f"{number:05d}_*.arrow")))

    def _shares(self, settings: StreamSettings) -> tuple[int, ...]:
        """When each of the periods of equal count ends."""
        times = [np.sort(interactions_of(chunk, settings).rows["time"].to_numpy()) for chunk in self.chunks()]
        return ends_of_shares(np.concatenate(times), settings)


def _large(source: Source, settings: StreamSettings, chunk_rows: int) -> list[tuple[LogFile, int]]:
    """The files of a log that is to be read in chunks, and the number of rows of each; none of any other log."""
    paths = paths_of(source)
    if paths is None or settings.negatives == "paper" or settings.delimiter is not None:
        return []
    files = find_log_files(paths).files
    if files[0].format.kind != "Parquet":
        return []
    try:
        schemas = [pl.scan_parquet(file.path, hive_partitioning=False, glob=False).collect_schema() for file in files]
        counts = [pl.scan_parquet(file.path, glob=False).select(pl.len()).collect().item() for file in files]
    except (OSError, pl.exceptions.PolarsError):
        return []  # reading it at once tells what is wrong
    time = schemas[0].get(settings.time_column)
    is_alike = all(schema == schemas[0] for schema in schemas)
    is_text = time is None or (settings.time_unit == "auto" and not (time.is_numeric() or time.is_temporal()))
    if not is_alike or is_text or sum(counts) <= chunk_rows:
        return []
    return list(zip(files, counts, strict=True))


def _times(parts: list[tuple[LogFile, int]], column: str, chunk_rows: int, step: int) -> pl.Series:
    """The time cells of every `step`-th row of each part."""
    read = (open_table(file, rows=chunk_rows, first=begin).read({"time": column})["time"] for file, begin in parts)
    return pl.concat(cells.gather_every(step) for cells in read)


def _spill(cells: pl.DataFrame, borders: npt.NDArray[np.int64], folder: Path, number: int) -> None:
    """Write the rows of a part, those of each chunk into a file of their own."""
    if "label" not in cells.columns:
        cells = cells.with_columns(pl.lit(1, pl.Int8).alias("label"))
    chunk = np.searchsorted(borders, cells["time"].to_numpy(), side="right")
    for each in np.unique(chunk):
        path = folder / f"{each:05d}_{number:06d}.arrow"
        try:
            cells.filter(pl.Series(chunk == each)).write_ipc(path, compression="lz4")
        except (OSError, pl.exceptions.PolarsError) as error:
            raise DataError(f"cannot write {path}: {error}. Choose a folder on a disk with more space.") from error
