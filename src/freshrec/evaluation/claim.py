"""A folder belongs to one configuration: what decides an outcome is written into it, and must not differ later."""

import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from freshrec.data import Stream
from freshrec.errors import OutputError
from freshrec.evaluation.splits import Splits
from freshrec.files import make_folder, write_bytes

__all__ = ["begin_folder", "claim_folder", "configuration"]

LIBRARIES = ("torch", "numpy", "polars")


def configuration(stream: Stream, settings: BaseModel, splits: Splits) -> dict[str, Any]:
    """All that decides an outcome, and the versions it is computed with."""
    libraries = {name: version(name) for name in LIBRARIES}
    return {
        "data": {"name": stream.name, "hash": stream.hash},
        "settings": settings.model_dump(mode="json"),
        "splits": splits.model_dump(mode="json"),
        "versions": {"freshrec": version("freshrec"), "python": platform.python_version(), **libraries},
    }


def claim_folder(out: Path, config: Mapping[str, Any], kind: str, written: Sequence[str]) -> None:
    """Make `out` the folder of a configuration, by its `config.json`, or see that it is.

    Args:
        out: the folder; it is made if it is not there.
        config: JSON.
        kind: what is made in it, as messages call it.
        written: names of what will be written, which must not be there before.

    Raises:
        OutputError: `out` cannot be written, holds files of these names already, or belongs to another configuration.
    """
    path = out / "config.json"
    text = json.dumps(config, indent=2, sort_keys=True).encode() + b"\n"
    if not path.exists():
        begin_folder(out, path.name, f"a {kind}", written)
        write_bytes(path, text)
        return
    try:
        theirs = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise OutputError(
            f"cannot read {path} ({error}), which says what {out} holds. Choose another folder."
        ) from error
    differing = sorted(_differences(theirs, json.loads(text)))
    if differing:
        raise OutputError(
            f"{out} holds a {kind} that differs in {', '.join(differing)}; to continue it, data, settings and "
            f"versions must be those in {path}. Choose another folder, or go back to those."
        )


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
    others = [name for name in written if (out / name).exists()]
    if others:
        raise OutputError(
            f"{out} holds {', '.join(others)}, but no {note} that says they are {whose}'s; they would be written over. "
            "Choose another folder, or move them away."
        )
    make_folder(out)


def _differences(theirs: Any, ours: Any, path: str = "") -> Iterator[str]:
    """Dotted paths of the values in which two JSON trees differ."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in theirs.keys() | ours.keys():
            yield from _differences(theirs.get(key), ours.get(key), f"{path}.{key}" if path else key)
    elif theirs != ours:
        yield path
