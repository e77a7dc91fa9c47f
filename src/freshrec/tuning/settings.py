"""What is tuned: a comparison whose methods' settings are still to be chosen, and the values to choose among."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from freshrec.evaluation import AnyUpdater, CompareSettings, Lineup, Splits, own_settings
from freshrec.metrics import Metric, find_metric
from freshrec.settings import Fault, nearest
from freshrec.tuning.facts import misfit, validated
from freshrec.tuning.given import GivenGrid
from freshrec.tuning.grids import Chosen, Grid, combinations, paper_grid
from freshrec.updaters import IU, Facts, build

__all__ = ["BASE", "TuneSettings"]

BASE = "iu"
"""The method that is tuned first, for all others build on it or are trained like it."""

HERE = "where validation periods take the place of the test periods"

Values = Annotated[tuple[Any, ...], Field(min_length=1)]


class TuneSettings(CompareSettings):
    """A comparison's settings, and what is tried in their place.

    `base` and `overrides` are where tuning starts from: the first trial of a method is the method as a comparison with
    these settings has it. What `overrides` sets of a method is not tuned, nor is a batch size that `base` sets. `runs`
    are seeded runs of each trial.

    Raises:
        SettingsError: settings cannot be used; all of them are told, every value of the grids as well.
    """

    methods: tuple[str, ...] = Field(
        ("iu", "rsg"),
        min_length=1,
        description="names of the methods",
    )
    baselines: Literal[False] = Field(False, description="trivial baselines have nothing to tune; compare adds them")
    grids: Mapping[str, Mapping[str, Values]] = Field(
        default_factory=dict,
        description="values to try, by method and setting, in place of the paper's; under '*' for every method",
    )
    budget: int | None = Field(None, ge=1, description="trials of each method at most; by default its whole grid")
    metric: str | None = Field(None, description="which of the metrics settings are chosen by; by default the first")

    @field_validator("metric")
    @classmethod
    def _measured(cls, metric: str | None, info: ValidationInfo) -> str | None:
        metrics = info.data.get("metrics")
        if metric is not None and metrics is not None and metric not in metrics:
            raise ValueError(f"it is not among the metrics. {nearest(metric, metrics)}")
        return metric

    @property
    def ranking(self) -> tuple[Metric, ...]:
        """The metrics in the order in which they choose: the next one decides where one is undefined."""
        first = find_metric(self.metric or self.metrics[0])
        return (first, *(metric for metric in self.measured if metric.name != first.name))

    @property
    def tuned(self) -> tuple[str, ...]:
        """The methods that have trials: the base, which all others need, and then those that were named."""
        return (BASE, *(name for name in self.methods if name != BASE))

    def grid(self, name: str) -> Grid:
        """What is tuned of a method: the paper's values, those given in their place, and not what `overrides` fixes."""
        return self._checked(name)[0]

    def updater(self, name: str, base: IU, chosen: Chosen) -> AnyUpdater:
        """A method with what was chosen, over the settings that it is not tuned in.

        Args:
            name: the method's.
            base: how the incremental model is trained.
            chosen: settings; none for the method as it is without tuning.
        """
        return build(self.method_of(name), base, {**own_settings(self.overrides.get(name, {})), **chosen})

    def misfits(self, facts: Facts) -> list[Fault]:
        """What cannot be used on a stream; a value of the paper's that cannot is left out, and is no fault.

        Args:
            facts: its labels and number of periods, where they are known.
        """
        checked = {name: self._checked(name) for name in self._sound()}
        faults = [fault for fault in super().misfits(facts) if not _is_tuned(fault.path, checked)]
        if facts.periods is None or any(fault.path in (("pretrain",), ("data", "periods")) for fault in faults):
            return faults
        seen = validated(facts, Splits.of(facts.periods, self.pretrain))
        told = {fault.message for fault in faults}
        names = [name for name, (_, refused) in checked.items() if not refused]
        others = [name for name in names if not any(fault.path[:2] == ("overrides", name) for fault in faults)]
        return faults + _once_each(fault for name in others for fault in self._misfits_of(name, seen, told))

    def _misfits_of(self, name: str, facts: Facts, known: Container[str]) -> Iterator[Fault]:
        """The given values of a method that cannot be used with any of the others'; or the method, if none can."""
        grid, given = self.grid(name), self._given(name)
        reasons = [(chosen, misfit(self.updater(name, self.base, chosen), facts)) for chosen in combinations(grid)]
        if all(reason is not None for _, reason in reasons):
            if not any(reason in known for _, reason in reasons):
                path = ("methods", self.methods.index(name)) if name in self.methods else ("grids", name)
                yield Fault(path, f"{HERE}: {reasons[0][1]}", name)
            return
        for setting in given.origin:
            for place, value in enumerate(grid[setting]):
                told = [reason for chosen, reason in reasons if chosen[setting] == value]
                if all(told):
                    yield Fault(given.path(setting, place), f"{HERE}: {told[0]}", value)

    def lineup(self) -> Lineup:
        """The updaters without tuning, and the faults of the grids among all faults."""
        lineup = super().lineup()
        refused = [fault for name in self._sound() for fault in self._checked(name)[1]]
        return replace(lineup, faults=(*lineup.faults, *_once_each([*self._misplaced(), *refused])))

    def _sound(self) -> list[str]:
        """The tuned methods that can be made without tuning."""
        lineup = super().lineup()
        refused = {fault.path[:2] for fault in lineup.faults}
        made = [name for name in self.tuned if name in (BASE, *lineup.updaters) and name not in self.trivial]
        return [name for name in made if ("overrides", name) not in refused]

    def _checked(self, name: str) -> tuple[Grid, list[Fault]]:
        return self._given(name).checked(partial(self.updater, name, self.base))

    def _given(self, name: str) -> GivenGrid:
        untuned = {"base", *self.overrides.get(name, {})}
        updater = self.updater(name, self.base, {})
        fixed = () if self.base.batch_size == "auto" else ("batch_size",)
        values = {
            setting: values
            for setting, values in paper_grid(self.method_of(name)).items()
            if hasattr(updater, setting) and setting not in fixed
        }
        origin: dict[str, tuple[str, str]] = {}
        for under in ("*", name):
            values |= self.grids.get(under, {})
            origin |= dict.fromkeys(self.grids.get(under, {}), ("grids", under))
        return GivenGrid(
            name,
            {setting: each for setting, each in values.items() if setting not in untuned},
            {setting: each for setting, each in origin.items() if setting not in untuned},
        )

    def _misplaced(self) -> Iterator[Fault]:
        """Faults of what was given under a name that it cannot stand under."""
        if BASE in self.overrides:
            message = f"{BASE} is the base of all methods here; give its settings under base"
            yield Fault(("overrides", BASE), message, dict(self.overrides[BASE]))
        for place, name in enumerate(self.methods):
            if name in self.trivial:
                yield Fault(("methods", place), "a trivial baseline has nothing to tune. Leave it out", name)
        for name, grid in self.grids.items():
            if name not in ("*", *self.tuned):
                yield Fault(("grids", name), f"it is not tuned. {nearest(name, ('*', *self.tuned))}", dict(grid))
            for setting, values in grid.items():
                if setting == "base":
                    message = f"the incremental model is tuned as {BASE}; give its values under grids.{BASE}"
                    yield Fault(("grids", name, setting), message, values)
                if setting in self.overrides.get(name, {}):
                    message = f"overrides.{name}.{setting} fixes it; leave one of them out"
                    yield Fault(("grids", name, setting), message, values)


def _once_each(faults: Iterable[Fault]) -> list[Fault]:
    """The faults without those told before; of a value that is given for every method, the first is enough."""
    told: dict[object, Fault] = {}
    for fault in faults:
        told.setdefault(fault.path if fault.path[:2] == ("grids", "*") else (fault.path, fault.message), fault)
    return list(told.values())


def _is_tuned(path: Sequence[str | int], checked: Mapping[str, tuple[Grid, list[Fault]]]) -> bool:
    """Whether a path is that of a setting for which values are tried."""
    return len(path) == 3 and path[0] == "overrides" and path[1] in checked and path[2] in checked[str(path[1])][0]
