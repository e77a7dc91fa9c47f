"""A uniform choice among all samples seen so far, in bounded memory: Vitter, "Random Sampling with a Reservoir", ACM
Transactions on Mathematical Software, 1985 (Algorithm R).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from freshrec.data import Samples, Schema, join, take_windows

__all__ = ["Reservoir", "algorithm_r"]

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Reservoir:
    """At most `capacity` samples, chosen uniformly among the `seen` ones that were offered, with their histories.

    Attributes:
        capacity: how many it can hold.
        seen: how many were offered so far.
        columns: `Samples.arrays`, N = min(capacity, seen) rows; `positives` holds the rows' own histories, one row
            after another, so no period is needed to read them.
    """

    capacity: int
    seen: int
    columns: Mapping[str, Tensor]

    @classmethod
    def empty(cls, capacity: int, samples: Samples) -> "Reservoir":
        """A reservoir for samples like the given ones, that was offered nothing yet."""
        return cls(capacity, 0, _compact(samples.take(slice(0))))

    def samples(self, schema: Schema) -> Samples:
        """What it holds; not to be written to."""
        return Samples.of_arrays(schema, {name: column.numpy() for name, column in self.columns.items()})

    def offered(self, samples: Samples, rows: Rows, rng: np.random.Generator) -> "Reservoir":
        """The reservoir after the given rows of `samples` were offered to it, in their order."""
        held = self.samples(samples.schema)
        pool = np.concatenate([np.arange(len(held)), len(held) + rows])
        kept = pool[algorithm_r(self.capacity, self.seen, len(rows), rng)]
        columns = _compact(join([held, samples]).take(kept))
        return Reservoir(self.capacity, self.seen + len(rows), columns)


def algorithm_r(capacity: int, seen: int, offered: int, rng: np.random.Generator) -> Rows:
    """Who is in each slot after some more were offered.

    The i-th of all that were ever offered takes slot i while there are free ones; then it takes slot j, drawn
    uniformly from 1..i, if there is such a slot. So each choice of `capacity` ones is as likely as any other.

    Args:
        capacity: how many slots there are.
        seen: how many were offered before; the first `capacity` slots of them are filled.
        offered: how many are offered now.
        rng: draws the slots.

    Returns:
        int64 [min(capacity, seen + offered)], for each slot a number: below h = min(capacity, seen) the slot whose
        holder is in it, otherwise h + the index of the one offered now.
    """
    before = seen + np.arange(offered)
    slot = np.where(before < capacity, before, rng.integers(0, before + 1))
    placed = np.flatnonzero(slot < capacity)
    slots = np.arange(min(capacity, seen + offered))
    # Where a slot is assigned several times, numpy leaves the last value, as the algorithm does.
    slots[slot[placed]] = min(capacity, seen) + placed
    return slots


def _compact(samples: Samples) -> dict[str, Tensor]:
    """The arrays of the samples, with no positives but their own histories."""
    past, offsets = take_windows(np.arange(len(samples.positives)), samples.start, samples.end)
    bounds = offsets.astype(np.int32)
    own = replace(
        samples,
        start=bounds[:-1].copy(),
        end=bounds[1:].copy(),
        positives=samples.positives[past],
        past_fields={name: column.take(past) for name, column in samples.past_fields.items()},
    )
    return {name: torch.from_numpy(column) for name, column in own.arrays().items()}
