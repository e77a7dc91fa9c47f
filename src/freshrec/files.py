"""The one durable writer: a file or a folder appears whole under its name, or not at all.

Bytes are written under another name in the same folder, synced to the disk, and renamed; then the folder itself is
synced. A failure leaves what was there before, and raises.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from freshrec.errors import CorruptError, OutputError

__all__ = [
    "LOCK",
    "locked",
    "make_folder",
    "read_verified",
    "sha256",
    "staged_file",
    "staged_folder",
    "verify",
    "write_bytes",
]

LOCK = ".lock"
"""The file that holds the lock of its folder."""


def sha256(data: bytes) -> str:
    """The SHA-256 of some bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def make_folder(path: Path) -> None:
    """Make a folder and those above it, unless it is there.

    Raises:
        OutputError: it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make {path}: {error.strerror}. Choose a folder you can write to.") from error


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder against other processes that lock it, until the block or this process ends.

    The lock is on a file in the folder, which stays there.

    Raises:
        OutputError: another process holds the folder, or it cannot be written.
    """
    path = folder / LOCK
    try:
        file = path.open("ab")
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}. Choose a folder you can write to.") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OutputError(
                f"another process is writing to {folder}. Wait until it ends, or choose another folder."
            ) from error
        except OSError as error:
            raise OutputError(f"cannot lock {path}: {error.strerror}. Choose a folder on another disk.") from error
        yield


def write_bytes(path: Path, data: bytes) -> str:
    """Write a file whole and durably in place of what was there, and return its SHA-256.

    Raises:
        OutputError: the file cannot be written; what was there before is unchanged.
    """
    with staged_file(path) as file:
        file.write(data)
    return sha256(data)


@contextmanager
def staged_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write, which takes the place of `path`, synced, when the block ends well and vanishes when it does not.

    Raises:
        OutputError: the file cannot be written; what was there before is unchanged.
    """
    staged = path.with_name(f".{path.name}.staged")
    try:
        with staged.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        staged.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise OutputError(
            f"cannot write {path}: {error.strerror}. Choose a folder you can write to, with space left."
        ) from error
    finally:
        staged.unlink(missing_ok=True)


@contextmanager
def staged_folder(path: Path) -> Iterator[Path]:
    """A folder to fill, which becomes `path` when the block ends well and vanishes when it does not.

    Raises:
        OutputError: `path` exists already, or cannot be made.
    """
    if path.exists():
        raise OutputError(f"{path} exists already. Choose another folder, or remove it first.")
    staged = path.with_name(f".{path.name}.staged")
    try:
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir(parents=True)
        yield staged
        for folder in (staged, *(child for child in staged.rglob("*") if child.is_dir())):
            _sync_folder(folder)
        staged.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise OutputError(
            f"cannot make {path}: {error.strerror}. Choose a folder you can write to, with space left."
        ) from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)


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


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
