"""Which version is served: one small file that is replaced whole."""

import json
from dataclasses import dataclass
from pathlib import Path

from freshrec.errors import CorruptError
from freshrec.files import write_bytes

__all__ = ["Pointer", "serve", "served", "version_folder"]

POINTER = "CURRENT"


@dataclass(frozen=True)
class Pointer:
    """The version that is served.

    Attributes:
        serving: the folder of all versions.
        version: which one.
        period: the newest period that was finished when it was chosen.
        pinned: whether it stays when later versions are published.
    """

    serving: Path
    version: int
    period: int
    pinned: bool = False

    @property
    def folder(self) -> Path:
        """Of the version."""
        return version_folder(self.serving, self.version)


def version_folder(serving: Path, version: int) -> Path:
    """The folder of a version."""
    return serving / f"{version:08d}"


def served(serving: Path) -> Pointer | None:
    """The version that is served; None where nothing was published.

    Raises:
        CorruptError: the pointer cannot be read.
    """
    path = serving / POINTER
    try:
        found = json.loads(path.read_bytes())
        return Pointer(serving, int(found["version"]), int(found["period"]), bool(found["pinned"]))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CorruptError(f"{path} is damaged ({error!r}). Write it anew with `freshrec rollback`.") from error


def serve(pointer: Pointer) -> None:
    """Serve a version from now on.

    Raises:
        OutputError: the pointer cannot be written; what was served before is still.
    """
    content = {"version": pointer.version, "period": pointer.period, "pinned": pointer.pinned}
    write_bytes(pointer.serving / POINTER, (json.dumps(content) + "\n").encode())
