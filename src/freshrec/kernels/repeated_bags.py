"""Bags that repeat the one before them, as those of consecutive samples of one user do, looked up once."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from freshrec.kernels.compiling import compiled
from freshrec.kernels.slices import copy_slices

__all__ = ["DistinctBags", "distinct_bags"]

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.floating]


@dataclass(frozen=True)
class DistinctBags:
    """U bags without those that repeat the one before.

    Attributes:
        ids: int64 [M].
        offsets: int64 [U + 1]; the last one is M.
        weights: [M]; None where there are none.
        places: int64 [B], where each of the B bags stands among them.
    """

    ids: Tensor
    offsets: Tensor
    weights: Tensor | None
    places: Tensor


def distinct_bags(ids: Tensor, offsets: Tensor, weights: Tensor | None) -> DistinctBags | None:
    """The bags without repetitions, where at least half of them repeat the bag before; None elsewhere.

    Args:
        ids: int64 [N] on the CPU, of all bags one after another.
        offsets: int64 [B + 1], where each begins; the last one is N.
        weights: of the ids [N]; None for none. Bags whose weights differ are different.
    """
    count = len(offsets) - 1
    places, first = np.empty(count, np.int64), np.empty(count, np.int64)
    begins = offsets.numpy()
    factors = np.zeros(0, np.float32) if weights is None else weights.detach().numpy()
    distinct = _find_repeats(ids.numpy(), begins, factors, places, first)
    if 2 * distinct > count or not count:
        return None
    first = first[:distinct]
    ends = np.zeros(distinct + 1, np.int64)
    np.cumsum(begins[first + 1] - begins[first], out=ends[1:])
    return DistinctBags(
        _taken(ids, begins[first], ends),
        torch.from_numpy(ends),
        None if weights is None else _taken(weights.detach(), begins[first], ends),
        torch.from_numpy(places),
    )


def _taken(values: Tensor, start: Ints, ends: Ints) -> Tensor:
    """The values of bags that begin at `start`, one bag after another."""
    taken = torch.empty(int(ends[-1]), dtype=values.dtype)
    copy_slices(values.numpy(), start, ends, taken.numpy())
    return taken


@compiled()
def _find_repeats(ids: Ints, offsets: Ints, weights: Floats, places: Ints, first: Ints) -> int:
    """How many bags differ from the one before; where each stands among them, and which is the first of its equals."""
    count = 0
    for bag in range(len(offsets) - 1):
        begin, size = offsets[bag], offsets[bag + 1] - offsets[bag]
        before = offsets[bag - 1] if bag else 0
        same = bag > 0 and size == begin - before
        i = 0
        while same and i < size:
            same = ids[begin + i] == ids[before + i]
            if len(weights):
                same = same and weights[begin + i] == weights[before + i]
            i += 1
        if not same:
            first[count] = bag
            count += 1
        places[bag] = count - 1
    return count
