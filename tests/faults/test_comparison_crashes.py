"""A part of the crashes of whole comparisons: each goes on to the same results, and one that is lost would be seen."""

import pytest

from crashes import recover
from freshrec.files import Disk


@pytest.mark.filterwarnings("ignore")
def test_after_a_crash_a_comparison_ends_with_the_same_results() -> None:
    found = recover(4)
    assert found.faults == []
    assert found.begun >= 2


@pytest.mark.filterwarnings("ignore")
def test_a_disk_that_syncs_nothing_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("sync", "sync_file"):
        monkeypatch.setattr(f"crash_disk.CrashDisk.{name}", getattr(Disk, name))
    assert recover(3, seed=1).faults
