"""Numbers as a model can take them: on a scale, or in bins, that finished periods tell.

The first period has no periods before it, so that its numbers have no scale: they count as missing.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Self, TypeAlias

import numpy as np
import numpy.typing as npt

from freshrec.hashing import hash_columns

__all__ = ["LIMIT", "QUANTILE_SAMPLE", "Running", "RunningMoments", "RunningQuantiles", "bins_of", "scales_of"]

Floats = npt.NDArray[np.float64]

LIMIT = 10.0
"""Standard deviations beyond which a standardised number is cut off: a mistyped price must not move a whole batch."""

QUANTILE_SAMPLE = 8_192
"""How many numbers quantiles are computed from at most."""


def standardised(numbers: Floats, mean: float, deviation: float) -> npt.NDArray[np.float32]:
    """Differences [N] from a mean in standard deviations, within +-`LIMIT`; 0 for NaN, and where the deviation is 0."""
    if not deviation:
        return np.zeros(len(numbers), np.float32)
    scaled = np.clip((numbers - mean) / deviation, -LIMIT, LIMIT)
    return np.nan_to_num(scaled, nan=0.0).astype(np.float32)


def binned(numbers: Floats, edges: Floats) -> npt.NDArray[np.int32]:
    """The bin of each number between some edges, from 1 on, int32 [N]; 0 for NaN, and where there are no edges."""
    if not len(edges):
        return np.zeros(len(numbers), np.int32)
    return np.where(np.isnan(numbers), 0, np.searchsorted(edges, numbers) + 1).astype(np.int32)


@dataclass(frozen=True)
class RunningMoments:
    """Count, mean and sum of squared differences of all numbers seen so far (Chan, Golub and LeVeque, 1979).

    >>> RunningMoments().after(np.array([1.0, 3.0])).after(np.array([np.nan, 8.0])).mean
    4.0
    """

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0

    def after(self, numbers: Floats) -> Self:
        """The moments after one more period's numbers [N]; NaN is a missing one."""
        present = numbers[~np.isnan(numbers)]
        if not len(present):
            return self
        mean, count = float(present.mean()), self.count + len(present)
        shift = mean - self.mean
        return type(self)(
            count,
            self.mean + shift * len(present) / count,
            self.squares + float(((present - mean) ** 2).sum()) + shift**2 * self.count * len(present) / count,
        )

    def standardised(self, numbers: Floats) -> npt.NDArray[np.float32]:
        """Differences from the mean in standard deviations, within +-`LIMIT`, float32 [N].

        A missing number is 0, which is the mean; so is every number while fewer than two different ones were seen.
        """
        return standardised(numbers, self.mean, self.deviation)

    @property
    def deviation(self) -> float:
        """The standard deviation; 0 while fewer than two different numbers were seen."""
        return math.sqrt(self.squares / self.count) if self.count else 0.0


@dataclass(frozen=True)
class RunningQuantiles:
    """A uniform sample of all numbers seen so far: those whose rows have the smallest hashes.

    Which numbers are in it depends on the numbers of their rows in the log alone, not on how the log was cut.

    Attributes:
        seed: of the hashes.
        seen: how many rows were seen.
        hashes: uint64 [S], ascending, S <= `QUANTILE_SAMPLE`.
        numbers: float64 [S].
    """

    seed: int
    seen: int = 0
    hashes: npt.NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))
    numbers: Floats = field(default_factory=lambda: np.zeros(0))

    def after(self, numbers: Floats) -> Self:
        """The sample after one more period's numbers [N]; NaN is a missing one."""
        present = np.flatnonzero(~np.isnan(numbers))
        hashes = np.concatenate([self.hashes, hash_columns(self.seed, self.seen + present)])
        order = np.argsort(hashes, kind="stable")[:QUANTILE_SAMPLE]
        pool = np.concatenate([self.numbers, numbers[present]])
        return type(self)(self.seed, self.seen + len(numbers), hashes[order], pool[order])

    def bins(self, numbers: Floats, count: int) -> npt.NDArray[np.int32]:
        """The bin of each number, from 1 to `count`, int32 [N]; 0 for a missing one, and while none was seen.

        Bin b holds the numbers above the quantile (b - 1) / count, up to the quantile b / count.
        """
        return binned(numbers, self.edges(count))

    def edges(self, count: int) -> Floats:
        """The quantiles between the bins, float64 [count - 1]; none while no number was seen."""
        if not len(self.numbers):
            return np.zeros(0)
        return np.quantile(self.numbers, np.arange(1, count) / count, method="inverted_cdf")


Running: TypeAlias = RunningMoments | RunningQuantiles
"""What finished periods tell of a column of numbers."""


def scales_of(
    numbers: Floats, bounds: npt.NDArray[np.int64], before: RunningMoments | None = None
) -> tuple[RunningMoments, ...]:
    """The moments before each of P periods, and after the last.

    Args:
        numbers: [N], of all rows.
        bounds: [P + 1], where each period begins.
        before: the moments before the first period.
    """
    scales = [before or RunningMoments()]
    for part in _periods(numbers, bounds):
        scales.append(scales[-1].after(part))
    return tuple(scales)


def bins_of(
    numbers: Floats, bounds: npt.NDArray[np.int64], count: int, before: RunningQuantiles
) -> tuple[npt.NDArray[np.int32], RunningQuantiles, tuple[Floats, ...]]:
    """The bin of each number by the quantiles of the periods before its own, as `RunningQuantiles.bins` gives it.

    Args:
        numbers: [N], of all rows.
        bounds: [P + 1], where each period begins.
        count: how many bins.
        before: the quantiles before the first period.

    Returns:
        The bins int32 [N], the quantiles after the last period, and the edges after each.
    """
    quantiles, bins, edges = before, [np.zeros(0, np.int32)], []
    for part in _periods(numbers, bounds):
        bins.append(quantiles.bins(part, count))
        quantiles = quantiles.after(part)
        edges.append(quantiles.edges(count))
    return np.concatenate(bins), quantiles, tuple(edges)


def _periods(numbers: Floats, bounds: npt.NDArray[np.int64]) -> Iterator[Floats]:
    return (numbers[begin:end] for begin, end in pairwise(bounds))
