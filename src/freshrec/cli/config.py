"""Settings from a TOML file, whose `[data]` says how the log becomes a stream, and from options that win over it."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, overload

from freshrec.errors import ConfigError

__all__ = ["given", "merged", "parts", "read_config"]


def read_config(path: Path | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """The settings of the data and those of the comparison; both empty without a file.

    Raises:
        ConfigError: the file cannot be read, or is not TOML.
    """
    if path is None:
        return {}, {}
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"cannot read {path}: {error}. Give a TOML file with settings such as runs = 5 and, for the "
            "data, a table [data] with settings such as periods = 31."
        ) from error
    data = found.pop("data", {})
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: data is {data!r}, expected a table. Write [data], and settings below it.")
    return data, found


def merged(low: Mapping[str, Any], high: Mapping[str, Any]) -> dict[str, Any]:
    """Both settings together, table by table; `high` wins.

    >>> merged({"runs": 1, "base": {"epochs": 1, "batch_size": 8}}, {"base": {"epochs": 2}})
    {'runs': 1, 'base': {'epochs': 2, 'batch_size': 8}}
    """
    result = dict(low)
    for name, value in high.items():
        below = result.get(name)
        result[name] = merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return result


def given(**options: Any) -> dict[str, Any]:
    """The options that were given, under the names of settings."""
    return {name: value for name, value in options.items() if value is not None}


@overload
def parts(text: str) -> list[str]: ...


@overload
def parts(text: None) -> None: ...


def parts(text: str | None) -> list[str] | None:
    """What stands between commas.

    >>> parts("iu, bu-3")
    ['iu', 'bu-3']
    """
    return None if text is None else [part.strip() for part in text.split(",")]
