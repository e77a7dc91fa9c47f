"""What decides an outcome, as JSON: the data, every resolved setting and the versions."""

import inspect
import json
import platform
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, is_dataclass
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel

from freshrec.data import Stream
from freshrec.evaluation.settings import CompareSettings
from freshrec.evaluation.splits import Splits
from freshrec.files import sha256

__all__ = [
    "EPOCHS",
    "class_path",
    "comparison_configuration",
    "configuration",
    "differences",
    "digest",
    "growth_differences",
]

LIBRARIES = ("torch", "numpy", "polars")
GROWING = ("methods", "baselines", "overrides", "runs")
"""Settings of a comparison that may change between calls; what they mean for each method is compared instead."""
SHOWING = ("baseline",)
"""Settings of a comparison that decide how results are shown, and not what they are."""
EPOCHS = "pretraining_epochs"
"""Where the configuration has the numbers of epochs that pre-training chose, by base model and run, once known."""


def configuration(stream: Stream, settings: BaseModel, splits: Splits) -> dict[str, Any]:
    """The data with its settings, the given settings, how the periods are used, and the versions."""
    libraries = {name: version(name) for name in LIBRARIES}
    config = {
        "data": {"name": stream.name, "hash": stream.hash, "settings": stream.manifest.get("settings", {})},
        "settings": settings.model_dump(mode="json"),
        "splits": splits.model_dump(mode="json"),
        "versions": {"freshrec": version("freshrec"), "python": platform.python_version(), **libraries},
    }
    return dict(json.loads(json.dumps(config)))  # as it will be read again, with lists for tuples


def comparison_configuration(stream: Stream, settings: CompareSettings, splits: Splits) -> dict[str, Any]:
    """What decides a comparison: `configuration`, and the settings of each method and model as they are built."""
    models = {settings.model_of(name) for name in settings.compared}
    return {
        **configuration(stream, settings, splits),
        "methods": {
            name: {
                "method": settings.method_of(name),
                "updater": class_path(type(updater)),
                "model": class_path(settings.model_of(name)),
                "settings": _settings_of(updater),
            }
            for name, updater in settings.updaters().items()
        },
        "models": {class_path(model): _model_settings(model, settings.dim) for model in sorted(models, key=class_path)},
    }


def digest(config: Mapping[str, Any], methods: Iterable[str]) -> str:
    """A digest of all that decides the results of some methods, the same however many others there are."""
    parts = {**_fixed(config), "methods": {name: config["methods"][name] for name in sorted(methods)}}
    return sha256(json.dumps(parts, sort_keys=True).encode())


def differences(theirs: Any, ours: Any, path: str = "") -> Iterator[str]:
    """Dotted paths of the values in which two JSON trees differ."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in theirs.keys() | ours.keys():
            yield from differences(theirs.get(key), ours.get(key), f"{path}.{key}" if path else key)
    elif theirs != ours:
        yield path


def growth_differences(theirs: Any, ours: Any) -> Iterator[str]:
    """Differences between the configurations of a comparison that are more than added methods and runs.

    Of a method that both have, differences are listed only where the common settings are equal, for they follow from
    those otherwise.
    """
    if "methods" not in theirs:
        yield from differences({**theirs, "methods": None}, {**ours, "methods": ours["methods"]})
        return
    fixed = list(differences(_fixed(theirs), _fixed(ours)))
    yield from fixed
    if ours["settings"]["runs"] < theirs["settings"]["runs"]:
        yield "settings.runs"
    for name, method in theirs["methods"].items():
        if name not in ours["methods"]:
            yield f"methods.{name}"
        elif not fixed:
            yield from differences(method, ours["methods"][name], f"methods.{name}")


def class_path(kind: type) -> str:
    """The path of a class, as `package.module:Name`."""
    return f"{kind.__module__}:{kind.__qualname__}"


def _fixed(config: Mapping[str, Any]) -> dict[str, Any]:
    """What must be equal in all calls that fill one folder."""
    settings = {name: value for name, value in config["settings"].items() if name not in (*GROWING, *SHOWING)}
    return {**{name: config[name] for name in ("data", "splits", "versions")}, "settings": settings}


def _settings_of(updater: object) -> dict[str, Any]:
    """Every setting of an updater, as JSON."""
    if isinstance(updater, BaseModel):
        return updater.model_dump(mode="json")
    settings = asdict(updater) if is_dataclass(updater) and not isinstance(updater, type) else vars(updater)
    return {name: _plain(value) for name, value in settings.items()}


def _model_settings(model: type, dim: int) -> dict[str, Any]:
    """The settings that a base model is made with; its schema is the data's and its seed the run's."""
    parameters = inspect.signature(model).parameters.values()
    defaults = {each.name: each.default for each in parameters if each.default is not inspect.Parameter.empty}
    return {name: _plain(value) for name, value in {**defaults, "dim": dim}.items() if name != "seed"}


def _plain(value: Any) -> Any:
    """A value as JSON; what JSON has no form for is named by its type alone, since its text may hold an address."""
    try:
        return json.loads(json.dumps(value))
    except (TypeError, ValueError):
        return class_path(type(value))
