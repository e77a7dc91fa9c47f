"""Progress on stderr: bars with the time left on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as RichProgress

from freshrec.progress import Progress

__all__ = ["shown_progress"]

LONG_MEMORY = 3600.0
"""Seconds of the past that the time left is estimated from: a period may take minutes."""
OFTEN = 10.0
"""Seconds between two lines of one piece of work, at least."""
SELDOM = 60.0
"""Seconds without a line after which one is said of a step."""


@contextmanager
def shown_progress(console: Console | None = None, clock: Callable[[], float] = time.monotonic) -> Iterator[Progress]:
    """Show progress for as long as the block runs; nothing of it goes to stdout.

    Args:
        console: where; by default stderr.
        clock: gives seconds, for lines.
    """
    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(console, clock)
        return
    with RichProgress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        speed_estimate_period=LONG_MEMORY,
    ) as bars:
        yield _Bars(bars)


class _Bars:
    """A bar for the whole work, and below it one for the part under way."""

    def __init__(self, bars: RichProgress) -> None:
        self._bars = bars
        self._whole: tuple[int, TaskID] | None = None
        self._part: tuple[str, TaskID] | None = None

    def overall(self, text: str, done: int, total: int) -> None:
        # Another total is other work, whose pace says nothing of how long this one takes.
        if self._whole is None or self._whole[0] != total:
            for shown in filter(None, (self._whole, self._part)):
                self._bars.remove_task(shown[1])
            self._whole, self._part = (total, self._bars.add_task(text, total=total)), None
        self._bars.update(self._whole[1], description=text, completed=done)

    def step(self, text: str, done: int, total: int) -> None:
        if self._part is None or self._part[0] != text:
            if self._part is not None:
                self._bars.remove_task(self._part[1])
            self._part = (text, self._bars.add_task(text))
        self._bars.update(self._part[1], completed=done, total=total)


class _Lines:
    """A line when a run or other work begins and ends, and in between every ten seconds at most.

    Where a part takes long, a line says each minute which of its steps it is at, and so which method.
    """

    def __init__(self, console: Console, clock: Callable[[], float]) -> None:
        self._console, self._clock = console, clock
        self._work: tuple[str, int] | None = None
        self._text, self._done, self._total = "", 0, -1
        self._began, self._first, self._said = 0.0, 0, 0.0

    def overall(self, text: str, done: int, total: int) -> None:
        now, work = self._clock(), (text.partition(":")[0].rstrip(" 0123456789"), total)
        if total != self._total or done < self._done:
            self._began, self._first = now, done
        self._text, self._done, self._total = text, done, total
        if work != self._work or done == total or now >= self._said + OFTEN:
            self._work = work
            self._say(text, now)

    def step(self, text: str, done: int, total: int) -> None:
        now = self._clock()
        if self._work and now >= self._said + SELDOM:
            self._say(f"{self._text}, {text} {done}/{total}", now)

    def _say(self, text: str, now: float) -> None:
        self._said = now
        line = f"[{self._done}/{self._total}] {text}{self._left(now)}"
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _left(self, now: float) -> str:
        """How long it will take, at the pace of what was done since it began here."""
        if not self._first < self._done < self._total:
            return ""
        pace = (now - self._began) / (self._done - self._first)
        return f", {_told(pace * (self._total - self._done))} left"


def _told(seconds: float) -> str:
    """A time that is only an estimate."""
    if seconds < 90:
        return f"about {max(seconds, 1):.0f} s"
    minutes = round(seconds / 60)
    return f"about {minutes} min" if minutes < 90 else f"about {minutes // 60} h {minutes % 60} min"
