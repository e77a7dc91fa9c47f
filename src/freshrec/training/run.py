"""What every updater is given beside its state: the model's structure, the seed and work shared with others."""

import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol, TypeVar, cast

from torch import nn

from freshrec.kernels import one_torch_thread
from freshrec.params import tables_of
from freshrec.progress import Progress, Silent
from freshrec.seeds import derive

__all__ = ["Run", "Shared"]

SMALL = 100_000
T = TypeVar("T")
Item = TypeVar("Item", covariant=True)


class Batches(Protocol[Item]):
    """What is fed, and how much of it there is."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Item]: ...


class Shared:
    """Work that several updaters of one run need at the same period, done once.

    What comes of it must depend on the run's seed, the updater's configuration and the finished periods alone, so that
    taking it from here instead of doing it again cannot change a result. Only the newest period's work is kept.

    Attributes:
        borrowed: seconds that were saved so far by not doing work again.
    """

    def __init__(self) -> None:
        self.borrowed = 0.0
        self._period = -1
        self._done: dict[Hashable, tuple[object, float]] = {}

    def once(self, period: int, key: Hashable, work: Callable[[], T]) -> T:
        """The outcome of `work`, done at the first call for this period and key."""
        if period != self._period:
            self._period, self._done = period, {}
        if key in self._done:
            outcome, seconds = self._done[key]
            self.borrowed += seconds
            return cast(T, outcome)
        start = time.perf_counter()
        made = work()
        self._done[key] = (made, time.perf_counter() - start)
        return made


@dataclass(frozen=True)
class Run:
    """One seeded pass over a stream.

    Attributes:
        model: the structure that parameters are applied to; its own parameters are never read nor changed.
        seed: the root of all randomness of the run.
        progress: is told of long work.
        shared: work shared between the updaters of this run.
    """

    model: nn.Module
    seed: int = 0
    progress: Progress = field(default_factory=Silent, compare=False)
    shared: Shared = field(default_factory=Shared, compare=False)

    def threading(self) -> AbstractContextManager[None]:
        """To be entered while the model is fitted or scored: torch on one thread where the model is small.

        Small means that fewer than a hundred thousand parameters are outside the embedding tables; the products of
        larger models gain from several threads.
        """
        tables = tables_of(self.model)
        dense = sum(parameter.numel() for name, parameter in self.model.named_parameters() if name not in tables)
        return one_torch_thread() if dense < SMALL else nullcontext()

    def watched(self, text: str, batches: Batches[T]) -> Iterator[T]:
        """The batches one after another, telling the progress of each that is done with."""
        total = len(batches)
        for done, batch in enumerate(batches, start=1):
            yield batch
            self.progress.step(text, done, total)

    def seed_for(self, *purpose: str | int) -> int:
        """The derived seed of one purpose in this run."""
        return derive(self.seed, *purpose)
