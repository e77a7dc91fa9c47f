"""Updaters, models, metrics and data sets that other packages provide.

An extension has one of two names: `package.module:Name`, for any object that can be imported, or the name of an entry
point of the group `freshrec.<kind>` that an installed package declares. Names come from the user's own settings and
command line; the files that freshrec writes never decide what is imported.
"""

import pkgutil
import sys
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any, Literal, TypeAlias, get_args

from freshrec.errors import ConfigError, first_line
from freshrec.settings import nearest

__all__ = ["Kind", "load", "names"]

Kind: TypeAlias = Literal["updaters", "models", "metrics", "datasets"]


def names(kind: Kind) -> tuple[str, ...]:
    """The names of the installed entry points of a kind, sorted.

    Raises:
        ConfigError: there is no such kind.
    """
    return tuple(sorted({point.name for point in _entry_points(kind)}))


def load(kind: Kind, name: str) -> Any:
    """The object that a name stands for, as its package defines it.

    >>> load("models", "freshrec.models:EmbeddingMLP").__name__
    'EmbeddingMLP'

    Args:
        kind: what is looked for; only entry points of the group `freshrec.<kind>` are considered.
        name: `package.module:Name`, or the name of an entry point.

    Raises:
        ConfigError: there is no such kind, entry point, module or attribute, several packages declare the entry point,
            or the import of the module fails.
    """
    points = _entry_points(kind)
    if ":" in name:
        return _import(name)
    found = [point for point in points if point.name == name]
    if not found:
        known = sorted({point.name for point in points})
        hint = f"{nearest(name, known)} Or write" if known else "Install the package that declares it, or write"
        raise ConfigError(f"no installed package declares {name!r} among freshrec.{kind}. {hint} package.module:Name.")
    if len({point.value for point in found}) > 1:
        values = " and ".join(sorted(point.value for point in found))
        raise ConfigError(f"{name!r} of freshrec.{kind} is ambiguous: {values} declare it. Write one of them instead.")
    return _import(found[0].value)


def _entry_points(kind: Kind) -> tuple[EntryPoint, ...]:
    kinds = get_args(Kind)
    if kind not in kinds:
        raise ConfigError(f"there is no kind of extension {kind!r}. {nearest(str(kind), kinds)}")
    return _installed(kind, tuple(sys.path))


@lru_cache
def _installed(kind: Kind, path: tuple[str, ...]) -> tuple[EntryPoint, ...]:
    """The entry points of a kind; to find them reads the metadata of all packages on `path`."""
    return tuple(entry_points(group=f"freshrec.{kind}"))


def _import(path: str) -> Any:
    """The object at `package.module:Name`, where Name may have dots."""
    module_name, _, attributes = path.partition(":")
    if not all(part.isidentifier() for part in (*module_name.split("."), *attributes.split("."))):
        raise ConfigError(f"{path!r} is not the path of an object. Write package.module:Name.")
    found: Any = _module(module_name, path)
    for attribute in attributes.split("."):
        if not hasattr(found, attribute):
            where = found.__name__ if isinstance(found, ModuleType | type) else type(found).__name__
            raise ConfigError(f"{path!r}: {where} has no {attribute!r}.{_close(attribute, dir(found))}")
        found = getattr(found, attribute)
    return found


def _module(name: str, path: str) -> ModuleType:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        # The missing module may also be one that the extension itself imports.
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise _failed(name, path, error) from error
        parent, _, last = error.name.rpartition(".")
        folders = getattr(import_module(parent), "__path__", ()) if parent else None  # None: all top-level modules
        hint = _close(last, [each.name for each in pkgutil.iter_modules(folders)])
        hint = hint or " Install its package, or add its folder to PYTHONPATH."
        raise ConfigError(f"{path!r}: there is no module {error.name!r}.{hint}") from error
    except Exception as error:
        raise _failed(name, path, error) from error


def _failed(name: str, path: str, error: Exception) -> ConfigError:
    return ConfigError(f"{path!r}: the import of {name!r} fails with {type(error).__name__}: {first_line(error)}.")


def _close(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, [each for each in known if not each.startswith("_")], n=1)
    return f" Did you mean {close[0]!r}?" if close else ""
