"""A file with its checksum beside it: whole and the one that was written, at any instant."""

import json
from pathlib import Path

import pytest

from crash_disk import CrashDisk
from freshrec.errors import CorruptError
from freshrec.files import CHECKSUMS, read_checked, using, write_checked


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    for content in (b"one", b"two", b"two", b""):
        write_checked(tmp_path / "f" / "a", content)
        write_checked(tmp_path / "f" / "b", b"other")
        assert read_checked(tmp_path / "f" / "a") == content
    assert read_checked(tmp_path / "f" / "b") == b"other"


@pytest.mark.parametrize("damage", ["changed", "removed", "list removed", "list changed", "list no list", "not listed"])
def test_damage_is_seen(tmp_path: Path, damage: str) -> None:
    path, listed = tmp_path / "a", tmp_path / CHECKSUMS
    write_checked(path, b"one")
    match damage:
        case "changed":
            path.write_bytes(b"onf")
        case "removed":
            path.unlink()
        case "list removed":
            listed.unlink()
        case "list changed":
            listed.write_text(json.dumps({"a": ["0" * 64]}))
        case "list no list":
            listed.write_text("3")
        case "not listed":
            (tmp_path / "b").write_bytes(b"one")
            path = tmp_path / "b"
    with pytest.raises(CorruptError, match="Restore"):
        read_checked(path)


def test_damage_is_not_written_over_by_a_checksum_of_it(tmp_path: Path) -> None:
    write_checked(tmp_path / "a", b"one")
    (tmp_path / "a").write_bytes(b"damaged")
    write_checked(tmp_path / "a", b"two")
    assert len(json.loads((tmp_path / CHECKSUMS).read_bytes())["a"]) == 1


def test_after_a_crash_there_is_the_newest_or_the_one_under_way(tmp_path: Path) -> None:
    contents, root = [b"one", b"two", b"three"], tmp_path / "disk"
    root.mkdir()
    recording = CrashDisk(root)
    with using(recording):
        for number, content in enumerate(contents):
            write_checked(root / "f" / "a", content)
            recording.acknowledge(number)
    for number, state in enumerate(recording.states(300)):
        folder = tmp_path / str(number)
        folder.mkdir()
        state.write_to(folder)
        last = int(str(state.acknowledged[-1])) if state.acknowledged else -1
        path = folder / "f" / "a"
        found = read_checked(path) if path.exists() else None
        assert found in [None if last < 0 else contents[last], *contents[last + 1 : last + 2]]
