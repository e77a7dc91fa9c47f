"""One step of a prepared folder: periods are written as they are finished, and the manifest commits all of them."""

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from freshrec.data.accounting import Accounts
from freshrec.data.array_file import write_arrays
from freshrec.data.datasets import Dataset, describe_published
from freshrec.data.file_names import LATE, MANIFEST, NEWEST, POSITIVES, QUARANTINE, RUN, SAMPLES, VALUES, WAITING
from freshrec.data.folder import PreparedFolder
from freshrec.data.log import Log
from freshrec.data.manifest import build_manifest, seal
from freshrec.data.period_files import NUMBER, arrays_of_fields, arrays_of_running, frame_of
from freshrec.data.schema import Schema
from freshrec.data.sorted_runs import SortedRuns, Span
from freshrec.data.state import State
from freshrec.data.step import PreparedPeriod, Step
from freshrec.files import write_bytes
from freshrec.progress import Progress

__all__ = ["FolderStep"]


class FolderStep:
    """Takes the chunks of a log one after another, and commits what they give.

    Args:
        folder: where files are written.
        before: the manifest of the folder; empty for a new one.
        progress: hears of each period.
    """

    def __init__(self, folder: Path, before: Mapping[str, Any], progress: Progress) -> None:
        self._folder, self._before, self._progress = folder, before, progress
        held = before.get("files", {})
        self._files = {name: held[name] for name in held if name.startswith(("period_", "step_"))}
        self._periods: list[Mapping[str, Any]] = list(before.get("periods", ()))
        self._accounts: list[Accounts] = []
        self._late: list[pl.DataFrame] = []
        self._quarantine = pl.DataFrame()
        self._schema: Schema | None = None

    def take(self, log: Log | None, state: State, *, finished: bool) -> State:
        """Write the periods that further rows finish, and give the next state; it reads them from the folder again.

        Args:
            log: the rows.
            state: the state before.
            finished: as for `Step`.

        Raises:
            DataError: the rows cannot be used as they are.
            OutputError: a file cannot be written.
        """
        step = Step(log, state, finished=finished)
        for place, period in enumerate(step):
            self._progress.overall(f"period {period.number}", place, len(step.numbers))
            self._write_period(period)
        self._accounts.append(step.accounts)
        self._late.append(step.late)
        if not self._quarantine.width:
            self._quarantine = step.quarantine
        self._schema, after = step.schema, step.after({})
        written = {"files": self._files, "periods": self._periods}
        folder = PreparedFolder(self._folder, written, step.schema, after.vocabulary)
        return replace(after, positives=folder.all_positives(), samples=folder.all_samples())

    def commit(self, state: State, dataset: Dataset | None = None) -> None:
        """Write the state and then the manifest, after which the folder holds the step.

        Args:
            state: after the last chunk.
            dataset: the data set that the log is, if it is one.

        Raises:
            OutputError: a file cannot be written.
        """
        files, steps = self._files, [*self._before.get("steps", ()), Accounts.joined(self._accounts).entry()]
        self._write_rows(QUARANTINE.format(number=len(steps)), self._quarantine)
        if late := [part for part in self._late if part.height]:
            self._write_rows(LATE.format(number=len(steps)), pl.concat(late))
        files.pop(WAITING.format(number=len(steps) - 1), None)
        self._write_rows(WAITING.format(number=len(steps)), state.waiting)
        index = state.vocabulary.index or SortedRuns()
        self._write_newest(state)
        self._write_runs("index", index)
        self._write_runs("had", state.had)
        for span in index.spans:
            self._write_values(state, span)
        described = {
            "time_form": state.time_form,
            "watermark": state.watermark,
            "is_complete": state.is_complete,
            "top_items": list(state.turnover.top),
            "index": _listed(index),
            "had": _listed(state.had),
        }
        schema = self._schema or Schema({})
        manifest = build_manifest(state.settings, schema, steps, self._periods, state.chain)
        manifest |= {"state": described, "files": files}
        if dataset is not None:
            manifest["published"] = describe_published(dataset, manifest)
        elif "published" in self._before:
            manifest["published"] = self._before["published"]
        data = (json.dumps(seal(manifest), indent=1, sort_keys=True) + "\n").encode()
        write_bytes(self._folder / MANIFEST, data)

    def _write_period(self, period: PreparedPeriod) -> None:
        self._write_rows(SAMPLES.format(number=period.number), frame_of(period.samples))
        positives = period.positives
        arrays: dict[str, Any] = {"user": positives.user, "begin": positives.begin, "item": positives.item}
        self._write_arrays(POSITIVES.format(number=period.number), arrays | arrays_of_fields(positives.fields))
        self._periods.append(period.entry)

    def _write_newest(self, state: State) -> None:
        arrays: dict[str, Any] = {"period": state.newest_period, **arrays_of_fields(state.item_values)}
        arrays |= {f"{NUMBER}{name}": column for name, column in state.item_numbers.items()}
        self._write_arrays(NEWEST.format(number=len(self._periods)), arrays | arrays_of_running(state.running))

    def _write_runs(self, kind: str, runs: SortedRuns) -> None:
        for run in runs.runs:
            arrays: dict[str, Any] = {"key": run.key} | ({} if run.payload is None else {"payload": run.payload})
            self._write_arrays(RUN.format(kind=kind, span=run.span.name), arrays)

    def _write_values(self, state: State, span: Span) -> None:
        """Write the raw values that the periods of a span brought, table by table, unless they are there."""
        name = VALUES.format(span=span.name)
        if self._is_held(name):
            return
        earlier = self._periods[span.first - 2]["known"] if span.first > 1 else {}
        frames = []
        for table, count in sorted(self._periods[span.last - 1]["known"].items()):
            values = state.vocabulary.between(table, earlier.get(table, 0), count)
            frames.append(pl.DataFrame({"value": values}).select(pl.lit(table).alias("table"), "value"))
        buffer = io.BytesIO()
        pl.concat(frames).rechunk().write_ipc(buffer, compression="uncompressed")
        self._files[name] = write_bytes(self._folder / name, buffer.getvalue())

    def _write_arrays(self, name: str, arrays: Mapping[str, Any]) -> None:
        if not self._is_held(name):
            self._files[name] = write_arrays(self._folder / name, arrays)

    def _write_rows(self, name: str, frame: pl.DataFrame) -> None:
        buffer = io.BytesIO()
        frame.write_parquet(buffer, compression="zstd", compression_level=1, statistics=False)
        self._files[name] = write_bytes(self._folder / name, buffer.getvalue())

    def _is_held(self, name: str) -> bool:
        """Whether the folder has held a file since before the step, whose content follows from its name."""
        held = self._before.get("files", {})
        if name in held:
            self._files[name] = held[name]
        return name in held


def _listed(runs: SortedRuns) -> list[list[int]]:
    return [[span.first, span.last, span.size] for span in runs.spans]
