"""A file or folder is there whole, or what was there before is."""

import os
from pathlib import Path
from typing import Any

import pytest

from freshrec.errors import CorruptError, OutputError
from freshrec.files import (
    Disk,
    exists,
    make_folder,
    read_verified,
    sha256,
    staged_file,
    staged_folder,
    using,
    verify,
    write_bytes,
)


class FailingDisk(Disk):
    """A disk on which operations of some names fail."""

    def __init__(self, *names: str, error: tuple[int, str] = (5, "Input/output error")) -> None:
        for name in names:
            setattr(self, name, self._fail)
        self._error = error

    def _fail(self, *_: Any) -> Any:
        raise OSError(*self._error)


READ_ONLY = FailingDisk(
    "create", "make_folder", "rename", "remove", "remove_folder", error=(30, "Read-only file system")
)


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    digest = write_bytes(tmp_path / "a", b"one")
    assert digest == sha256(b"one") == "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
    assert read_verified(tmp_path / "a", digest) == b"one"


@pytest.mark.parametrize("call", ["create", "sync_file", "rename"])
def test_a_failed_write_leaves_what_was_there(tmp_path: Path, call: str) -> None:
    write_bytes(tmp_path / "a", b"one")
    told = pytest.raises(OutputError, match=r"cannot write .*a: Input/output error\. Choose a folder")
    with using(FailingDisk(call)), told:
        write_bytes(tmp_path / "a", b"two")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"one")]


def test_changed_or_missing_bytes_are_seen(tmp_path: Path) -> None:
    digest = write_bytes(tmp_path / "a", b"one")
    (tmp_path / "a").write_bytes(b"onf")
    with pytest.raises(CorruptError, match="was changed or damaged"):
        read_verified(tmp_path / "a", digest)
    with pytest.raises(CorruptError, match="No such file"):
        read_verified(tmp_path / "b", digest)


def test_a_large_file_is_checked_without_being_read_whole(tmp_path: Path) -> None:
    digest = write_bytes(tmp_path / "a", b"one")
    verify(tmp_path / "a", digest)
    (tmp_path / "a").write_bytes(b"onf")
    with pytest.raises(CorruptError, match="was changed or damaged"):
        verify(tmp_path / "a", digest)
    with pytest.raises(CorruptError, match="No such file"):
        verify(tmp_path / "b", digest)


def test_a_file_vanishes_when_its_block_fails(tmp_path: Path) -> None:
    write_bytes(tmp_path / "a", b"one")
    with pytest.raises(RuntimeError, match="stop"), staged_file(tmp_path / "a") as file:
        file.write(b"two")
        raise RuntimeError("stop")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"one")]


def test_a_folder_appears_when_its_block_ends_well(tmp_path: Path) -> None:
    with staged_folder(tmp_path / "new" / "f") as folder:
        write_bytes(folder / "a", b"one")
        assert not (tmp_path / "new" / "f").exists()
    assert (tmp_path / "new" / "f" / "a").read_bytes() == b"one"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["f"]


def test_a_folder_vanishes_when_its_block_fails(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="stop"), staged_folder(tmp_path / "f") as folder:
        write_bytes(folder / "a", b"one")
        raise RuntimeError("stop")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_exists_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    with pytest.raises(OutputError, match="exists already"), staged_folder(tmp_path / "f"):
        pass
    assert list((tmp_path / "f").iterdir()) == []


@pytest.mark.parametrize("call", ["make_folder", "sync", "rename"])
def test_a_failed_folder_leaves_nothing(tmp_path: Path, call: str) -> None:
    told = pytest.raises(OutputError, match=r"cannot make .*f: Input/output error\. Choose a folder")
    with using(FailingDisk(call)), told, staged_folder(tmp_path / "f") as folder:
        (folder / "a").write_bytes(b"one")
    assert list(tmp_path.iterdir()) == []


def test_an_error_is_not_hidden_by_one_of_cleaning_up(tmp_path: Path) -> None:
    with using(FailingDisk("remove", "remove_folder")):
        with pytest.raises(RuntimeError, match="first"), staged_file(tmp_path / "a"):
            raise RuntimeError("first")
        with pytest.raises(RuntimeError, match="first"), staged_folder(tmp_path / "f"):
            raise RuntimeError("first")


def test_on_a_read_only_mount_an_error_says_so(tmp_path: Path) -> None:
    with using(READ_ONLY):
        with pytest.raises(OutputError, match=r"cannot write .*a: Read-only file system"):
            write_bytes(tmp_path / "a", b"one")
        with pytest.raises(OutputError, match=r"cannot make .*f: Read-only file system"), staged_folder(tmp_path / "f"):
            pass
        with pytest.raises(OutputError, match=r"cannot make .*x/y: Read-only file system"):
            make_folder(tmp_path / "x" / "y")


def test_what_is_there_already_need_not_be_written_to_a_read_only_mount(tmp_path: Path) -> None:
    digest = write_bytes(tmp_path / "a", b"one")
    with using(READ_ONLY):
        assert write_bytes(tmp_path / "a", b"one") == digest
        with pytest.raises(OutputError, match="Read-only file system"):
            write_bytes(tmp_path / "a", b"two")
    with using(FailingDisk("sync_file")), pytest.raises(OutputError, match="Input/output error"):
        write_bytes(tmp_path / "a", b"one")


def test_names_are_not_guessed_and_links_are_not_followed(tmp_path: Path) -> None:
    names = []
    for _ in range(2):
        with staged_file(tmp_path / "a"):
            names += [path.name for path in tmp_path.iterdir() if path.name != "a"]
    assert len(set(names)) == 2
    (tmp_path / "mine").write_bytes(b"mine")
    (tmp_path / "link").symlink_to(tmp_path / "mine")
    with pytest.raises(FileExistsError):
        Disk().create(tmp_path / "link")
    write_bytes(tmp_path / "link", b"one")
    assert (tmp_path / "mine").read_bytes() == b"mine"
    assert not (tmp_path / "link").is_symlink()


def test_two_that_make_one_folder_do_no_harm(tmp_path: Path) -> None:
    """The second is refused at once; and where the name was taken in another way meanwhile, that one stays."""
    with staged_folder(tmp_path / "f") as folder:
        (folder / "a").write_bytes(b"one")
        refused = pytest.raises(OutputError, match=r"another process is writing to .*f\. Wait")
        with refused, staged_folder(tmp_path / "f"):
            pass
    assert [path.name for path in tmp_path.rglob("*")] == ["f", "a"]
    with pytest.raises(OutputError, match="Directory not empty"), staged_folder(tmp_path / "g") as folder:
        (folder / "a").write_bytes(b"two")
        make_folder(tmp_path / "g" / "theirs")
    assert [path.name for path in (tmp_path / "g").iterdir()] == ["theirs"]


def test_what_a_killed_process_has_left_of_a_folder_is_removed(tmp_path: Path) -> None:
    left = tmp_path / ".f.0123456789abcdef.staged"
    for path in (left, tmp_path / ".g.0123456789abcdef.staged", tmp_path / ".f.staged"):
        path.mkdir()
        (path / "a").write_bytes(b"one")
    with staged_folder(tmp_path / "f"):
        assert not left.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [".f.staged", ".g.0123456789abcdef.staged", "f"]


LONG = "x" * 300


def test_names_that_are_too_long_are_told(tmp_path: Path) -> None:
    for path in (tmp_path / LONG, tmp_path / LONG / "a"):
        for action in (exists, make_folder):
            with pytest.raises(OutputError, match="File name too long"):
                action(path)
        with pytest.raises(OutputError, match="File name too long"):
            write_bytes(path, b"")
        with pytest.raises(OutputError, match="File name too long"), staged_folder(path):
            pass
    name = "x" * (os.pathconf(tmp_path, "PC_NAME_MAX") - 3)
    with pytest.raises(OutputError, match="File name too long"), staged_folder(tmp_path / name):
        pass


def test_a_file_in_the_place_of_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path / "file", tmp_path / "file" / "out"):
        with pytest.raises(OutputError, match="cannot make"):
            make_folder(path)
    with pytest.raises(OutputError, match="cannot write"):
        write_bytes(tmp_path / "file" / "a", b"")
