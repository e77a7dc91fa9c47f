"""Preparing a log: its stream on disk, which appears whole or not at all, and grows by whole steps."""

import shutil
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from freshrec.data.chunked_log import CHUNK_ROWS, ChunkedLog
from freshrec.data.datasets import Dataset
from freshrec.data.file_names import SPILL, is_ours
from freshrec.data.folder import PreparedFolder
from freshrec.data.folder_step import FolderStep
from freshrec.data.settings import StreamSettings
from freshrec.data.source import Source
from freshrec.data.state import State
from freshrec.data.step import read_rows, settings_after
from freshrec.data.stream import Stream
from freshrec.errors import ConfigError
from freshrec.files import locked, staged_folder
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
    chunk_rows: int = CHUNK_ROWS,
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
        chunk_rows: about how many rows are in memory at a time; Parquet files with more are read in chunks, which
            changes nothing but the memory that it takes.

    Raises:
        ConfigError: `settings` differ from those of the folder, or rows cannot be added to it.
        DataError: the log cannot be used as it is; the message says what to do.
        OutputError: `out` exists already, or cannot be written, or another process writes to it.
        CorruptError: a file of the folder is not as it was written.
    """
    out, progress = Path(out), progress or Silent()
    if not append:
        with staged_folder(out) as staged:
            step = FolderStep(staged, {}, progress)
            state = State(settings or StreamSettings())
            step.commit(_taken(step, source, state, staged, progress, chunk_rows, finished=finished), dataset)
    else:
        PreparedFolder.open(out)
        with locked(out):
            folder = PreparedFolder.open(out)
            state = folder.state()
            _check_same(settings, state.settings, out)
            _remove_unnamed(folder)
            step = FolderStep(out, folder.manifest, progress)
            step.commit(_taken(step, source, state, out, progress, chunk_rows, finished=finished))
    stream = Stream.open(out)
    progress.overall("prepared", len(stream.periods), len(stream.periods))
    return stream


def _taken(
    step: FolderStep,
    source: Source,
    state: State,
    folder: Path,
    progress: Progress,
    chunk_rows: int,
    *,
    finished: bool,
) -> State:
    """The state after all rows of a source, of which `chunk_rows` are in memory at a time."""
    progress.overall("read the log", 0, 1)
    with TemporaryDirectory(prefix=SPILL, dir=folder) as spill:
        chunked = ChunkedLog.of(source, settings_after(state), Path(spill), chunk_rows)
        if chunked is None:
            return step.take(read_rows(source, state), state, finished=finished)
        if state.labels is None:
            planned = chunked.ends or ()
            state = replace(state, labels=chunked.labels(state.settings), planned=planned)
        last = len(chunked.numbers) - 1
        for number, log in enumerate(chunked.logs()):
            state = step.take(log, state, finished=finished and number == last)
    return state


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
        if file.name.startswith(SPILL):
            shutil.rmtree(file, ignore_errors=True)
        elif is_ours(file.name) and file.name not in folder.manifest["files"]:
            file.unlink(missing_ok=True)
