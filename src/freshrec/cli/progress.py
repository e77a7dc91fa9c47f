"""Progress on stderr: bars with the time left on a terminal, a line for each part of the work elsewhere."""

from collections.abc import Iterator
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


@contextmanager
def shown_progress(console: Console | None = None) -> Iterator[Progress]:
    """Show progress for as long as the block runs; nothing of it goes to stdout."""
    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(console)
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
    """A line whenever another part of the work begins; steps are too many for a log."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = ""

    def overall(self, text: str, done: int, total: int) -> None:
        line = f"[{done}/{total}] {text}"
        if line != self._last:
            self._last = line
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def step(self, text: str, done: int, total: int) -> None:
        """Say nothing."""
