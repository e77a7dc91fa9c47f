"""Loses power in the midst of a whole comparison, and goes on from what may be left of its folder.

    python faults/crashes.py --states 200

The comparison is recorded once. Each state is what a disk may hold after a crash at a random operation. From each the
same call must end with the same results, and without computing more than one period anew.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest.mock import patch

from crash_disk import CrashDisk
from freshrec import CompareSettings, compare
from freshrec.errors import FreshrecError
from freshrec.evaluation import Result
from freshrec.files import using
from freshrec.store import checkpoint
from freshrec.testing import tiny_stream
from freshrec.updaters import IU

__all__ = ["Recovered", "recover"]

SETTINGS = CompareSettings(
    methods=("iu", "asmg-gru-multi"),
    dim=3,
    base=IU(batch_size=16),
    replicates=20,
    overrides={"asmg-gru-multi": {"window": 2, "batch_size": 8}},
)


@dataclass
class Recovered:
    """What came of some crashes.

    Attributes:
        states: how many there were.
        begun: how many of them had a period committed.
        faults: what should not have happened.
    """

    states: int = 0
    begun: int = 0
    faults: list[str] = field(default_factory=list)


class _Telling:
    """Progress that hands on how many periods are done."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell = tell

    def overall(self, text: str, done: int, total: int) -> None:
        if "pre-training" not in text:
            self._tell(done)

    def step(self, text: str, done: int, total: int) -> None: ...


def recover(states: int, seed: int = 0) -> Recovered:
    """Record a comparison and go on from so many states of it; the same for the same seed."""
    found, stream = Recovered(), tiny_stream()
    with tempfile.TemporaryDirectory(prefix="freshrec-crash-") as name, patch.object(checkpoint, "LARGE", 400):
        root = Path(name) / "disk"
        root.mkdir()
        disk = CrashDisk(root)
        with using(disk):
            done = compare(stream, SETTINGS, root / "out", _Telling(disk.acknowledge))
        expected = _timeless(done.results)
        for number, state in enumerate(disk.states(states, seed)):
            folder, told = Path(name) / str(number), list[int]()
            folder.mkdir()
            state.write_to(folder)
            acknowledged = int(str(state.acknowledged[-1])) if state.acknowledged else 0
            found.states += 1
            found.begun += acknowledged > 0
            try:
                again = compare(stream, SETTINGS, folder / "out", _Telling(told.append))
            except FreshrecError as error:
                found.faults.append(f"state {number}, after {acknowledged} periods: {error!r}")
                continue
            if _timeless(again.results) != expected:
                found.faults.append(f"state {number}, after {acknowledged} periods: it ended with other results")
            if told and told[0] < acknowledged:
                found.faults.append(f"state {number}: {acknowledged} periods were done, but it went on after {told[0]}")
    return found


def _timeless(results: tuple[Result, ...]) -> list[Result]:
    return [replace(each, update_seconds=0.0, serve_seconds=0.0) for each in results]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--states", type=int, default=200, help="how many states to go on from")
    parser.add_argument("--seed", type=int, default=0, help="of the states")
    given = parser.parse_args()
    found = recover(given.states, given.seed)
    print(f"{found.states} crashes, {found.begun} after the first period; {len(found.faults)} faults")
    for fault in found.faults:
        print(f"  {fault}")
    sys.exit(1 if found.faults else 0)


if __name__ == "__main__":
    main()
