"""The rows of a table that one generation has made, each of them once for several steps of the window."""

import weakref
from collections.abc import Callable, Mapping
from typing import TypeAlias

import torch
from torch import Tensor

from freshrec.kernels import borrow, give_back

__all__ = ["MadeRows"]

Make: TypeAlias = Callable[[Tensor, int], Mapping[int, Tensor]]


class MadeRows:
    """Rows of a table of R rows after some first steps of the window.

    A row that was made for step j has been through all steps before, and is there for look-ups at those. So what is
    looked up at several steps is made once, if the last step is asked for first. A step after one that was asked for
    begins anew.

    Args:
        rows: R.
    """

    def __init__(self, rows: int) -> None:
        self._seen = borrow(rows)
        weakref.finalize(self, give_back, self._seen)
        self._steps = 0
        self._blocks: list[Mapping[int, Tensor]] = []

    def look_up(self, ids: Tensor, steps: int, make: Make) -> tuple[Tensor, Tensor]:
        """Positions like `ids`, and the table [M, D] of rows after the first `steps` steps that they point into.

        Args:
            ids: int64, of any shape, on the CPU.
            steps: j.
            make: makes rows [N, D] from their numbers int64 [N], by step: after the first j steps, and after fewer.

        Raises:
            IndexError: an id is not in [0, R).
        """
        if steps > self._steps:
            self._seen.clear()
            self._blocks.clear()
        positions, new = self._seen.positions(ids)
        self._steps = steps
        if len(new) or not self._blocks:
            self._blocks.append(make(new, steps))
        made = [block[steps] for block in self._blocks]
        return positions, made[0] if len(made) == 1 else torch.cat(made)
