"""A benchmark in a process of its own: its threads, its memory, its faults, and what else ran meanwhile."""

import os
import time
from pathlib import Path

import pytest

from harness import busy
from harness.busy import Snapshot, others_since
from harness.isolated import FOLDER, run
from measured import Measured

FAKE = """
import numpy as np
import torch
from measured import Measured

def measure():
    ones = np.ones(50 * 2**20 // 8)
    return [Measured("threads", torch.get_num_threads(), "threads", 2.0, "one"), Measured("sum", ones.sum(), "ones")]
"""


def test_a_benchmark_runs_on_its_threads_in_memory_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "fake.py").write_text(FAKE)
    outcome, host = run("fake", 2, (FOLDER, tmp_path))
    assert outcome.measured == (Measured("threads", 2, "threads", 2.0, "one"), Measured("sum", 50 * 2**17, "ones"))
    assert (outcome.benchmark, outcome.threads) == ("fake", 2)
    # What this process held when it started that one counts for `resource`, and not for the system.
    assert outcome.system is None or 50 < outcome.system < 1.2 * outcome.resource
    assert outcome.seconds > 0
    assert host.cores >= 1
    assert {"Python", "torch", "numba", "numpy"} <= set(host.versions)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise SystemExit('no data')", "no data"),
        ("return [Measured('a', 1, 's'), Measured('a', 2, 's')]", "several figures for ('a', None)"),
    ],
)
def test_a_benchmark_that_fails_is_told(
    body: str, said: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "failing.py").write_text(f"from measured import Measured\n\ndef measure():\n    {body}\n")
    with pytest.raises(RuntimeError, match="failing failed with exit code 1; what it said is above"):
        run("failing", 1, (FOLDER, tmp_path))
    assert said in capfd.readouterr().err


def test_others_are_what_the_machine_did_and_this_process_did_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(busy, "STAT", tmp_path / "stat")
    monkeypatch.setattr(os, "sysconf", lambda _: 100)
    # user, nice, system, idle, iowait, irq, softirq, steal; guests are counted in user already.
    busy.STAT.write_text("cpu  1000 200 300 9000 50 1 2 47 7 7\ncpu0 1 1 1 1\n")
    monkeypatch.setattr(time, "perf_counter", lambda: 110.0)
    own = busy.snapshot().own
    assert busy.snapshot().all == 15.5
    assert others_since(Snapshot(at=100.0, own=own, all=5.5)) == pytest.approx(1.0, abs=0.01)
    assert others_since(Snapshot(at=100.0, own=own, all=15.5)) == 0.0


def test_a_system_that_does_not_tell_is_not_taken_for_a_quiet_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(busy, "STAT", tmp_path / "missing")
    assert others_since(busy.snapshot()) is None
