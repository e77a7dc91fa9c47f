"""A file or folder is there whole, or what was there before is."""

import subprocess
import sys
from pathlib import Path

import pytest

from freshrec.errors import CorruptError, OutputError
from freshrec.files import locked, read_verified, sha256, staged_file, staged_folder, verify, write_bytes


def failing(*_: object) -> None:
    raise OSError(5, "Input/output error")


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    digest = write_bytes(tmp_path / "a", b"one")
    assert digest == sha256(b"one") == "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
    assert read_verified(tmp_path / "a", digest) == b"one"


@pytest.mark.parametrize("call", ["os.fsync", "pathlib.Path.replace"])
def test_a_failed_write_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    write_bytes(tmp_path / "a", b"one")
    monkeypatch.setattr(call, failing)
    with pytest.raises(OutputError, match=r"cannot write .*a: Input/output error\. Choose a folder"):
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
