"""The order in which samples are fed: every epoch is a seeded permutation, cut into batches."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from freshrec.data import Batch, Samples
from freshrec.seeds import numpy_rng

__all__ = ["Parallel", "Shuffled"]


@dataclass(frozen=True)
class Shuffled:
    """Batches of at most `size` samples, each sample once an epoch, every epoch in an order of its own."""

    samples: Samples
    size: int
    epochs: int
    seed: int

    def __len__(self) -> int:
        """How many batches there are in all epochs together."""
        return -(-len(self.samples) // self.size) * self.epochs

    def __iter__(self) -> Iterator[Batch]:
        for epoch in range(self.epochs):
            order = numpy_rng(self.seed, "epoch", epoch).permutation(len(self.samples))
            yield from self.samples.batches(self.size, order)


@dataclass(frozen=True)
class Parallel:
    """One batch of each set at a time: all sets are cut into as many batches as the largest needs.

    Unequal sets give batches of unequal sizes, so that every sample of every set is used once an epoch. A set with
    fewer samples than batches gives some empty ones.
    """

    sets: tuple[Samples, ...]
    size: int
    epochs: int
    seed: int

    def __len__(self) -> int:
        """How many steps there are in all epochs together."""
        return self._steps() * self.epochs

    def __iter__(self) -> Iterator[tuple[Batch, ...]]:
        steps = self._steps()
        for epoch in range(self.epochs):
            orders = [
                np.array_split(numpy_rng(self.seed, "set", number, "epoch", epoch).permutation(len(samples)), steps)
                for number, samples in enumerate(self.sets)
                if steps
            ]
            for step in range(steps):
                yield tuple(samples.batch(order[step]) for samples, order in zip(self.sets, orders, strict=True))

    def _steps(self) -> int:
        return -(-max((len(samples) for samples in self.sets), default=0) // self.size)
