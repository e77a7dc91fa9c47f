"""Work that several updaters of one run have in common, done once a period."""

import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, TypeVar, cast

from torch import Tensor

__all__ = ["Shared", "Training", "same_state"]

T = TypeVar("T")


@dataclass(frozen=True)
class Training:
    """One training in an update: the name of its stage and how many gradient steps it took."""

    stage: str
    steps: int


@dataclass(frozen=True)
class _Work:
    """Finished work: the state that it began from, its outcome, the seconds it took and its trainings."""

    state: object
    outcome: object
    seconds: float
    trainings: tuple[Training, ...]


class Shared:
    """The updates of one run's newest period, each done once for all updaters that need it.

    An update is identified by the period, the updater's configuration and the state that it begins from. Its outcome
    depends on these, the run's seed and the finished periods alone, so that taking it from here instead of computing
    it again cannot change a result.

    Attributes:
        borrowed: seconds saved so far by not repeating work.
        trainings: those of the updates so far, in order; an update that is shared counts for everyone that needs it.
    """

    def __init__(self) -> None:
        self.borrowed = 0.0
        self.trainings: list[Training] = []
        self._period = -1
        self._done: dict[Hashable, list[_Work]] = {}

    def once(self, period: int, updater: Hashable, state: object, work: Callable[[], T]) -> T:
        """The outcome of an update, computed at the first call for this period, updater and state.

        Args:
            period: the newest period of the update.
            updater: the configuration; equal ones do the same work.
            state: the updater's state before the update, compared by `same_state`.
            work: computes the state after the update.
        """
        if period != self._period:
            self._period, self._done = period, {}
        finished = self._done.setdefault(updater, [])
        for each in finished:
            if same_state(each.state, state):
                self.borrowed += each.seconds
                self.trainings += each.trainings
                return cast(T, each.outcome)
        start, before = time.perf_counter(), len(self.trainings)
        outcome = work()
        seconds = time.perf_counter() - start
        finished.append(_Work(state, outcome, seconds, tuple(self.trainings[before:])))
        return outcome


def same_state(one: Any, other: Any) -> bool:
    """Whether two states are the same: their tensors are identical objects, everything else is equal.

    Equal tensors that are separate objects count as different, so that no tensor has to be read.

    >>> import torch
    >>> table = torch.zeros(2)
    >>> same_state(({"table": table}, 3), ({"table": table}, 3))
    True
    >>> same_state({"table": table}, {"table": table.clone()})
    False
    """
    if isinstance(one, Tensor) or isinstance(other, Tensor) or type(one) is not type(other):
        return one is other
    if is_dataclass(one) and not isinstance(one, type):
        return all(same_state(getattr(one, field.name), getattr(other, field.name)) for field in fields(one))
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(same_state(value, other[key]) for key, value in one.items())
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same_state, one, other))
    return bool(one == other)
