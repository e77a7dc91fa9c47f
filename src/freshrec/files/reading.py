"""Reading what was written, checked by its SHA-256."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from freshrec.errors import CorruptError, OutputError

__all__ = ["exists", "read_verified", "sha256", "verify"]


def sha256(data: bytes) -> str:
    """The SHA-256 of some bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def exists(path: Path) -> bool:
    """Whether there is a file or folder of this name, where freshrec writes.

    Raises:
        OutputError: the system cannot say, for lack of a permission or because the name is too long.
    """
    try:
        return path.exists()
    except OSError as error:
        raise OutputError(f"cannot look for {path}: {error.strerror}. Choose a folder you can write to.") from error


def read_verified(path: Path, digest: str) -> bytes:
    """The bytes of a file, after checking that they are the ones written.

    Raises:
        CorruptError: the file is missing, unreadable, or its SHA-256 is not `digest`.
    """
    with _opened(path) as file:
        data = file.read()
    _compare(path, sha256(data), digest)
    return data


def verify(path: Path, digest: str) -> None:
    """Check that a file is the one written, without holding it in memory.

    Raises:
        CorruptError: the file is missing, unreadable, or its SHA-256 is not `digest`.
    """
    with _opened(path) as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    _compare(path, found, digest)


@contextmanager
def _opened(path: Path) -> Iterator[BufferedReader]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise CorruptError(
            f"cannot read {path}: {error.strerror}. Restore the file, or make the folder anew."
        ) from error


def _compare(path: Path, found: str, digest: str) -> None:
    if found != digest:
        raise CorruptError(
            f"{path} has SHA-256 {found[:12]}..., but {digest[:12]}... was written: the file was changed or "
            "damaged. Restore it, or make the folder anew."
        )
