"""Preparing a log: its stream on disk, which appears whole or not at all, and grows by whole steps."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from freshrec.data.array_file import write_arrays
from freshrec.data.datasets import Dataset, describe_published
from freshrec.data.file_names import (
    LATE,
    MANIFEST,
    NEWEST,
    POSITIVES,
    QUARANTINE,
    RUN,
    SAMPLES,
    VALUES,
    WAITING,
    is_ours,
)
from freshrec.data.folder import PreparedFolder
from freshrec.data.manifest import build_manifest, seal
from freshrec.data.period_files import NUMBER, arrays_of_fields, arrays_of_running, frame_of
from freshrec.data.settings import StreamSettings
from freshrec.data.sorted_runs import SortedRuns, Span
from freshrec.data.source import Source
from freshrec.data.state import State
from freshrec.data.step import PreparedPeriod, Step
from freshrec.data.stream import Stream
from freshrec.errors import ConfigError
from freshrec.files import locked, staged_folder, write_bytes
from freshrec.progress import Progress, Silent

__all__ = ["prepare"]


def prepare(
    source: Source,
    out: Path | str,
    settings: StreamSettings | None = None,
    progress: Progress | None = None,
    *,
    dataset: Dataset | None = None,
    append: bool = False,
    finished: bool = True,
) -> Stream:
    """Write a log's stream into a new folder, a period at a time, and open it; or add rows to a prepared one.

    Periods that rows are added to a folder in any number of steps for, are what they are when all rows are prepared at
    once, byte for byte. Files of earlier periods stay as they are. The folder is changed by the last write of a step;
    one that is killed before leaves the folder as it was.

    Args:
        source: a path or several, of files (Parquet, CSV, TSV, JSON lines), folders of them or patterns such as
            `log/*.parquet`; or a polars, pandas, pyarrow or duckdb frame, also a lazy one.
        out: the folder to make, or to add to.
        settings: how; where left out the defaults, or those of the folder.
        progress: hears of each period.
        dataset: the data set known by name that the log is, if it is one; the manifest then keeps, as `published`,
            where it is from and its published counts beside those found. The stream and its hash are the same.
        append: add the rows to the folder `out`, which must be there; otherwise it must not.
        finished: whether no more rows are to come for the last period. Where more are to come, the rows of periods that
            are not over wait in the folder for the next step.

    Raises:
        ConfigError: `settings` differ from those of the folder, or rows cannot be added to it.
        DataError: the log cannot be used as it is; the message says what to do.
        OutputError: `out` exists already, or cannot be written, or another process writes to it.
        CorruptError: a file of the folder is not as it was written.
    """
    out, progress = Path(out), progress or Silent()
    if append:
        folder = PreparedFolder.open(out)
        with locked(out):
            folder = PreparedFolder.open(out)
            state = folder.state()
            _check_same(settings, state.settings, out)
            _remove_unnamed(folder)
            _write_step(out, source, state, folder.manifest, progress, finished=finished)
    else:
        with staged_folder(out) as staged:
            state = State(settings or StreamSettings())
            _write_step(staged, source, state, {}, progress, finished=finished, dataset=dataset)
    return Stream.open(out)


def _write_step(
    folder: Path,
    source: Source,
    state: State,
    before: Mapping[str, Any],
    progress: Progress,
    *,
    finished: bool,
    dataset: Dataset | None = None,
) -> None:
    progress.overall("read the log", 0, 1)
    step = Step(source, state, finished=finished)
    files = {name: digest for name, digest in before.get("files", {}).items() if name.startswith(("period_", "step_"))}
    entries, steps = list(before.get("periods", ())), [*before.get("steps", ()), step.accounts.entry()]
    for place, period in enumerate(step):
        progress.overall(f"period {period.number}", place, len(step.numbers))
        _write_period(folder, period, files)
        entries.append(period.entry)
    after = step.after({})
    _write_rows(folder, QUARANTINE.format(number=len(steps)), step.quarantine, files)
    if step.late.height:
        _write_rows(folder, LATE.format(number=len(steps)), step.late, files)
    files.pop(WAITING.format(number=len(steps) - 1), None)
    _write_rows(folder, WAITING.format(number=len(steps)), after.waiting, files)
    _write_state(folder, after, entries, before.get("files", {}), files)
    described = {
        "time_form": after.time_form,
        "watermark": after.watermark,
        "is_complete": after.is_complete,
        "top_items": list(after.turnover.top),
        "index": _listed(after.vocabulary.index or SortedRuns()),
        "had": _listed(after.had),
    }
    manifest = build_manifest(state.settings, step.schema, steps, entries, after.chain)
    manifest |= {"state": described, "files": files}
    if dataset is not None:
        manifest["published"] = describe_published(dataset, manifest)
    elif "published" in before:
        manifest["published"] = before["published"]
    write_bytes(folder / MANIFEST, (json.dumps(seal(manifest), indent=1, sort_keys=True) + "\n").encode())
    progress.overall("prepared", len(step.numbers), len(step.numbers))


def _write_period(folder: Path, period: PreparedPeriod, files: dict[str, str]) -> None:
    _write_rows(folder, SAMPLES.format(number=period.number), frame_of(period.samples), files)
    positives, name = period.positives, POSITIVES.format(number=period.number)
    arrays: dict[str, Any] = {"user": positives.user, "begin": positives.begin, "item": positives.item}
    files[name] = write_arrays(folder / name, arrays | arrays_of_fields(positives.fields))


def _write_rows(folder: Path, name: str, frame: pl.DataFrame, files: dict[str, str]) -> None:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", compression_level=1, statistics=False)
    files[name] = write_bytes(folder / name, buffer.getvalue())


def _write_state(
    folder: Path, state: State, periods: list[Mapping[str, Any]], held: Mapping[str, str], files: dict[str, str]
) -> None:
    """Write what later periods depend on, where the folder does not hold it yet."""
    newest = NEWEST.format(number=len(periods))
    arrays: dict[str, Any] = {"period": state.newest_period, **arrays_of_fields(state.item_values)}
    arrays |= {f"{NUMBER}{name}": column for name, column in state.item_numbers.items()}
    arrays |= arrays_of_running(state.running)
    files[newest] = held.get(newest) or write_arrays(folder / newest, arrays)
    for kind, runs in (("index", state.vocabulary.index or SortedRuns()), ("had", state.had)):
        for run in runs.runs:
            name, payload = RUN.format(kind=kind, span=run.span.name), run.payload
            keys: dict[str, Any] = {"key": run.key} | ({} if payload is None else {"payload": payload})
            files[name] = held.get(name) or write_arrays(folder / name, keys)
            if kind == "index":
                name = VALUES.format(span=run.span.name)
                files[name] = held.get(name) or _write_values(folder / name, state, periods, run.span)


def _write_values(path: Path, state: State, periods: list[Mapping[str, Any]], span: Span) -> str:
    earlier = periods[span.first - 2]["known"] if span.first > 1 else {}
    frames = []
    for table, count in sorted(periods[span.last - 1]["known"].items()):
        values = state.vocabulary.between(table, earlier.get(table, 0), count)
        frames.append(pl.DataFrame({"value": values}).select(pl.lit(table).alias("table"), "value"))
    buffer = io.BytesIO()
    pl.concat(frames).rechunk().write_ipc(buffer, compression="uncompressed")
    return write_bytes(path, buffer.getvalue())


def _listed(runs: SortedRuns) -> list[list[int]]:
    return [[span.first, span.last, span.size] for span in runs.spans]


def _check_same(wanted: StreamSettings | None, held: StreamSettings, out: Path) -> None:
    if wanted is None:
        return
    found = held.model_dump(mode="json")
    for name, value in {**wanted.model_dump(mode="json"), "exclude": wanted.exclusion}.items():
        if name != "name" and value != found[name]:
            raise ConfigError(
                f"{name} is {value!r}, but {out} was prepared with {found[name]!r}. Leave it out to add rows to the "
                "folder as it is, or prepare all rows anew."
            )


def _remove_unnamed(folder: PreparedFolder) -> None:
    """Remove files that an earlier step replaced, or that one which was killed left behind."""
    for file in folder.path.iterdir():
        if is_ours(file.name) and file.name not in folder.manifest["files"]:
            file.unlink(missing_ok=True)
