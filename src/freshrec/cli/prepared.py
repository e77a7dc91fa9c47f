"""A log prepared once into a comparison's folder, and found there again when the same command continues."""

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from freshrec.cli.datasets import tell_counts
from freshrec.cli.labels import note_lacking_ids, note_unused_labels
from freshrec.cli.source import RawLog
from freshrec.errors import FreshrecError, OutputError
from freshrec.files import LOCK, exists, locked, make_folder, write_bytes
from freshrec.progress import Progress

if TYPE_CHECKING:
    from freshrec.data import Stream

__all__ = ["prepared_in", "stream_of"]


def stream_of(source: "RawLog | Stream", out: Path, progress: Progress) -> "Stream":
    """The stream itself, or that of a log, as `prepared_in` gives it; notes on stderr what may be wrong with the log.

    Raises:
        FreshrecError: as `prepared_in`.
    """
    stream = prepared_in(out, source, progress) if isinstance(source, RawLog) else source
    if isinstance(source, RawLog):
        tell_counts(source.dataset, stream, out / "prepared")
        note_unused_labels(source, stream)
    note_lacking_ids(stream)
    return stream


def prepared_in(out: Path, log: RawLog, progress: Progress) -> "Stream":
    """The stream of the log, from `out`/prepared; prepared now where it is not there yet.

    Raises:
        OutputError: `out` cannot be written, or holds another log or the same one prepared otherwise.
        DataError: the log cannot be used as it is.
        CorruptError: what was prepared before is no longer as it was written.
    """
    make_folder(out)
    with locked(out):
        return _prepared_once(out, log, progress)


def _prepared_once(out: Path, log: RawLog, progress: Progress) -> "Stream":
    from freshrec.data import Stream, prepare

    folder, note = out / "prepared", out / "prepared.json"
    wanted = {"source": log.identify(), "settings": log.settings.model_dump(mode="json")}
    if exists(folder):
        held = _read(note)
        if held is None:
            raise OutputError(f"{folder} exists, but {note} does not say what it holds. Choose another --out.")
        if held != wanted:
            raise OutputError(
                f"{out} holds data that differs in {_difference(held, wanted)}; the same log and settings were "
                "expected in order to continue. Choose another --out, or give what it was begun with."
            )
        return Stream.open(folder)
    write_bytes(note, json.dumps(wanted, indent=1, sort_keys=True).encode() + b"\n")
    try:
        return prepare(log.read(), folder, log.settings, progress, dataset=log.dataset)
    except FreshrecError:
        with suppress(OSError):  # The first error is the one to tell.
            note.unlink()
            _remove_if_empty(out)
        raise


def _remove_if_empty(out: Path) -> None:
    if [path.name for path in out.iterdir()] == [LOCK]:
        (out / LOCK).unlink()
        out.rmdir()


def _read(note: Path) -> dict[str, Any] | None:
    try:
        held = json.loads(note.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise OutputError(f"cannot read {note}: {error}. Choose another --out.") from error
    return held if isinstance(held, dict) else {}


def _difference(held: dict[str, Any], wanted: dict[str, Any]) -> str:
    """Names of the settings that differ, or the source."""
    before, now = held.get("settings"), wanted["settings"]
    if held.get("source") != wanted["source"] or not isinstance(before, dict):
        return "its source"
    return ", ".join(name for name in now if before.get(name) != now[name])
