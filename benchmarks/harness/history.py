"""Earlier runs, a line each in a file that only grows, and how the newest compares with them."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.entry import Entry, Row
from measured import Measured

__all__ = ["Change", "append", "changes", "read"]

LAST = 5
"""How many earlier runs are looked at."""
WORSE = 0.1
"""The share by which a ratio may be worse before it is marked."""
WORSE_TIMED = 0.25
"""The same for figures that are not compared with anything, and move with the machine."""


@dataclass(frozen=True)
class Change:
    """One figure beside what it used to be.

    Attributes:
        row: which one.
        now: in this run.
        before: the median of earlier ones.
        runs: how many those were.
        gain: now over before, or before over now where less is better; below 1 is worse.
        is_ratio: whether it is a ratio to something taken in turn with it.
        busy: whether something else ran on the machine this time.
    """

    row: Row
    now: float
    before: float
    runs: int
    gain: float
    is_ratio: bool
    busy: bool

    @property
    def worse(self) -> bool:
        """Whether it has slid by more than such figures do by themselves."""
        return self.gain < 1 - (WORSE if self.is_ratio else WORSE_TIMED)

    def __str__(self) -> str:
        mark = "WORSE   " if self.worse else "        "
        name = "ratio" if self.is_ratio else "figure"
        busy = "; the machine was busy" if self.busy else ""
        return (
            f"{mark}{self.row}: {name} {self.now:,.4g}, before {self.before:,.4g} (median of {self.runs}), "
            f"{self.gain - 1:+.0%}{busy}"
        )


def read(path: Path) -> list[Entry]:
    """The runs so far, oldest first; none without the file.

    Raises:
        ValueError: a line is not one that `append` wrote.
    """
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    entries = []
    for number, line in enumerate(lines, start=1):
        try:
            entries.append(Entry.of(line))
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: {error}. Restore the line, or remove it.") from error
    return entries


def append(path: Path, entry: Entry) -> None:
    """Add a run to the file."""
    with path.open("a", encoding="utf-8") as file:
        file.write(entry.line() + "\n")


def changes(entry: Entry, earlier: Sequence[Entry]) -> list[Change]:
    """How a run compares with the last ones on its machine, ratios first, the rest of the figures after them.

    Outcomes of a busy machine are not compared with. What was not measured before is left out.
    """
    runs = [each for each in earlier if each.host.is_machine_of(entry.host)]
    found = [change for outcome in entry.outcomes for change in _changes_of(dict(outcome.rows()), outcome.busy, runs)]
    return sorted(found, key=lambda change: not change.is_ratio)


def _changes_of(rows: dict[Row, Measured], busy: bool, runs: Sequence[Entry]) -> Iterator[Change]:
    for row, measured in rows.items():
        before = [
            rows_then[row]
            for run in runs
            for outcome in run.outcomes
            if not outcome.busy and row in (rows_then := dict(outcome.rows()))
        ][-LAST:]
        is_ratio = measured.ratio is not None
        values = [value for each in before if (value := each.ratio if is_ratio else each.value)]
        now = measured.ratio or measured.value
        if values and now:
            median = statistics.median(values)
            gain = now / median if is_ratio or measured.more_is_better else median / now
            yield Change(row, now, median, len(values), gain, is_ratio, busy)
