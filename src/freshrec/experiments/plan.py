"""Which exhibits are made, of which methods, and with which settings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from freshrec.errors import ConfigError
from freshrec.evaluation import CompareSettings, own_settings, refused_model
from freshrec.experiments.exhibits import EXHIBITS, Exhibit
from freshrec.experiments.published import PAPER_METRICS
from freshrec.experiments.sweeps import SWEEPS
from freshrec.settings import Fault, SettingsError, nearest
from freshrec.updaters import METHODS, Facts, is_method

__all__ = ["ExperimentPlan"]

RUNS = 5
TIMED_WINDOW = 3
"""k of ASMG-GRUmulti in Table 3 (section 4.3.2)."""

METRICS = tuple(metric.name for metric in PAPER_METRICS)
MULTI = "asmg-gru-multi"
ABLATED: Mapping[str, str] = {
    "asmg-gru-full": "full",
    "asmg-gru-zero": "carry",
    "asmg-gru-unif": "loss_weights",
    "asmg-gru-single": "concurrent",
}
"""Variants of ASMG-GRUmulti to the setting that each changes."""
CHOSEN = ("methods", "metrics", "baseline", "baselines")
"""Settings of a comparison that the exhibits decide."""

SWEPT = {name: settings for sweep in SWEEPS for name, settings in sweep.settings.items()}


@dataclass(frozen=True)
class ExperimentPlan:
    """Exhibits and the settings that were given for them.

    Attributes:
        exhibits: in the order of the paper.
        given: settings of a comparison by name, but for the methods; whether they can be used is yet to be seen.
    """

    exhibits: tuple[Exhibit, ...]
    given: Mapping[str, Any]

    @classmethod
    def of(cls, names: Sequence[str], given: Mapping[str, Any] | None = None) -> "ExperimentPlan":
        """The plan for exhibits by name.

        Args:
            names: of `EXHIBITS`.
            given: settings of `CompareSettings`, such as `tune` writes. `methods`, `metrics`, `baseline` and
                `baselines` are left aside, for the exhibits decide them; so are overrides of other methods. `runs` is 5
                by default.

        Raises:
            ConfigError: there is no such exhibit.
        """
        unknown = [name for name in names if name not in EXHIBITS]
        if unknown or not names:
            came = ", ".join(map(repr, unknown)) if unknown else "nothing"
            raise ConfigError(f"{came} came, expected exhibits of the paper. Choose among {', '.join(EXHIBITS)}.")
        kept = {"runs": RUNS, **{name: value for name, value in (given or {}).items() if name not in CHOSEN}}
        return cls(tuple(each for each in EXHIBITS.values() if each.name in names), kept)

    def settings(self, facts: Facts | None = None) -> list[CompareSettings]:
        """Those of the comparison and of the timing that are asked for.

        Args:
            facts: what is known of the stream.

        Raises:
            SettingsError: settings cannot be used, or not on such a stream; all of them are told.
        """
        made, faults = [], list(self._misplaced())
        for each in self.wanted():
            try:
                made.append(CompareSettings.model_validate(each, context=facts))
            except SettingsError as error:
                faults += error.faults
        if faults:
            raise SettingsError(CompareSettings.__name__, {(each.path, each.message): each for each in faults}.values())
        return made

    def _misplaced(self) -> Iterator[Fault]:
        """Faults of overrides whichever methods are needed, for variants start from those of others."""
        overrides = self.given.get("overrides", {})
        for name, settings in overrides.items() if _are_by_name(overrides) else ():
            if "method" not in settings and not is_method(name):
                yield Fault(("overrides", name), f"there is no such method. {nearest(name, METHODS)}", dict(settings))
            yield from refused_model(name, settings)

    @property
    def compared(self) -> tuple[str, ...]:
        """The methods that exhibits compare, together; empty where all are timed."""
        return tuple(dict.fromkeys(name for each in self.exhibits if not each.timed for name in each.methods))

    @property
    def timed(self) -> tuple[str, ...]:
        """The methods that are timed; empty where none is."""
        return tuple(dict.fromkeys(name for each in self.exhibits if each.timed for name in each.methods))

    def comparison(self, methods: Sequence[str]) -> dict[str, Any]:
        """What makes the `CompareSettings` of a comparison of some methods of exhibits.

        Variants of ASMG-GRUmulti start from its settings: those of Figures 4 and 6 always, those of Table 2 where they
        were given none of their own.
        """
        return self._of(methods)

    def timing(self) -> dict[str, Any]:
        """The same of the methods that are timed: each with its settings, and the window that the paper timed."""
        return self._of(self.timed, window=TIMED_WINDOW)

    def wanted(self) -> list[dict[str, Any]]:
        """Those of the comparison and of the timing that are asked for."""
        return [*([self.comparison(self.compared)] if self.compared else []), *([self.timing()] if self.timed else [])]

    def _of(self, methods: Sequence[str], **fixed: Any) -> dict[str, Any]:
        overrides = self.given.get("overrides", {})
        # What is not settings by name is left as it is, for `CompareSettings` to refuse.
        if _are_by_name(overrides):
            every = {name: {**_own(name, overrides), **fixed} for name in methods}
            overrides = {name: settings for name, settings in every.items() if settings}
        return {
            **self.given,
            "methods": tuple(methods),
            "metrics": METRICS,
            "baselines": False,
            "overrides": overrides,
        }


def _are_by_name(overrides: object) -> TypeGuard[Mapping[str, Mapping[str, Any]]]:
    return isinstance(overrides, Mapping) and all(isinstance(each, Mapping) for each in overrides.values())


def _own(name: str, overrides: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The settings of one method or variant."""
    multi = overrides.get(MULTI, {})
    if name in SWEPT:
        return {**own_settings(multi), "method": MULTI, **SWEPT[name]}
    if name in ABLATED and name not in overrides:
        return {setting: value for setting, value in own_settings(multi).items() if setting != ABLATED[name]}
    return dict(overrides.get(name, {}))
