"""The updaters of a comparison, each made by itself, with all that is wrong with their settings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial, reduce
from typing import Any, Self

from freshrec.errors import ConfigError
from freshrec.evaluation.loop import AnyUpdater
from freshrec.models import find_model
from freshrec.settings import Fault, nearest, salvage
from freshrec.updaters import IU, Facts, Method, find_method, is_method, misfits_of

__all__ = ["Lineup", "own_settings", "refused_model"]

Overrides = Mapping[str, Mapping[str, Any]]

OF_VARIANTS = ("method", "model")
"""What overrides say of a variant beside its updater's settings."""


def own_settings(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of an updater among the overrides of a method or variant."""
    return {setting: value for setting, value in overrides.items() if setting not in OF_VARIANTS}


@dataclass(frozen=True)
class Lineup:
    """The methods of a comparison.

    Attributes:
        methods: their names.
        overrides: settings of single methods.
        updaters: by name, those that could be made, without the settings that were refused.
        faults: what was refused.
    """

    methods: tuple[str, ...]
    overrides: Overrides
    updaters: Mapping[str, AnyUpdater]
    faults: tuple[Fault, ...]

    @classmethod
    def of(cls, methods: tuple[str, ...], base: IU, overrides: Overrides) -> Self:
        """Make the updater of every method."""
        updaters: dict[str, AnyUpdater] = {}
        faults = [
            Fault(("overrides", name), f"it is not among the methods. {nearest(name, methods)}", dict(settings))
            for name, settings in overrides.items()
            if name not in methods
        ]
        for place, name in enumerate(methods):
            settings = overrides.get(name, {})
            path = ("overrides", name, "method") if "method" in settings else ("methods", place)
            try:
                method = method_behind(name, settings)
            except ConfigError as error:
                faults.append(Fault(path, str(error).rstrip("."), settings.get("method", name)))
                continue
            faults += refused_model(name, settings)
            own = own_settings(settings)
            updater, found = salvage(partial(method.make, base), own)
            faults += [_refused(fault, name, own) for fault in found]
            if updater is not None:
                updaters[name] = updater
        return cls(methods, overrides, updaters, tuple(faults))

    def misfits(self, facts: Facts) -> Iterator[Fault]:
        """The settings of its updaters that cannot be used on a stream of which this is known."""
        for name, updater in self.updaters.items():
            for setting, message in misfits_of(updater, facts):
                if setting:
                    names = tuple(setting.split("."))
                    path = _origin(names, name, self.overrides.get(name, {}))
                    yield Fault(path, message, reduce(getattr, names, updater))
                else:
                    yield Fault(("methods", self.methods.index(name)), message, name)


def method_behind(name: str, settings: Mapping[str, Any]) -> Method:
    """The method that a name stands for: its own, or the one that its overrides make it a variant of.

    Raises:
        ConfigError: there is no such method, or the name is a method's and cannot be a variant's.
    """
    method = str(settings.get("method", name))
    found = find_method(method)
    if method != name and is_method(name):
        raise ConfigError(f"{name!r} is a method and cannot name a variant of {method!r}.")
    return found


def refused_model(name: str, settings: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with the base model in the overrides of a method or variant."""
    if "model" in settings:
        model, path = settings["model"], ("overrides", name, "model")
        if is_method(name):
            message = (
                f"{name!r} is a method and keeps its base model. Name a variant: method = {name!r} under that name"
            )
            yield Fault(path, message, model)
            return
        method = str(settings.get("method"))
        if is_method(method) and find_method(method).trivial:
            yield Fault(path, f"{method} has a base model of its own. Leave model out", model)
            return
        try:
            find_model(str(model))
        except ConfigError as error:
            yield Fault(path, str(error).rstrip("."), model)


def _refused(fault: Fault, name: str, own: Mapping[str, Any]) -> Fault:
    """The fault of an updater's settings, where they stand."""
    path = _origin(fault.path, name, own)
    if path[0] != "base":
        return replace(fault, path=path)
    return replace(
        fault,
        path=path,
        message=f"{name} does not take it: {fault.message}. Set it for {name} under overrides, or leave {name} out",
    )


def _origin(names: tuple[str | int, ...], name: str, own: Mapping[str, Any]) -> tuple[str | int, ...]:
    """Where a method has a setting from: its own ones, the base's, or else a default that its own ones may replace."""
    if names and names[0] not in own:
        if names[0] == "base":
            return names
        if names[0] in IU.model_fields:
            return ("base", *names)
    return ("overrides", name, *names)
