"""Settings as a TOML file that `tomllib` reads back to equal ones."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["quoted", "to_toml"]

BARE = re.compile(r"[A-Za-z0-9_-]+")


def to_toml(settings: Mapping[str, Any]) -> str:
    """The text of a TOML document: texts, truth values, numbers, sequences of these, and mappings as tables.

    Raises:
        TypeError: a value is of another type.

    >>> print(to_toml({"runs": 2, "base": {"rate": 0.1}, "overrides": {"sml": {"filters": (10, 5)}}}), end="")
    runs = 2
    <BLANKLINE>
    [base]
    rate = 0.1
    <BLANKLINE>
    [overrides.sml]
    filters = [10, 5]
    """
    return "\n".join(_table((), settings)).strip("\n") + "\n"


def quoted(text: str) -> str:
    r"""A text as a TOML string, on one line.

    >>> print(quoted('a "b"'))
    "a \"b\""
    """
    # JSON's escapes are TOML's too, but TOML has no bare DEL.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _table(path: tuple[str, ...], table: Mapping[str, Any]) -> Iterator[str]:
    values = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    if path and (values or not table):
        yield f"\n[{'.'.join(map(_key, path))}]"
    for key, value in values.items():
        yield f"{_key(key)} = {_value(value)}"
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _table((*path, key), value)


def _key(key: str) -> str:
    return key if BARE.fullmatch(key) else quoted(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    raise TypeError(f"TOML has no {type(value).__name__}; use texts, truth values, numbers, sequences and mappings")
