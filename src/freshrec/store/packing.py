"""A state as named tensors and a JSON structure, and back.

A state is made of tensors, numbers, strings, None, tuples, mappings with string keys and dataclasses. A tensor that
stands in several places is kept once, and is one tensor again when it comes back. That is built from the state's
type hints alone: a file can fill in values, never choose what is built.
"""

import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, cast

from torch import Tensor

from freshrec.errors import CorruptError

__all__ = ["pack", "placed", "unpack"]

S = TypeVar("S")
Json = Any


def pack(state: Any) -> tuple[Json, dict[str, Tensor]]:
    """The structure of a state, as JSON, and its tensors by the names that the structure uses.

    Raises:
        TypeError: the state holds something that cannot be kept.
    """
    tensors: dict[int, tuple[str, Tensor]] = {}
    structure = _structure(state, tensors)
    return structure, dict(tensors.values())


def _structure(value: Any, tensors: dict[int, tuple[str, Tensor]]) -> Json:
    """The structure of a part of a state; its tensors are added to those found so far, which are kept by identity.

    No function within `pack`: one that calls itself is a cycle, and would keep all tensors until cycles are collected.
    """
    if isinstance(value, Tensor):
        name, _ = tensors.setdefault(id(value), (str(len(tensors)), value))
        return {"tensor": name} if value.device.type == "cpu" else {"tensor": name, "device": str(value.device)}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _structure(getattr(value, field.name), tensors) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: _structure(part, tensors) for key, part in value.items()}
    if isinstance(value, tuple):
        return [_structure(part, tensors) for part in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"a state cannot hold {type(value).__name__}; use tensors, numbers, strings, tuples, mappings")


def placed(structure: Json, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors on the devices that a structure names; each is moved once, wherever it stands."""
    found = dict(tensors)
    for name, device in _devices(structure):
        found[name] = found[name].to(device)
    return found


def _devices(structure: Json) -> Iterator[tuple[str, str]]:
    if isinstance(structure, dict):
        if set(structure) == {"tensor", "device"} and isinstance(structure["device"], str):
            yield structure["tensor"], structure["device"]
            return
        for part in structure.values():
            yield from _devices(part)
    elif isinstance(structure, list):
        for part in structure:
            yield from _devices(part)


def unpack(kind: type[S], structure: Json, tensors: Mapping[str, Tensor]) -> S:
    """A state of the given type from its structure and tensors.

    Raises:
        CorruptError: the structure is not one of that type.
    """
    try:
        return cast(S, _build(kind, structure, tensors))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise CorruptError(
            f"what was read is not a {kind.__name__} ({error!r}). It was written by another version or was damaged; "
            "start again in another folder."
        ) from error


def _build(kind: Any, structure: Json, tensors: Mapping[str, Tensor]) -> Any:
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if kind is Tensor:
        return tensors[structure["tensor"]].to(structure.get("device", "cpu"))
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        if set(structure) != set(hints):
            raise ValueError(f"fields {sorted(structure)} where {sorted(hints)} were expected")
        return cast(Any, kind)(**{name: _build(hints[name], structure[name], tensors) for name in hints})
    if origin is tuple and len(inner) == 2 and inner[1] is Ellipsis:
        return tuple(_build(inner[0], part, tensors) for part in structure)
    if origin in (dict, Mapping):
        return {str(key): _build(inner[1], part, tensors) for key, part in structure.items()}
    if origin in (typing.Union, types.UnionType):
        if structure is None and type(None) in inner:
            return None
        (kind,) = (one for one in inner if one is not type(None))
        return _build(kind, structure, tensors)
    if kind is float and isinstance(structure, int) and not isinstance(structure, bool):
        return float(structure)
    if type(structure) is not kind:
        raise TypeError(f"{type(structure).__name__} where {kind} was expected")
    return structure
