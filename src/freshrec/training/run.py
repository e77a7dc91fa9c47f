"""What every updater is given beside its state: the model's structure, the seed and work shared with others."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from torch import nn

from freshrec.kernels import one_torch_thread
from freshrec.params import tables_of
from freshrec.progress import Progress, Silent
from freshrec.seeds import derive
from freshrec.training.shared import Shared

__all__ = ["Run"]

SMALL = 100_000
T = TypeVar("T")
Item = TypeVar("Item", covariant=True)


class Batches(Protocol[Item]):
    """What is fed, and how much of it there is."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Item]: ...


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
