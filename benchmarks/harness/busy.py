"""What else runs on the machine meanwhile: figures of a busy one mean little, above all on several threads."""

import os
import resource
import time
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Snapshot", "others_since", "snapshot"]

STAT = Path("/proc/stat")


@dataclass(frozen=True)
class Snapshot:
    """CPU seconds until a moment.

    Attributes:
        at: the moment, in seconds of a clock that only goes on.
        own: of this process and of its children that have ended.
        all: of the whole machine since it started, what a host took from it included; None where it does not tell.
    """

    at: float
    own: float
    all: float | None


def snapshot() -> Snapshot:
    """CPU seconds until now."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    own = sum(usage.ru_utime + usage.ru_stime for usage in usages)
    return Snapshot(time.perf_counter(), own, _of_machine())


def others_since(before: Snapshot) -> float | None:
    """How many cores other processes took on average since then; None where the system does not tell."""
    now = snapshot()
    if now.all is None or before.all is None:
        return None
    # Ticks of a hundredth of a second: a little may seem to be less than nothing.
    return max(0.0, (now.all - before.all - (now.own - before.own)) / (now.at - before.at))


def _of_machine() -> float | None:
    """The first line of Linux's /proc/stat: ticks of user, nice, system, idle, iowait, irq, softirq and steal."""
    try:
        ticks = [int(field) for field in STAT.read_text().splitlines()[0].split()[1:9]]
    except (OSError, IndexError, ValueError):
        return None
    idle = sum(ticks[3:5])
    return (sum(ticks) - idle) / os.sysconf("SC_CLK_TCK")
