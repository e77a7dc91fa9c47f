"""After a loss of power a file or folder is whole: the newest one that the caller was told of, or a later one."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from crash_disk import CrashDisk, CrashState
from freshrec.files import disk, make_folder, staged_file, staged_folder, using, write_bytes
from freshrec.store import checkpoint, read_checkpoint, write_checkpoint

STATES = 400
Recorded = Callable[[Callable[[CrashDisk, Path], None]], Iterator[tuple[CrashState, Path]]]


@pytest.fixture
def crashed(tmp_path: Path) -> Recorded:
    """Runs a program on a recording disk, and gives states that a crash may leave, each built in a folder."""

    def run(program: Callable[[CrashDisk, Path], None]) -> Iterator[tuple[CrashState, Path]]:
        root = tmp_path / "disk"
        root.mkdir()
        recording = CrashDisk(root)
        with using(recording):
            program(recording, root)
        for number, state in enumerate(recording.states(STATES)):
            folder = tmp_path / str(number)
            folder.mkdir()
            state.write_to(folder)
            yield state, folder

    return run


def last(state: CrashState) -> int:
    """The newest number that was acknowledged; -1 before the first."""
    return int(str(state.acknowledged[-1])) if state.acknowledged else -1


def test_a_file_is_the_newest_or_the_one_under_way(crashed: Recorded) -> None:
    contents = [b"", b"one", b"two" * 10_000, b"three"]

    def program(recording: CrashDisk, root: Path) -> None:
        for number, content in enumerate(contents):
            write_bytes(root / "a", content)
            recording.acknowledge(number)

    for state, folder in crashed(program):
        path, newest = folder / "a", last(state)
        found = path.read_bytes() if path.exists() else None
        assert found in [None if newest < 0 else contents[newest], *contents[newest + 1 : newest + 2]]


def test_a_file_of_several_writes_is_whole_as_soon_as_it_has_its_name(crashed: Recorded) -> None:
    parts = [bytes([number]) * 5_000 for number in range(5)]

    def program(recording: CrashDisk, root: Path) -> None:
        with staged_file(root / "a") as file:
            for part in parts:
                file.write(part)
        recording.acknowledge(0)

    for state, folder in crashed(program):
        path = folder / "a"
        assert path.read_bytes() == b"".join(parts) if path.exists() else last(state) < 0


def test_a_folder_is_whole_or_not_there_however_it_was_filled(crashed: Recorded) -> None:
    """Also by writers that sync nothing themselves."""

    def program(recording: CrashDisk, root: Path) -> None:
        with staged_folder(root / "f") as folder:
            write_bytes(folder / "a", b"one")
            disk().make_folder(folder / "sub")
            with disk().create(folder / "sub" / "b") as file:
                file.write(b"two")
        recording.acknowledge(0)

    for state, folder in crashed(program):
        path = folder / "f"
        if last(state) < 0 and not path.exists():
            continue
        assert (path / "a").read_bytes() == b"one"
        assert (path / "sub" / "b").read_bytes() == b"two"


def test_what_stands_in_folders_made_for_it_is_not_lost_with_them(crashed: Recorded) -> None:
    def program(recording: CrashDisk, root: Path) -> None:
        make_folder(root / "x" / "y" / "z")
        write_bytes(root / "x" / "y" / "z" / "a", b"one")
        recording.acknowledge(0)

    for state, folder in crashed(program):
        path = folder / "x" / "y" / "z" / "a"
        assert path.read_bytes() == b"one" if path.exists() else last(state) < 0


def test_a_failed_write_costs_nothing_that_was_there(crashed: Recorded) -> None:
    def program(recording: CrashDisk, root: Path) -> None:
        write_bytes(root / "a", b"one")
        recording.acknowledge(0)
        with pytest.raises(RuntimeError), staged_file(root / "a") as file:
            file.write(b"two")
            raise RuntimeError
        with pytest.raises(RuntimeError), staged_folder(root / "f") as folder:
            write_bytes(folder / "b", b"two")
            raise RuntimeError

    for state, folder in crashed(program):
        found = (folder / "a").read_bytes() if (folder / "a").exists() else None
        assert found == b"one" or (found is None and last(state) < 0)
        assert not (folder / "f").exists()


def test_a_checkpoint_is_the_newest_or_the_next_and_never_damaged(
    crashed: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With large tensors, of which some are taken over from the state before."""
    monkeypatch.setattr(checkpoint, "LARGE", 400)

    def values(number: int) -> Mapping[str, torch.Tensor]:
        return {"new": torch.full((100,), float(number)), "small": torch.full((3,), float(number))}

    def program(recording: CrashDisk, root: Path) -> None:
        before, old = None, torch.full((100,), -1.0)
        for number in range(4):
            before = write_checkpoint(root / "c", f"p{number}", number, {**values(number), "old": old}, before)
            old = before.tensors[before.structure["old"]["tensor"]]
            recording.acknowledge(number)

    numbers = set()
    for state, folder in crashed(program):
        found = read_checkpoint(folder / "c")
        number = -1 if found is None else found.content
        assert number in (last(state), last(state) + 1)
        numbers.add(number)
        if found is not None:
            tensors = {name: found.tensors[part["tensor"]] for name, part in found.structure.items()}
            assert tensors["old"].tolist() == [-1.0] * 100
            assert all(torch.equal(tensors[name], value) for name, value in values(number).items())
    assert numbers == {-1, 0, 1, 2, 3}


@contextmanager
def without(method: str) -> Iterator[None]:
    """The durable writer with one kind of operation left out."""
    before = getattr(CrashDisk, method)
    try:
        setattr(CrashDisk, method, lambda self, *_: None)
        yield
    finally:
        setattr(CrashDisk, method, before)


@pytest.mark.parametrize("method", ["sync_file", "sync"])
def test_the_recording_disk_sees_a_sync_that_is_left_out(crashed: Recorded, method: str) -> None:
    def program(recording: CrashDisk, root: Path) -> None:
        with without(method):
            write_bytes(root / "a", b"one")
        recording.acknowledge(0)

    found = [(folder / "a").read_bytes() if (folder / "a").exists() else None for _, folder in crashed(program)]
    assert (b"" in found) == (method == "sync_file")
    assert None in found
