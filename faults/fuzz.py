"""Prepares generated logs with damage, and checks that nothing crashes and nothing is miscounted.

python faults/fuzz.py --logs 1000
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
from typer.testing import CliRunner, Result

from freshrec import Stream
from freshrec.cli import app
from generated_logs import KINDS, GeneratedLog, generate

__all__ = ["Fuzzed", "check", "fuzz"]

TOLERATED = 0.05


@dataclass
class Fuzzed:
    """What came of some logs.

    Attributes:
        logs: how many there were.
        used: how many of them became streams.
        damage: how often each kind of damage was met.
        faults: what should not have happened, by the log's number.
    """

    logs: int = 0
    used: int = 0
    damage: Counter[str] = field(default_factory=Counter)
    faults: dict[int, str] = field(default_factory=dict)


def fuzz(logs: int, seed: int = 0) -> Fuzzed:
    """Prepare so many logs; the same for the same seed."""
    found = Fuzzed()
    for number in range(logs):
        folder = Path(tempfile.mkdtemp(prefix="freshrec-fuzz-"))
        try:
            log = generate(number, folder, seed)
            found.logs += 1
            found.damage.update(log.damage)
            out = folder / "out"
            command = ["prepare", "--data", str(log.path), "--out", str(out), *log.options]
            try:
                done = CliRunner().invoke(app, command, prog_name="freshrec")
                fault = check(log, done, out)
                found.used += done.exit_code == 0
            except pl.exceptions.PanicException as error:  # It is no Exception, so that nobody catches it by mistake.
                fault = repr(error)
            if fault:
                found.faults[number] = f"{log.path.name} with {', '.join(log.damage) or 'no damage'}: {fault}"
        finally:
            shutil.rmtree(folder)
    return found


def check(log: GeneratedLog, done: Result, out: Path) -> str | None:
    """What is wrong with the outcome of preparing a log; None where nothing is."""
    if done.exit_code not in (0, 2) or (done.exception and not isinstance(done.exception, SystemExit)):
        return f"exit code {done.exit_code}: {done.exception!r}"
    left = sorted(path.name for path in out.parent.iterdir() if path not in (out, log.path))
    if left:
        return f"{', '.join(left)} was left behind"
    if done.exit_code == 2:
        return _check_refusal(log, done, out)
    rows = json.loads((out / "manifest.json").read_bytes())["rows"]
    if rows["in"] != sum(count for name, count in rows.items() if name != "in"):
        return f"the counts do not add up: {rows}"
    stream = Stream.open(out)
    samples = [period.samples() for period in stream.periods]
    explicit = stream.manifest["labels"] == "explicit"
    interactions = sum(len(each) if explicit else int(each.label.sum()) for each in samples)
    if interactions != rows["used"]:
        return f"{interactions} interactions are in the samples, but {rows['used']} rows were used"
    if log.clean is None:
        return None
    expected = {"in": log.rows, "quarantined": log.malformed, "duplicates": log.duplicates, "used": log.clean.height}
    if any(rows[name] != count for name, count in expected.items()):
        return f"{rows} were counted, expected {expected}"
    fields = ("colour",) if "--item-field" in log.options else ()
    alone = Stream.from_frame(log.clean, periods=int(log.options[1]), item_fields=fields)
    if _periods(stream) != json.loads(json.dumps(_periods(alone))):
        return "the malformed rows changed the stream"
    return None


def _periods(stream: Stream) -> list[dict[str, Any]]:
    """What is said of each period, but for the chain, which tells settings apart as well."""
    return [{name: each for name, each in period.items() if name != "chain"} for period in stream.manifest["periods"]]


def _check_refusal(log: GeneratedLog, done: Result, out: Path) -> str | None:
    message = done.stderr
    if out.exists():
        return "a refused log left a folder"
    if "Error: " not in message or "Traceback" in message:
        return f"it was refused with {message!r}"
    if log.clean is not None and log.malformed <= TOLERATED * log.rows:
        return f"it was refused: {message.strip()}"
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logs", type=int, default=1_000, help="how many")
    parser.add_argument("--seed", type=int, default=0, help="of all of them")
    given = parser.parse_args()
    found = fuzz(given.logs, given.seed)
    kinds = [kind for kind in KINDS if found.damage[kind]]
    print(
        f"{found.logs:,} logs with {sum(found.damage.values()):,} damages of {len(kinds)} kinds: {found.used:,} were "
        f"used, {found.logs - found.used:,} refused, {len(found.faults)} faults"
    )
    for number, fault in found.faults.items():
        print(f"  log {number}: {fault}")
    sys.exit(1 if found.faults else 0)


if __name__ == "__main__":
    main()
