"""A grid as it was given, perhaps unusable, and what is wrong with it."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from freshrec.evaluation import AnyUpdater
from freshrec.settings import Fault, SettingsError
from freshrec.tuning.grids import Chosen, Grid

__all__ = ["GivenGrid"]

LARGEST = 100_000
"""Combinations that a grid may have: all of them are made, to see that the method takes them."""


@dataclass(frozen=True)
class GivenGrid:
    """A grid of one method.

    Attributes:
        name: the method's.
        values: setting to what was given.
        origin: the settings that were given at all, and not the paper's, each with its path.
    """

    name: str
    values: Grid
    origin: Mapping[str, tuple[str, ...]]

    def checked(self, make: Callable[[Chosen], AnyUpdater]) -> tuple[Grid, list[Fault]]:
        """The grid with values as the method has them, such as 5 for "5", without those it does not take; every fault.

        Args:
            make: builds the updater, or raises a SettingsError.
        """
        count = math.prod(map(len, self.values.values()))
        if count > LARGEST:
            message = f"{count:,} combinations, expected {LARGEST:,} at most; leave values out"
            return {}, [Fault(("grids", self.name), message, dict(self.values))]
        faults: list[Fault] = []
        taken: dict[str, dict[int, Any]] = {setting: {} for setting in self.values}
        for places in product(*(range(len(each)) for each in self.values.values())):
            chosen = dict(zip(self.values, places, strict=True))
            try:
                updater = make({setting: self.values[setting][place] for setting, place in chosen.items()})
            except SettingsError as error:
                faults += self._explain(error, chosen)
            else:
                for setting, place in chosen.items():
                    taken[setting][place] = getattr(updater, setting)
        faults += self._repeated(taken)
        grid = {setting: tuple(places[place] for place in sorted(places)) for setting, places in taken.items()}
        return grid, faults

    def _explain(self, error: SettingsError, chosen: Mapping[str, int]) -> Iterator[Fault]:
        """The faults of one combination, where they stand."""
        for fault in error.faults:
            setting = str(fault.path[0]) if fault.path else ""
            if setting not in self.values:
                combination = {name: self.values[name][place] for name, place in chosen.items() if name in self.origin}
                yield Fault(("grids", self.name), fault.message, combination)
            elif fault.kind == "extra_forbidden":
                yield Fault(self.path(setting), f"for {self.name}, {fault.message}", self.values[setting])
            else:
                place = chosen[setting]
                yield replace(fault, path=self.path(setting, place), given=self.values[setting][place])

    def _repeated(self, taken: Mapping[str, Mapping[int, Any]]) -> Iterator[Fault]:
        for setting, places in taken.items():
            first: dict[Any, int] = {}
            for place in sorted(places):
                if first.setdefault(places[place], place) != place:
                    yield Fault(self.path(setting, place), "it stands there before; once will do", places[place])

    def path(self, setting: str, *place: int) -> tuple[str | int, ...]:
        """Where a setting, or one of its values, was given."""
        return (*self.origin.get(setting, ("grids", self.name)), setting, *place)
