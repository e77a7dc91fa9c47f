"""Kills commands at random times, and starts two at once on one folder; the end must be the same.

python faults/processes.py --kills 40 --terminations 20 --pairs 50
"""

import argparse
import csv
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from random import Random

__all__ = ["Outcome", "Runner", "kill_rounds", "pair_rounds"]

PRELOADED = ["torch", "numba", "pydantic", "rich.progress", "matplotlib.figure", "freshrec.cli"]
"""What takes long to import; polars, which must not be forked, is not among it."""
LONGEST = 300.0
"""Seconds after which a command is taken to hang."""


@dataclass
class Outcome:
    """What came of some rounds.

    Attributes:
        rounds: how many there were.
        codes: how often a command ended with each exit code.
        faults: what should not have happened.
    """

    rounds: int = 0
    codes: dict[int, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def count(self, code: int) -> int:
        """Count an exit code, and give it back."""
        self.codes[code] = self.codes.get(code, 0) + 1
        return code

    def __str__(self) -> str:
        """In a line."""
        codes = ", ".join(f"{count} with {code}" for code, count in sorted(self.codes.items()))
        return f"{self.rounds} rounds, exit codes: {codes}; {len(self.faults)} faults"


class Runner:
    """Runs commands in processes of their own, which have the libraries loaded already."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._context: ForkServerContext = get_context("forkserver")
        self._context.set_forkserver_preload(PRELOADED)

    def start(self, arguments: Sequence[object], told: Path) -> ForkServerProcess:
        """Start a command, which writes what it says to a file."""
        process = self._context.Process(target=_run, args=([str(each) for each in arguments], str(told)))
        process.start()
        return process

    def run(self, arguments: Sequence[object], told: Path) -> int:
        """Run a command to its end, and give its exit code."""
        return ended(self.start(arguments, told))

    def log(self) -> Path:
        """A small log."""
        path, random, rows = self.folder / "log.csv", Random(7), 480
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("user", "item", "timestamp"))
            for number in range(rows):
                user = random.randrange(12)
                writer.writerow((user, 2 * random.randrange(10) + user % 2, 1_600_000_000 + 60 * number))
        return path


def ended(process: ForkServerProcess) -> int:
    """The exit code of a process; negative where a signal killed it."""
    process.join(LONGEST)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise TimeoutError(f"a command did not end in {LONGEST:.0f} s")
    return process.exitcode


def _run(arguments: list[str], told: str) -> None:
    descriptor = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(descriptor, stream)
    from freshrec.cli import app

    app(arguments, prog_name="freshrec")


def kill_rounds(runner: Runner, arguments: Sequence[object], rounds: int, number: signal.Signals, seed: int) -> Outcome:
    """Send a signal at a random time, again in a fifth of the restarts, and go on until the command ends well."""
    outcome, random, log = Outcome(), Random(seed), runner.log()
    expected, whole = {}, 0.0
    for name in ("first", "second"):  # The first one also waits for the libraries.
        reference, began = runner.folder / f"{number.name}-{name}", time.monotonic()
        if runner.run([*arguments, "--data", log, "--out", reference], runner.folder / "told.txt") != 0:
            raise ValueError((runner.folder / "told.txt").read_text())
        whole, expected = time.monotonic() - began, content(reference)
    for each in range(rounds):
        out, told, again = runner.folder / f"{number.name}-{each}", runner.folder / f"{number.name}-{each}.txt", True
        while again:
            process = runner.start([*arguments, "--data", log, "--out", out], told)
            time.sleep(random.uniform(0, whole))
            if process.is_alive() and process.pid:
                os.kill(process.pid, number)
            outcome.count(ended(process))
            again = random.random() < 0.2
        code = outcome.count(runner.run([*arguments, "--data", log, "--out", out], told))
        outcome.rounds += 1
        _check(outcome, f"round {each}", code, told, out, expected)
    return outcome


def pair_rounds(runner: Runner, arguments: Sequence[object], rounds: int, seed: int) -> Outcome:
    """Start a command twice at about the same time with one folder: one ends well, and the folder stays usable."""
    outcome, random, log = Outcome(), Random(seed), runner.log()
    reference = runner.folder / f"alone-{arguments[0]}"
    if runner.run([*arguments, "--data", log, "--out", reference], runner.folder / "told.txt") != 0:
        raise ValueError((runner.folder / "told.txt").read_text())
    expected = content(reference)
    for each in range(rounds):
        out = runner.folder / f"pair-{arguments[0]}-{each}"
        told = [runner.folder / f"pair-{arguments[0]}-{each}-{number}.txt" for number in (0, 1)]
        processes = []
        for path in told:
            processes.append(runner.start([*arguments, "--data", log, "--out", out], path))
            time.sleep(random.choice((0.0, random.uniform(0, 0.3))))
        codes = [outcome.count(ended(process)) for process in processes]
        outcome.rounds += 1
        if 0 not in codes:
            outcome.faults.append(f"round {each}: none ended well: {codes}")
        for code, path in zip(codes, told, strict=True):
            text = path.read_text()
            if code not in (0, 2) or (code == 2 and "another process" not in text and "exists already" not in text):
                outcome.faults.append(f"round {each}: exit code {code}, {text[-300:]!r}")
        # `prepare` refuses a folder that is there; the others show or go on with what is in it.
        code = 0 if arguments[0] == "prepare" else runner.run([*arguments, "--data", log, "--out", out], told[0])
        _check(outcome, f"round {each}", code, told[0], out, expected)
    return outcome


def _check(outcome: Outcome, name: str, code: int, told: Path, out: Path, expected: object) -> None:
    text = told.read_text()
    if code != 0 or "Traceback" in text:
        outcome.faults.append(f"{name}: exit code {code}, {text[-300:]!r}")
    elif content(out) != expected:
        outcome.faults.append(f"{name}: it ended with other results")
    if left := [str(path) for path in out.rglob("*.staged")]:
        outcome.faults.append(f"{name}: {left} was left behind")


def content(out: Path) -> dict[str, object]:
    """What a command wrote, but for times."""
    found: dict[str, object] = {}
    for name in ("results.csv", "summary.csv", "trials.csv"):
        if (out / name).exists():
            with (out / name).open(newline="") as file:
                lines = list(csv.DictReader(file))
            found[name] = [{key: cell for key, cell in line.items() if "seconds" not in key} for line in lines]
    for name in ("slices.csv", "tuned.toml", "manifest.json", "prepared/manifest.json"):
        if (out / name).exists():
            found[name] = (out / name).read_bytes()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=40, help="rounds of kill -9 of compare")
    parser.add_argument("--terminations", type=int, default=20, help="rounds of SIGTERM")
    parser.add_argument("--pairs", type=int, default=50, help="rounds of two processes, of compare and of prepare")
    parser.add_argument("--seed", type=int, default=0, help="of the times")
    given, faults = parser.parse_args(), 0
    with tempfile.TemporaryDirectory(prefix="freshrec-processes-") as name:
        runner = Runner(Path(name))
        (runner.folder / "small.toml").write_text(
            "dim = 4\nreplicates = 20\n[base]\nbatch_size = 16\n[pretraining]\nepochs = 3\n"
        )
        small = ("--config", runner.folder / "small.toml")
        compare = ("compare", "--methods", "iu,rsg", "--periods", 8, *small)
        least = ("compare", "--methods", "iu", "--periods", 4, *small)
        rounds: dict[str, Callable[[], Outcome]] = {
            "two of compare": lambda: pair_rounds(runner, least, given.pairs, given.seed),
            "two of prepare": lambda: pair_rounds(runner, ("prepare", "--periods", 8), given.pairs, given.seed),
            "kill -9 of compare": lambda: kill_rounds(runner, compare, given.kills, signal.SIGKILL, given.seed),
            "SIGTERM to compare": lambda: kill_rounds(runner, compare, given.terminations, signal.SIGTERM, given.seed),
        }
        for title, run in rounds.items():
            outcome = run()
            print(f"{title}: {outcome}", flush=True)
            for fault in outcome.faults:
                print(f"  {fault}")
            faults += len(outcome.faults)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
