"""When each row of a table was first seen in training, and so the rows that training can look up at all."""

from collections.abc import Iterable, Mapping
from typing import Annotated, TypeAlias

import torch
from torch import Tensor

from freshrec.params import ByRow
from freshrec.training.fitted import Moments

__all__ = ["UNBORN", "Births", "born_rows", "reach"]

UNBORN = 2**31 - 1
"""Stands for the period of a row that was not seen yet; it is later than any period."""

Births: TypeAlias = Annotated[Mapping[str, Tensor], ByRow(UNBORN)]
"""By table the period in which each row was first seen, int32 [R]; `UNBORN` for a row not seen yet."""


def born_rows(before: Births, moments: Moments, tables: Iterable[str], period: int) -> dict[str, Tensor]:
    """By table the period in which each row was first seen, int32 [R]; `UNBORN` for a row not seen yet.

    A row was seen if its second moment is not zero after a period: it has had a gradient then, so that its value is no
    longer the initial one. A period that was noted once stays, also where the moment fades to zero later.

    Args:
        before: the same after the period before; empty before the first.
        moments: of the base model after the period.
        tables: names of the embedding tables; those that are not trained have no rows.
        period: its number; 0 stands for pre-training.
    """
    born = {}
    for name in tables:
        if name not in moments.square:
            continue
        seen = (moments.square[name] != 0).any(1)
        old = before[name] if name in before else torch.full_like(seen, UNBORN, dtype=torch.int32)
        new = seen & (old == UNBORN)
        born[name] = torch.where(new, period, old).to(torch.int32) if new.any() else old
    return born


def reach(born: Births) -> Mapping[str, int]:
    """By table the number of first rows among which all are that were seen."""
    return {name: int(seen[-1]) + 1 if len(seen := (rows != UNBORN).nonzero()) else 0 for name, rows in born.items()}
