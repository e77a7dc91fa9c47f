"""What a report says of the settings: those given, and folded away all that they come to for every method."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from freshrec.evaluation.pages import listed, plain_pairs

__all__ = ["SettingsSection", "describe_settings"]

Groups: TypeAlias = Mapping[str, list[tuple[str, str]]]

OWN = "freshrec."
"""What the path of a class of this package begins with; its name alone is enough."""


@dataclass(frozen=True)
class SettingsSection:
    """The settings of a comparison, as its report shows them.

    Attributes:
        groups: names and values of what was given, of the data, and the versions.
        methods: the resolved settings of each method and base model, and the epochs of pre-training.
    """

    groups: Groups
    methods: Groups


def describe_settings(config: Mapping[str, Any]) -> SettingsSection:
    """The section of a configuration, as config.json has it; what it lacks is left out."""
    settings, data = config.get("settings", {}), config.get("data", {})
    nested = {name: value for name, value in settings.items() if isinstance(value, Mapping)}
    known = {"settings", "data", "splits", "versions", "methods", "models", "pretraining_epochs"}
    groups = {
        "comparison": {name: value for name, value in settings.items() if name not in nested},
        **nested,
        "split of the periods": config.get("splits", {}),
        "preparation": {**data.get("settings", {}), **{name: data[name] for name in ("hash",) if name in data}},
        **{name: value for name, value in config.items() if name not in known},
        "versions": config.get("versions", {}),
    }
    methods = {name: plain_pairs(_resolved(method)) for name, method in config.get("methods", {}).items()}
    models = {_class(path): plain_pairs(values) for path, values in config.get("models", {}).items()}
    epochs = {
        _class(path): {f"run {run}": number for run, number in runs.items()} if isinstance(runs, Mapping) else runs
        for path, runs in config.get("pretraining_epochs", {}).items()
    }
    chosen = {"Epochs of pre-training": plain_pairs(epochs, given=True)} if epochs else {}
    return SettingsSection(
        listed({name: value for name, value in groups.items() if value not in ({}, None)}),
        {name: pairs for name, pairs in {**methods, **models, **chosen}.items() if pairs},
    )


def _resolved(method: Mapping[str, Any]) -> dict[str, Any]:
    """All settings of a method, on one level with what it is."""
    what = {name: _class(value) for name, value in method.items() if isinstance(value, str)}
    return {**what, **method.get("settings", {})}


def _class(path: str) -> str:
    return path.rsplit(":", 1)[-1] if path.startswith(OWN) else path
