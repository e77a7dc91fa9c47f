"""A folder is written by one process at a time, and what killed ones have left is removed."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from freshrec.errors import OutputError
from freshrec.files import LOCK, locked


def test_a_folder_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    refused = pytest.raises(OutputError, match=r"another process is writing to .*Wait until it ends")
    with locked(tmp_path), refused, locked(tmp_path):
        pass
    with locked(tmp_path):
        pass
    with pytest.raises(OutputError, match=r"cannot write .*No such file"), locked(tmp_path / "missing"):
        pass


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    code = f"import os, pathlib; from freshrec.files import locked; held = locked(pathlib.Path({str(tmp_path)!r})); "
    subprocess.run([sys.executable, "-c", f"{code}held.__enter__(); os._exit(9)"], check=False)
    with locked(tmp_path):
        pass


def test_the_lock_of_a_folder_that_was_removed_does_not_count(tmp_path: Path) -> None:
    """Who opens the file just before its holder removes it must not take it for the lock."""
    with locked(tmp_path):
        (tmp_path / LOCK).unlink()
        with locked(tmp_path):
            refused = pytest.raises(OutputError, match="another process is writing")
            with refused, locked(tmp_path):
                pass


def test_a_lock_is_no_link_to_another_file(tmp_path: Path) -> None:
    (tmp_path / LOCK).symlink_to(tmp_path / "new")
    with pytest.raises(OutputError, match="cannot write"), locked(tmp_path):
        pass
    assert not (tmp_path / "new").exists()


def test_a_read_only_folder_is_held_by_the_lock_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = os.open

    def read_only(path: object, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_RDWR:
            raise OSError(30, "Read-only file system")
        return opened(str(path), flags, mode)

    monkeypatch.setattr("os.open", read_only)
    with pytest.raises(OutputError, match=r"cannot write .*: Read-only file system"), locked(tmp_path):
        pass
    (tmp_path / LOCK).touch()
    with locked(tmp_path):
        refused = pytest.raises(OutputError, match="another process is writing")
        with refused, locked(tmp_path):
            pass


def test_the_holder_removes_what_was_staged_and_nothing_else(tmp_path: Path) -> None:
    staged = ".a.0123456789abcdef.staged"
    for folder in ("", "mine", "mine/deeper", "other"):
        (tmp_path / folder).mkdir(exist_ok=True)
        for name in (staged, "a", ".a.staged", ".0123456789abcdef.staged", ".a.0123456789abcdeg.staged"):
            (tmp_path / folder / name).write_bytes(b"")
    before = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    with locked(tmp_path, ("mine", "missing", "a")):
        pass
    after = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    assert before - after == {staged, f"mine/{staged}", f"mine/deeper/{staged}"}
    assert after - before == {LOCK}


def test_a_lock_file_that_its_holder_removed_just_now_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opened before, locked after: the lock is then on a file that nobody else will ever open."""
    flock, removed = fcntl.flock, list[bool]()

    def late(descriptor: int, operation: int) -> None:
        if not removed:
            removed.append(True)
            (tmp_path / LOCK).unlink()
        flock(descriptor, operation)

    monkeypatch.setattr("fcntl.flock", late)
    with locked(tmp_path):
        refused = pytest.raises(OutputError, match="another process is writing")
        with refused, locked(tmp_path):
            pass
