"""Whatever a crash leaves of a store, the same call again ends at the same bytes."""

from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import pytest

from crash_disk import CrashDisk
from freshrec.data import StreamSettings, prepare
from freshrec.files import Disk, using
from freshrec.keeping import Track, TrackSettings

from .logs import OPEN, growing_log
from .test_track import contents

DATA = StreamSettings(period_rows=30, history=3)
SETTINGS = TrackSettings(method="iu", dim=2, pretrain=2, gate=OPEN, keep=2, metrics=("auc",), pretraining={"epochs": 1})
STATES = 40


class Killed(BaseException):
    """The process ends here."""


class KillingDisk(Disk):
    """Ends the process before its n-th operation, counted from 1; counts them where n is 0."""

    def __init__(self, number: int = 0) -> None:
        self.number, self.count = number, 0

    def _tick(self) -> None:
        self.count += 1
        if self.count == self.number:
            raise Killed

    def create(self, path: Path) -> BinaryIO:
        self._tick()
        return super().create(path)

    def sync_file(self, file: BinaryIO) -> None:
        self._tick()
        super().sync_file(file)

    def sync(self, path: Path) -> None:
        self._tick()
        super().sync(path)

    def make_folder(self, path: Path) -> None:
        self._tick()
        super().make_folder(path)

    def rename(self, path: Path, to: Path) -> None:
        self._tick()
        super().rename(path, to)

    def remove(self, path: Path) -> None:
        if self.count >= self.number > 0:  # A killed process does not clean up.
            raise Killed
        self._tick()
        super().remove(path)

    def remove_folder(self, path: Path) -> None:
        if self.count >= self.number > 0:
            raise Killed
        self._tick()
        super().remove_folder(path)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose stream is prepared, and no more."""
    folder = tmp_path_factory.mktemp("prepared")
    prepare(growing_log(150), folder / "stream", DATA)
    return folder


@pytest.fixture(scope="module")
def expected(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What the store holds in the end, without a crash."""
    folder = tmp_path_factory.mktemp("expected")
    copied(prepared, folder)
    go_on(folder)
    return contents(folder)


def copied(source: Path, folder: Path) -> None:
    (folder / "stream").mkdir()
    for path in (source / "stream").iterdir():
        (folder / "stream" / path.name).write_bytes(path.read_bytes())


def go_on(folder: Path) -> Track:
    """What the user calls, again and again."""
    return Track.create(folder, growing_log(150), DATA, SETTINGS)


def test_killed_before_any_operation(prepared: Path, expected: dict[str, bytes], tmp_path: Path) -> None:
    """At every thirteenth one here; a second kill meets the call that repairs the first."""
    counting = KillingDisk()
    whole = tmp_path / "whole"
    whole.mkdir()
    copied(prepared, whole)
    with using(counting):
        go_on(whole)
    assert counting.count > 100
    for number in range(1, counting.count + 1, 13):
        folder = tmp_path / str(number)
        folder.mkdir()
        copied(prepared, folder)
        for at in (number, 1 + number // 2):
            with using(KillingDisk(at)), suppress(Killed):
                go_on(folder)
            if (folder / "serving" / "CURRENT").exists():
                Track.open(folder).scorer().score({"user": ["u1"], "item": [2]})
        go_on(folder)
        assert contents(folder) == expected, number


def test_a_loss_of_power_leaves_a_period_or_the_one_before(
    prepared: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    """And nothing that was told to be finished is lost."""
    root = tmp_path / "disk"
    root.mkdir()
    disk = CrashDisk(root)
    with using(disk):
        prepare(growing_log(150), root / "stream", DATA)
        disk.acknowledge(0)
        track = Track.create(root, growing_log(150), DATA, SETTINGS, Telling(disk, root))
    disk.acknowledge(track.commit.period)
    for number, state in enumerate(disk.states(STATES)):
        folder = tmp_path / str(number)
        folder.mkdir()
        state.write_to(folder)
        told = [int(str(each)) for each in state.acknowledged]
        finished = Track.open(folder).commit.period if (folder / "store.json").exists() else 0
        assert finished >= max(told, default=0)
        go_on(folder)
        assert contents(folder) == expected, number


class Telling:
    """Progress that notes, at the beginning of each period, that those before it must never be lost."""

    def __init__(self, disk: CrashDisk, folder: Path) -> None:
        self.disk, self.folder = disk, folder

    def overall(self, text: str, done: int, total: int) -> None:
        if text.startswith("period") or text == "finished":
            self.disk.acknowledge(done)

    def step(self, text: str, done: int, total: int) -> None: ...
