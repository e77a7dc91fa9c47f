"""Files with a checksum beside them: one list for a folder, written before the file that it is of.

The list has the checksum of the file that is there and that of the next one, so that it holds at any instant.
"""

import json
from contextlib import suppress
from pathlib import Path

from freshrec.errors import CorruptError
from freshrec.files.reading import exists, sha256
from freshrec.files.staging import make_folder, write_bytes

__all__ = ["CHECKSUMS", "read_checked", "write_checked"]

CHECKSUMS = "checksums.json"
"""The list of a folder: the name of each file, and the SHA-256 that it may have."""


def write_checked(path: Path, data: bytes) -> None:
    """Write a file whole and durably in place of what was there, so that `read_checked` reads it.

    Who calls it is the only one to write to the folder, which is made if it is not there.

    Raises:
        OutputError: the file cannot be written; what was there before is unchanged.
        CorruptError: the folder's list of checksums is damaged.
    """
    make_folder(path.parent)
    listed, digests = _listed(path.parent), [sha256(data)]
    with suppress(FileNotFoundError):
        before = sha256(path.read_bytes())
        digests += [before] if before in listed.get(path.name, []) and before not in digests else []
    if listed.get(path.name) != digests:
        content = {**listed, path.name: digests}
        write_bytes(path.parent / CHECKSUMS, json.dumps(content, indent=1, sort_keys=True).encode() + b"\n")
    write_bytes(path, data)


def read_checked(path: Path) -> bytes:
    """The bytes of a file, after checking that `write_checked` wrote them.

    Raises:
        CorruptError: the file or the list of checksums is missing, unreadable, or damaged.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CorruptError(
            f"cannot read {path}: {error.strerror}. Restore the file, or make the folder anew."
        ) from error
    if sha256(data) not in _listed(path.parent).get(path.name, []):
        raise CorruptError(
            f"{path} is not as it was written: {CHECKSUMS} has another SHA-256. Restore it, or make the folder anew."
        )
    return data


def _listed(folder: Path) -> dict[str, list[str]]:
    path = folder / CHECKSUMS
    if not exists(path):
        return {}
    try:
        listed = json.loads(path.read_bytes())
        return {str(name): [str(digest) for digest in digests] for name, digests in listed.items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise CorruptError(f"cannot read {path} ({error!r}). Restore it, or make the folder anew.") from error
