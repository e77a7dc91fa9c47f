"""Telling how far long work has come; the library tells, whoever runs it shows."""

from dataclasses import dataclass
from typing import Protocol

__all__ = ["Named", "Progress", "Silent"]


class Progress(Protocol):
    """Receives word of long work; called from the thread that works."""

    def overall(self, text: str, done: int, total: int) -> None:
        """The whole work: `done` of `total` parts are finished and `text` is under way."""

    def step(self, text: str, done: int, total: int) -> None:
        """The part under way: `done` of `total` of its steps are finished."""


class Silent:
    """Shows nothing: the default in the library."""

    def overall(self, text: str, done: int, total: int) -> None:
        """Say nothing."""

    def step(self, text: str, done: int, total: int) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Named:
    """Passes on what it is told, every step under a name before it."""

    name: str
    to: Progress

    def overall(self, text: str, done: int, total: int) -> None:
        """Pass it on."""
        self.to.overall(text, done, total)

    def step(self, text: str, done: int, total: int) -> None:
        """Pass it on, with the name."""
        self.to.step(f"{self.name}: {text}", done, total)
