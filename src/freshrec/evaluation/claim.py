"""A folder belongs to one configuration, which is written into it, and to one process at a time."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from freshrec.errors import CorruptError, OutputError
from freshrec.evaluation.identity import differences
from freshrec.files import exists, locked, make_folder, sha256, write_bytes

__all__ = ["begin_folder", "claimed", "write_configuration"]

NAME = "config.json"
SEAL = "sha256"
"""Where a configuration has the checksum of the rest of it."""


@contextmanager
def claimed(
    out: Path,
    config: Mapping[str, Any],
    kind: str,
    written: Sequence[str],
    differing: Callable[[Any, Any], Iterable[str]] = differences,
) -> Iterator[Mapping[str, Any]]:
    """Hold `out` as the folder of a configuration: no other process may, and `config.json` in it has to agree.

    Args:
        out: the folder; it is made if it is not there.
        config: JSON.
        kind: what is made in it, as messages call it.
        written: names of what will be written, which must not be there before.
        differing: the paths of what must not differ between the configuration that is there and the new one.

    Yields:
        The configuration that was there before; the new one where there was none.

    Raises:
        OutputError: `out` cannot be written, holds files of these names already, belongs to another configuration, or
            another process holds it.
        CorruptError: `config.json` in it is no longer as it was written.
    """
    path = out / NAME
    config = json.loads(json.dumps(config))
    if not exists(path):
        begin_folder(out, NAME, f"a {kind}", written)
    with locked(out, written):
        if not exists(path):
            begin_folder(out, NAME, f"a {kind}", written)
            write_configuration(out, config)
            yield config
            return
        try:
            theirs = json.loads(path.read_bytes())
            seal = theirs.pop(SEAL, None)
            found = sorted(set(differing(theirs, config)))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise OutputError(
                f"cannot read {path} ({error!r}), which says what {out} holds. Choose another folder."
            ) from error
        if found:
            raise OutputError(
                f"{out} holds a {kind} that differs in {', '.join(found)}; to continue it, data, settings and "
                f"versions must be those in {path}. Choose another folder, or go back to those."
            )
        if seal != _seal(theirs):
            raise CorruptError(f"{path} is not as it was written. Restore it, or choose another folder.")
        yield theirs


def write_configuration(out: Path, config: Mapping[str, Any]) -> None:
    """Write `config.json` in place of the one before.

    Raises:
        OutputError: `out` cannot be written.
    """
    sealed = {**config, SEAL: _seal(config)}
    write_bytes(out / NAME, json.dumps(sealed, indent=2, sort_keys=True).encode() + b"\n")


def _seal(config: Mapping[str, Any]) -> str:
    return sha256(json.dumps(config, sort_keys=True).encode())


def begin_folder(out: Path, note: str, whose: str, written: Sequence[str]) -> None:
    """Make a folder that nothing is in yet of what will be written.

    Args:
        out: the folder; it may be there.
        note: the file that would say whose the others are.
        whose: what is made in it, as messages call it.
        written: names of what will be written.

    Raises:
        OutputError: `out` cannot be made, or holds one of the names.
    """
    others = [name for name in written if exists(out / name)]
    if others:
        raise OutputError(
            f"{out} holds {', '.join(others)}, but no {note} that says they are {whose}'s; they would be written over. "
            "Choose another folder, or move them away."
        )
    make_folder(out)
