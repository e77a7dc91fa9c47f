"""The operations that change a disk, in one place, so that tests can record them and let them fail."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

__all__ = ["Disk", "disk", "using"]


class Disk:
    """The operations of a POSIX file system that the durable writer uses; each raises OSError where it fails."""

    def create(self, path: Path) -> BinaryIO:
        """A new file, open for writing, whose name nothing has yet, not even a symbolic link."""
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666), "wb")

    def sync_file(self, file: BinaryIO) -> None:
        """Wait until what was flushed from a file is on the disk; its name may not be."""
        os.fsync(file.fileno())

    def sync(self, path: Path) -> None:
        """Wait until a closed file, or the names in a folder, are on the disk."""
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def make_folder(self, path: Path) -> None:
        """Make a folder in one that is there."""
        path.mkdir()

    def rename(self, path: Path, to: Path) -> None:
        """Give a file or folder another name in its folder, in place of a file that has it."""
        path.replace(to)

    def remove(self, path: Path) -> None:
        """Remove a file."""
        path.unlink()

    def remove_folder(self, path: Path) -> None:
        """Remove a folder with all that is in it."""
        shutil.rmtree(path)


_disk = Disk()


def disk() -> Disk:
    """The disk in use."""
    return _disk


@contextmanager
def using(other: Disk) -> Iterator[None]:
    """Let all that is written in the block go through another disk; a tool for tests."""
    global _disk
    before, _disk = _disk, other
    try:
        yield
    finally:
        _disk = before
