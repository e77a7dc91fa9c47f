"""The prepared folder: a stream on disk, read back a period at a time, every file checked."""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy.typing as npt
import polars as pl

from freshrec.data.array_file import map_arrays
from freshrec.data.file_names import MANIFEST, NEWEST, POSITIVES, RUN, SAMPLES, VALUES, WAITING
from freshrec.data.manifest import FORMAT, begin_chain, load_schema, seal
from freshrec.data.period_files import NUMBER, fields_of_arrays, read_samples, running_of_arrays
from freshrec.data.samples import Samples
from freshrec.data.schema import Schema
from freshrec.data.settings import StreamSettings
from freshrec.data.sorted_runs import Run, SortedRuns, Span
from freshrec.data.state import Positives, State
from freshrec.data.turnover import RECENT_PERIODS, Turnover
from freshrec.data.values import Values
from freshrec.data.vocabulary import Vocabulary
from freshrec.errors import CorruptError, DataError
from freshrec.files import read_verified, verify

__all__ = ["PreparedFolder"]

T = TypeVar("T")


@dataclass(frozen=True)
class PreparedFolder:
    """A folder that `prepare` wrote.

    Attributes:
        path: the folder.
        manifest: what it holds.
        schema: table sizes, columns and history length.
        vocabulary: raw values of the ids, mapped from their files.
    """

    path: Path
    manifest: Mapping[str, Any]
    schema: Schema
    vocabulary: Vocabulary

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read all but the periods.

        Raises:
            DataError: the folder is not a prepared one, or of another format.
            CorruptError: a file is not as it was written.
        """
        manifest = _read_manifest(path)
        return cls(path, manifest, load_schema(manifest), _vocabulary(path, manifest))

    def samples(self, number: int) -> Samples:
        """The samples of period `number`, counted from 1.

        Raises:
            CorruptError: the period's files are not as they were written.
        """
        columns = self._frame(SAMPLES.format(number=number))
        lineage = tuple(period["chain"] for period in self.manifest["periods"][:number])
        return replace(read_samples(self.schema, columns, self.positives(number)), lineage=lineage)

    def positives(self, number: int) -> Positives:
        """The positives of the users of period `number`, counted from 1, mapped from their file.

        Raises:
            CorruptError: the file is not as it was written.
        """
        arrays = self._arrays(POSITIVES.format(number=number))
        return Positives(arrays["user"], arrays["begin"], arrays["item"], fields_of_arrays(arrays))

    def all_samples(self) -> Mapping[int, Samples]:
        """The samples of each period by its number, read when they are asked for."""
        return _OfPeriods(len(self.manifest["periods"]), self.samples)

    def all_positives(self) -> Mapping[int, Positives]:
        """The positives of each period by its number, mapped when they are asked for."""
        return _OfPeriods(len(self.manifest["periods"]), self.positives)

    def state(self) -> State:
        """The state after the last period.

        Raises:
            CorruptError: a file is not as it was written.
        """
        manifest, held = self.manifest, self.manifest["state"]
        periods, waiting = manifest["periods"], WAITING.format(number=len(manifest["steps"]))
        newest = self._arrays(NEWEST.format(number=len(periods)))
        settings = StreamSettings.model_validate(manifest["settings"])
        return State(
            settings=settings,
            labels=self.schema.labels,
            several=self.schema.several,
            time_form=held["time_form"],
            ends=tuple(period["end"] for period in periods),
            watermark=held["watermark"],
            is_complete=held["is_complete"],
            waiting=self._frame(waiting),
            vocabulary=self.vocabulary,
            newest_period=newest["period"],
            item_values=fields_of_arrays(newest),
            item_numbers={
                name.removeprefix(NUMBER): column for name, column in newest.items() if name.startswith(NUMBER)
            },
            running=running_of_arrays(newest),
            had=_runs(self.path, manifest, "had"),
            turnover=Turnover(tuple(period["known"] for period in periods[-RECENT_PERIODS:]), tuple(held["top_items"])),
            chains=tuple(period["chain"] for period in periods),
            beginning=begin_chain(settings, self.schema.labels, self.schema.several),
            positives=self.all_positives(),
            samples=self.all_samples(),
        )

    def _frame(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(io.BytesIO(read_verified(self.path / name, _digest(self.path, self.manifest, name))))

    def _arrays(self, name: str) -> dict[str, npt.NDArray[Any]]:
        return map_arrays(self.path / name, _digest(self.path, self.manifest, name))


class _OfPeriods(Mapping[int, T]):
    """What is read of each period when it is asked for."""

    def __init__(self, count: int, read: Callable[[int], T]) -> None:
        self._count, self._read = count, read

    def __getitem__(self, number: int) -> T:
        return self._read(number)

    def __iter__(self) -> Iterator[int]:
        return iter(range(1, self._count + 1))

    def __len__(self) -> int:
        return self._count


def _read_manifest(path: Path) -> dict[str, Any]:
    file = path / MANIFEST
    if not file.is_file():
        what = "has no manifest.json" if path.is_dir() else "is not a folder" if path.exists() else "does not exist"
        raise DataError(f"{path} {what}. Give a folder that `freshrec prepare` wrote, or prepare the log first.")
    try:
        manifest = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise CorruptError(f"cannot read {file}: {error}. Restore it, or prepare the log anew.") from error
    if not isinstance(manifest, dict) or not str(manifest.get("format")).startswith("freshrec-stream-"):
        raise DataError(
            f"{file} is not the manifest of a prepared stream. Give a folder that `freshrec prepare` wrote."
        )
    if manifest["format"] != FORMAT:
        raise DataError(
            f"{path} has format {manifest['format']!r}; this freshrec reads {FORMAT!r}. "
            "Prepare the log anew, or use the freshrec that prepared it."
        )
    if manifest.get("seal") != seal(manifest)["seal"]:
        raise CorruptError(
            f"{file} is not as it was written: its seal does not match. Restore it, or prepare the log anew."
        )
    return manifest


def _digest(path: Path, manifest: Mapping[str, Any], name: str) -> str:
    if name not in manifest["files"]:
        raise CorruptError(f"{path / MANIFEST} does not list {name}. Restore it, or prepare the log anew.")
    digest: str = manifest["files"][name]
    return digest


def _vocabulary(path: Path, manifest: Mapping[str, Any]) -> Vocabulary:
    """All raw values and their index, mapped; a file holds those of all tables that some periods brought."""
    index, periods = _runs(path, manifest, "index"), manifest["periods"]
    series: dict[str, list[pl.Series]] = {table: [] for table in sorted(manifest["schema"]["rows"])}
    for span in index.spans:
        name = VALUES.format(span=span.name)
        verify(path / name, _digest(path, manifest, name))
        values, begin = pl.read_ipc(path / name, columns=["value"])["value"], 0
        for table, parts in series.items():
            earlier = periods[span.first - 2]["known"][table] if span.first > 1 else 0
            count = periods[span.last - 1]["known"][table] - earlier
            parts.append(values[begin : begin + count])
            begin += count
    none = pl.Series(dtype=pl.String)
    values_of = {table: Values(pl.concat(parts, rechunk=False) if parts else none) for table, parts in series.items()}
    return Vocabulary(values_of, tuple(manifest["settings"]["null_values"]), index)


def _runs(path: Path, manifest: Mapping[str, Any], kind: str) -> SortedRuns:
    runs = []
    for first, last, size in manifest["state"][kind]:
        span = Span(first, last, size)
        name = RUN.format(kind=kind, span=span.name)
        arrays = map_arrays(path / name, _digest(path, manifest, name))
        runs.append(Run(span, arrays["key"], arrays.get("payload")))
    return SortedRuns(tuple(runs))
