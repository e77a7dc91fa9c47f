"""A uniform choice among all samples seen so far, in bounded memory: Vitter, "Random Sampling with a Reservoir", ACM
Transactions on Mathematical Software, 1985 (Algorithm R).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from freshrec.data import Catalog, Samples, join, take_windows

__all__ = ["Reservoir", "algorithm_r", "rows_of"]

Rows = npt.NDArray[np.int64]

ROW_COLUMNS = ("user", "item", "timestamp", "label", "start", "end")


@dataclass(frozen=True)
class Reservoir:
    """At most `capacity` samples, chosen uniformly among the `seen` ones that were offered, with their histories.

    Attributes:
        capacity: how many it can hold.
        seen: how many were offered so far.
        columns: those of `Samples` by name, N = min(capacity, seen) rows; `positives` holds the rows' own histories,
            one row after another, so no period is needed to read them.
    """

    capacity: int
    seen: int
    columns: Mapping[str, Tensor]

    @classmethod
    def empty(cls, capacity: int) -> "Reservoir":
        """A reservoir that was offered nothing yet."""
        kinds = {"timestamp": torch.int64, "label": torch.int8}
        names = (*ROW_COLUMNS, "positives")
        return cls(capacity, 0, {name: torch.zeros(0, dtype=kinds.get(name, torch.int32)) for name in names})

    def samples(self, catalog: Catalog) -> Samples:
        """What it holds, with the field values of `catalog`; not to be written to."""
        return Samples(catalog, **{name: column.numpy() for name, column in self.columns.items()})

    def offered(self, samples: Samples, rows: Rows, rng: np.random.Generator) -> "Reservoir":
        """The reservoir after the given rows of `samples` were offered to it, in their order."""
        held = self.samples(samples.catalog)
        pool = np.concatenate([np.arange(len(held)), len(held) + rows])
        kept = pool[algorithm_r(self.capacity, self.seen, len(rows), rng)]
        columns = _compact(rows_of(join([held, samples]), kept))
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


def rows_of(samples: Samples, rows: Rows) -> Samples:
    """The given rows in the given order; all share the histories of `samples`."""
    return replace(samples, **{name: getattr(samples, name)[rows] for name in ROW_COLUMNS})


def _compact(samples: Samples) -> dict[str, Tensor]:
    """Columns of the samples, with no positives but their own histories."""
    positives, offsets = take_windows(samples.positives, samples.start, samples.end)
    bounds = offsets.astype(np.int32)
    columns = {name: getattr(samples, name) for name in ROW_COLUMNS}
    columns |= {"start": bounds[:-1].copy(), "end": bounds[1:].copy(), "positives": positives}
    return {name: torch.from_numpy(column) for name, column in columns.items()}
