"""Locks: a folder is written by one process at a time, which also removes what killed ones have left in it."""

import errno
import fcntl
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from freshrec.errors import OutputError
from freshrec.files.operations import disk

__all__ = ["LOCK", "exclusive", "locked", "remove_staged", "staged_name"]

LOCK = ".lock"
"""The file that holds the lock of its folder."""
STAGED = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{16}\.staged", re.DOTALL)


@contextmanager
def locked(folder: Path, owned: Sequence[str] = ()) -> Iterator[None]:
    """Hold a folder against other processes that lock it, until the block or this process ends.

    The lock is on a file in the folder, which stays there. What killed processes have left half written is removed.
    From a read-only mount a folder can be held as well, if it was locked before.

    Args:
        folder: it must be there.
        owned: names of folders in it in which nobody writes who does not hold the lock.

    Raises:
        OutputError: another process holds the folder, or it cannot be written.
    """
    with exclusive(folder / LOCK, folder):
        remove_staged(folder)
        for name in owned:
            for path, _, _ in os.walk(folder / name):
                remove_staged(Path(path))
        yield


@contextmanager
def exclusive(path: Path, held: Path, *, lasting: bool = True) -> Iterator[None]:
    """Hold the lock of a file until the block or this process ends; the file is made if it is not there.

    Args:
        path: the file.
        held: what it stands for, as messages call it.
        lasting: whether the file stays.

    Raises:
        OutputError: another process has the lock, or the file cannot be written.
    """
    while True:
        descriptor = _open(path)
        try:
            _lock(descriptor, path, held)
            if _is_at(descriptor, path):
                try:
                    yield
                finally:
                    if not lasting:
                        with suppress(OSError):
                            path.unlink()
                return
        finally:
            os.close(descriptor)


def staged_name(name: str) -> str:
    """A name that nobody can guess and nobody has, for what will be called `name`."""
    return f".{name}.{secrets.token_hex(8)}.staged"


def remove_staged(folder: Path, name: str | None = None) -> None:
    """Remove what was staged in a folder and never got its name; the caller holds the lock that it was staged under.

    Args:
        folder: what is not under a staged name in it stays.
        name: what it would have been called; anything if left out.
    """
    with suppress(OSError):  # What cannot be removed is in nobody's way.
        for path in list(folder.iterdir()):
            found = STAGED.fullmatch(path.name)
            if found and name in (None, found["name"]):
                remove = disk().remove_folder if path.is_dir() and not path.is_symlink() else disk().remove
                with suppress(OSError):
                    remove(path)


def _open(path: Path) -> int:
    try:
        try:
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        except OSError as error:
            if error.errno not in (errno.EROFS, errno.EACCES):
                raise
            with suppress(OSError):
                return os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
            raise
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}. Choose a folder you can write to.") from error


def _lock(descriptor: int, path: Path, held: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise OutputError(
            f"another process is writing to {held}. Wait until it ends, or choose another folder."
        ) from error
    except OSError as error:
        raise OutputError(f"cannot lock {path}: {error.strerror}. Choose a folder on another disk.") from error


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether an open file is the one of that name; who held the lock before may have removed it meanwhile."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat(follow_symlinks=False))
    except FileNotFoundError:
        return False
