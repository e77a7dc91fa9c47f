"""What one run of the benchmarks leaves: the machine, the code, and the outcome of every benchmark."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self, TypeAlias

from measured import Measured

__all__ = ["BUSY", "Entry", "Host", "Outcome", "Row"]

BUSY = 0.1
"""Cores that other processes may take before figures are said to be of a busy machine."""


@dataclass(frozen=True)
class Row:
    """What names a figure from run to run."""

    benchmark: str
    threads: int
    what: str
    against: str | None

    def __str__(self) -> str:
        against = f" against {self.against}" if self.against else ""
        return f"{self.benchmark}, {counted(self.threads, 'thread')}: {self.what}{against}"


@dataclass(frozen=True)
class Host:
    """What the figures depend on beside the code.

    Attributes:
        processor: its name, as the system tells it.
        cores: how many it has, hardware threads counted singly.
        memory: GiB, to a tenth.
        system: its name and the architecture.
        versions: of Python and of the packages that do the work.
    """

    processor: str
    cores: int
    memory: float
    system: str
    versions: Mapping[str, str]

    def is_machine_of(self, other: "Host") -> bool:
        """Whether both are one machine as far as can be told, whatever runs on it."""
        return (self.processor, self.cores, self.memory, self.system) == (
            other.processor,
            other.cores,
            other.memory,
            other.system,
        )

    def __str__(self) -> str:
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        return f"{self.processor}, {counted(self.cores, 'core')}, {self.memory} GiB, {self.system}; {versions}"


@dataclass(frozen=True)
class Outcome:
    """One benchmark on one number of threads.

    Attributes:
        benchmark: its name.
        threads: how many torch and the compiled paths worked on.
        measured: what it handed back.
        seconds: how long its process ran.
        others: how many cores other processes took meanwhile; None where the system does not tell.
        resource: peak of resident memory in MiB, by `resource.getrusage` in its process.
        system: the same in MiB, by the system's own account (VmHWM of /proc); None where there is none.
    """

    benchmark: str
    threads: int
    measured: tuple[Measured, ...]
    seconds: float
    others: float | None
    resource: float
    system: float | None

    @property
    def busy(self) -> bool:
        """Whether so much else ran that the figures mean little."""
        return self.others is not None and self.others > BUSY

    def rows(self) -> Iterator[tuple[Row, Measured]]:
        """The figures under their names."""
        for each in self.measured:
            yield Row(self.benchmark, self.threads, each.what, each.against), each


@dataclass(frozen=True)
class Entry:
    """One run of the benchmarks.

    Attributes:
        date: when it began, with its time zone.
        commit: of the code, in full.
        clean: whether the working tree was as committed.
        host: what it ran on.
        outcomes: of each benchmark and number of threads.
    """

    date: datetime
    commit: str
    clean: bool
    host: Host
    outcomes: tuple[Outcome, ...]

    def line(self) -> str:
        """The entry as one line of JSON."""
        return json.dumps({**asdict(self), "date": self.date.isoformat()})

    @classmethod
    def of(cls, line: str) -> Self:
        """The entry of a line.

        Raises:
            ValueError: it is no line that an entry made.
        """
        try:
            held = json.loads(line)
            outcomes = tuple(_outcome(each) for each in held.pop("outcomes"))
            date, host = datetime.fromisoformat(held.pop("date")), Host(**held.pop("host"))
            return cls(date=date, host=host, outcomes=outcomes, **held)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"not the entry of a run of the benchmarks ({error!r}): {line[:80]}") from error


_Held: TypeAlias = dict[str, Any]


def _outcome(held: _Held) -> Outcome:
    return Outcome(measured=tuple(Measured(**each) for each in held.pop("measured")), **held)


def counted(number: int, what: str) -> str:
    """The number of some things, in words as they are said."""
    return f"{number} {what}{'s' if number != 1 else ''}"
