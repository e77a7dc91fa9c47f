"""Measures all that speed is said of, and tells how it compares with earlier runs on the same machine.

    python benchmarks/bench.py [--only NAME ...] [--no-write]

Each benchmark runs in a process of its own, on the numbers of threads that matter to it. A whole run is written to the
table of docs/performance.md and to benchmarks/history.jsonl; a part of it is only shown.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from harness.entry import Entry, Host, Outcome, counted
from harness.history import append, changes, read
from harness.isolated import run
from harness.page import placed, shown

__all__ = ["BENCHMARKS", "measure_all", "write"]

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "performance.md"
HISTORY = ROOT / "benchmarks" / "history.jsonl"

BENCHMARKS: Mapping[str, tuple[int, ...]] = {
    "generator_step": (1, 2),
    "table3": (1, 2),
    "feeding": (1, 2),
    "correction": (1,),
    "scoring": (1, 2),
    "scale": (1, 2),
    "optimizers": (2,),
    "serving": (2,),
    "updating": (2,),
    "prepare": (2,),
    "large_log": (2,),
}
"""By name, which is that of a module beside this one: the numbers of threads to measure on."""


def measure_all(names: Sequence[str]) -> Entry:
    """Run the benchmarks one after another.

    Raises:
        RuntimeError: one failed.
    """
    date, commit, clean = datetime.now(UTC).astimezone(), _git("rev-parse", "HEAD"), not _changed()
    made: list[tuple[Outcome, Host]] = []
    for name in names:
        for threads in _possible(BENCHMARKS[name]):
            print(f"{name} on {counted(threads, 'thread')}", file=sys.stderr, flush=True)
            made.append(run(name, threads))
            print(f"  {made[-1][0].seconds:.0f} s{_warning(made[-1][0])}", file=sys.stderr, flush=True)
    outcomes, hosts = zip(*made, strict=True)
    return Entry(date, commit, clean, hosts[0], outcomes)


def write(entry: Entry, page: Path, history: Path) -> None:
    """Put the run into the page and add it to the history."""
    page.write_text(placed(page.read_text(encoding="utf-8"), shown(entry)), encoding="utf-8")
    append(history, entry)


def _possible(threads: Sequence[int]) -> list[int]:
    """No more threads than there are cores."""
    return sorted({min(number, os.cpu_count() or 1) for number in threads})


def _warning(outcome: Outcome) -> str:
    return f"; BUSY: other processes took {outcome.others:.1f} cores, the figures mean little" if outcome.busy else ""


def _changed() -> str:
    """What is not as committed, but for the files that are written here."""
    written = (f":!{path.relative_to(ROOT)}" for path in (PAGE, HISTORY))
    return _git("status", "--porcelain", "--", ".", *written)


def _git(*arguments: str) -> str:
    command = ["git", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=BENCHMARKS, help="one benchmark, or several; shown only")
    parser.add_argument("--no-write", action="store_true", help="show what would be written")
    options = parser.parse_args()
    earlier = read(HISTORY)
    entry = measure_all(options.only or list(BENCHMARKS))
    print(shown(entry))
    compared = changes(entry, earlier)
    print("\nBeside earlier runs on this machine:" if compared else "\nNothing was measured on this machine before.")
    for change in compared:
        print(change)
    if not options.only and not options.no_write:
        write(entry, PAGE, HISTORY)
        print(f"\nWritten to {PAGE.relative_to(ROOT)} and {HISTORY.relative_to(ROOT)}.")


if __name__ == "__main__":
    main()
