"""The order in which samples are fed: every epoch is a seeded permutation of units, cut into batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from freshrec.data import Batch, Samples
from freshrec.seeds import numpy_rng
from freshrec.training.objective import LOG, Objective

__all__ = ["Parallel", "Shuffled"]

Rows = npt.NDArray[np.int64]

AHEAD = 8
"""Batches that are made together and cut: a training step leaves nothing of the samples in the processor's cache."""


@dataclass(frozen=True)
class Shuffled:
    """Batches of at most `size` samples, each unit once an epoch, every epoch in an order of its own.

    What a unit is, a sample or a pair of them, the objective says; with units of W samples, `size` is at least W.
    `block` consecutive units stay together, in their order: only blocks are shuffled.
    """

    samples: Samples
    size: int
    epochs: int
    seed: int
    objective: Objective = LOG
    block: int = 1

    def __len__(self) -> int:
        """How many batches there are in all epochs together."""
        return -(-len(self._units) // self._each) * self.epochs

    def __iter__(self) -> Iterator[Batch]:
        for epoch in range(self.epochs):
            order = self._order(numpy_rng(self.seed, "epoch", epoch))
            parts = [order[first : first + self._each] for first in range(0, len(order), self._each)]
            yield from _batches(self.samples, self._units, parts)

    def _order(self, rng: np.random.Generator) -> Rows:
        """The units in the order in which they are fed."""
        count = len(self._units)
        blocks = rng.permutation(-(-count // self.block))
        order: Rows = (blocks[:, None] * self.block + np.arange(self.block)).ravel()
        return order[order < count]

    @property
    def _each(self) -> int:
        """Units in a batch, at most."""
        return self.size // self.objective.width

    @cached_property
    def _units(self) -> Rows:
        return self.objective.units(self.samples)


@dataclass(frozen=True)
class Parallel:
    """One batch of each set at a time: all sets are cut into as many batches as the largest needs.

    Unequal sets give batches of unequal sizes, so that every unit of every set is used once an epoch. A set with fewer
    units than batches gives some empty ones.
    """

    sets: tuple[Samples, ...]
    size: int
    epochs: int
    seed: int
    objective: Objective = LOG

    def __len__(self) -> int:
        """How many steps there are in all epochs together."""
        return self._steps * self.epochs

    def __iter__(self) -> Iterator[tuple[Batch, ...]]:
        for epoch in range(self.epochs if self._steps else 0):
            fed = []
            for number, (samples, units) in enumerate(zip(self.sets, self._units, strict=True)):
                order = numpy_rng(self.seed, "set", number, "epoch", epoch).permutation(len(units))
                fed.append(_batches(samples, units, np.array_split(order, self._steps)))
            yield from zip(*fed, strict=True)

    @property
    def _steps(self) -> int:
        """Steps of an epoch."""
        return -(-max(map(len, self._units), default=0) // (self.size // self.objective.width))

    @cached_property
    def _units(self) -> tuple[Rows, ...]:
        return tuple(map(self.objective.units, self.sets))


def _batches(samples: Samples, units: Rows, parts: Sequence[Rows]) -> Iterator[Batch]:
    """A batch of each part of the units [U, W]: the first samples of all units of the part, then the second ones."""
    for first in range(0, len(parts), AHEAD):
        rows = [units[part].T.ravel() for part in parts[first : first + AHEAD]]
        several, end = samples.batch(np.concatenate(rows)), 0
        for each in rows:
            begin, end = end, end + len(each)
            yield several.part(begin, end)
