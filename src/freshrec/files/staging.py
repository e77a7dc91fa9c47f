"""Staging: bytes are written under a random name in the same folder, synced to the disk, and renamed.

Then the folder itself is synced. A failure leaves what was there before, and raises. The staged name is of no use to
anyone who guesses it: the file must be new, and a symbolic link is not followed.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from freshrec.errors import OutputError
from freshrec.files.locking import exclusive, remove_staged, staged_name
from freshrec.files.operations import disk
from freshrec.files.reading import exists, sha256

__all__ = ["make_folder", "staged_file", "staged_folder", "write_bytes"]

READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)
"""Errors of who may read but not write."""


def make_folder(path: Path) -> None:
    """Make a folder and those above it, unless it is there; what is made is on the disk.

    Raises:
        OutputError: it cannot be made.
    """
    try:
        missing = [path] if not path.exists() else []
        while missing and not missing[-1].parent.exists():
            missing.append(missing[-1].parent)
        for folder in reversed(missing):
            with suppress(FileExistsError):  # another process has just made it
                disk().make_folder(folder)
            disk().sync(folder.parent)
        if not path.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    except OSError as error:
        raise OutputError(f"cannot make {path}: {error.strerror}. Choose a folder you can write to.") from error


def write_bytes(path: Path, data: bytes) -> str:
    """Write a file whole and durably in place of what was there, and return its SHA-256.

    Where nothing may be written, as on a read-only mount, a file that holds these very bytes is left as it is.

    Raises:
        OutputError: the file cannot be written; what was there before is unchanged.
    """
    try:
        with staged_file(path) as file:
            file.write(data)
    except OutputError as error:
        if not (_is_read_only(error.__cause__) and _holds(path, data)):
            raise
    return sha256(data)


@contextmanager
def staged_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write, which takes the place of `path`, synced, when the block ends well and vanishes when it does not.

    Raises:
        OutputError: the file cannot be written; what was there before is unchanged.
    """
    staged = path.with_name(staged_name(path.name))
    try:
        try:
            with disk().create(staged) as file:
                yield file
                file.flush()
                disk().sync_file(file)
            disk().rename(staged, path)
        except BaseException:
            with suppress(OSError):
                disk().remove(staged)
            raise
        disk().sync(path.parent)
    except OSError as error:
        raise OutputError(
            f"cannot write {path}: {error.strerror}. Choose a folder you can write to, with space left."
        ) from error


@contextmanager
def staged_folder(path: Path) -> Iterator[Path]:
    """A folder to fill, which becomes `path` when the block ends well and vanishes when it does not.

    Only one process at a time fills a folder of this name; what a killed one has left is removed.

    Raises:
        OutputError: `path` exists already, another process is making it, or it cannot be made.
    """
    _refuse_existing(path)
    make_folder(path.parent)
    with exclusive(path.with_name(f".{path.name}.lock"), path, lasting=False):
        _refuse_existing(path)
        remove_staged(path.parent, path.name)
        staged = path.with_name(staged_name(path.name))
        try:
            try:
                disk().make_folder(staged)
                yield staged
                for each in (*staged.rglob("*"), staged):  # Whichever way it was written.
                    disk().sync(each)
                disk().rename(staged, path)
            except BaseException:
                with suppress(OSError):
                    disk().remove_folder(staged)
                raise
            disk().sync(path.parent)
        except OSError as error:
            raise OutputError(
                f"cannot make {path}: {error.strerror}. Choose a folder you can write to, with space left."
            ) from error


def _refuse_existing(path: Path) -> None:
    if exists(path):
        raise OutputError(f"{path} exists already. Choose another folder, or remove it first.")


def _is_read_only(error: BaseException | None) -> bool:
    return isinstance(error, OSError) and error.errno in READ_ONLY


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.read_bytes() == data
    except OSError:
        return False
