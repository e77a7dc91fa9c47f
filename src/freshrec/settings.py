"""Settings as values: frozen, checked as a whole, and every fault told with its path."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Self, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from freshrec.errors import ConfigError

__all__ = ["Fault", "Settings", "SettingsError", "faults_of", "nearest", "refusal", "salvage", "told"]

Path: TypeAlias = tuple[str | int, ...]
T = TypeVar("T")

_LONGEST = 80
"""Characters of a value that a message shows at most."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a setting.

    Attributes:
        path: the names that lead to it, as in a file of settings; empty for several settings together.
        message: what was expected, and what to do.
        given: the value that came.
        kind: pydantic's name for it.
    """

    path: Path
    message: str
    given: object = None
    kind: str = "value_error"

    def below(self, *path: str | int) -> "Fault":
        """The same fault of settings that are part of others, under this path."""
        return replace(self, path=(*path, *self.path))

    def __str__(self) -> str:
        """A line: the path with dots between the names, the value and the message."""
        path, value = ".".join(map(str, self.path)) or "the settings together", repr(self.given)
        if not self.path or self.kind == "missing":
            return f"{path}: {self.message}"
        return f"{path} is {value if len(value) <= _LONGEST else value[:_LONGEST] + '...'}: {self.message}"


class SettingsError(ConfigError):
    """Settings are unknown, of the wrong type, out of range or contradict each other; the message has all faults.

    Attributes:
        faults: each invalid setting with its path.
    """

    def __init__(self, title: str, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(told(title, self.faults))


class Settings(BaseModel):
    """Base of all settings. Reports each invalid setting with its description, or with the closest valid name.

    Raises:
        SettingsError: settings are unknown, of the wrong type or out of range; the message has all of them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    def __init__(self, /, **settings: Any) -> None:
        try:
            super().__init__(**settings)
        except ValidationError as error:
            raise SettingsError(type(self).__name__, faults_of(error)) from None

    # With this mark pydantic validates nested settings without `__init__`, so that their faults keep their paths.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        """Make settings of a mapping.

        Args:
            obj: setting to value.
            options: of pydantic, such as `context`.

        Raises:
            SettingsError: as on construction.
        """
        try:
            return super().model_validate(obj, **options)
        except ValidationError as error:
            raise SettingsError(cls.__name__, faults_of(error)) from None

    @model_validator(mode="wrap")
    @classmethod
    def _explained(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(data)
        except ValidationError as error:
            raise refusal(cls.__name__, faults_of(error, cls)) from None


def faults_of(error: ValidationError | SettingsError, kind: type[BaseModel] | None = None) -> list[Fault]:
    """The faults that a validation found.

    Args:
        error: raised by it.
        kind: the settings, to say what one of theirs means, or the name nearest to an unknown one.
    """
    if isinstance(error, SettingsError):
        return list(error.faults)
    known = {} if kind is None else kind.model_fields
    faults = []
    for each in error.errors(include_url=False, include_context=False):
        message = each["msg"].removeprefix("Value error, ")
        name = each["loc"][0] if len(each["loc"]) == 1 else None
        if name in known and known[str(name)].description:
            message += f" ({str(known[str(name)].description).rstrip('.')})"
        elif known and name is not None and each["type"] == "extra_forbidden":
            message = f"there is no such setting. {nearest(str(name), known)}"
        faults.append(Fault(each["loc"], message, each["input"], each["type"]))
    return faults


def refusal(title: str, faults: Iterable[Fault]) -> ValidationError:
    """The error to raise for faults; where it is raised in validating a part of other settings, paths are added to."""
    details: list[InitErrorDetails] = [
        {"type": PydanticCustomError(each.kind, each.message), "loc": each.path, "input": each.given} for each in faults
    ]
    return ValidationError.from_exception_data(title, details)


def salvage(make: Callable[[Any], T], given: Any) -> tuple[T | None, list[Fault]]:
    """What comes of settings without those that are refused, so that the rest can be checked further; and the faults.

    Args:
        make: makes something of settings, or raises a ValidationError or SettingsError.
        given: the settings.

    Returns:
        What was made, None where that takes what was refused; and what is wrong with the settings as they were given.
    """
    faults: list[Fault] = []
    while True:
        try:
            return make(given), faults
        except (ValidationError, SettingsError) as error:
            found = faults_of(error)
            faults = faults or found
            rest = _without(given, [fault.path for fault in found])
            if rest == given:
                return None, faults
            given = rest


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint for a name that is unknown: the one that may have been meant, or all."""
    names = list(known)
    close = get_close_matches(name, names, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"Known are: {', '.join(names)}."


def told(what: str, faults: Iterable[object]) -> str:
    """All faults as one message, a line each."""
    lines = [str(fault) for fault in faults]
    return "\n  ".join([f"{what} cannot be used, for {len(lines)} reason{'s' if len(lines) > 1 else ''}:", *lines])


def _without(given: Any, paths: Iterable[Path]) -> Any:
    """Nested settings without those at the paths; of a path that leads into a value of another kind, without that."""
    below: dict[str | int, list[Path]] = {}
    for head, *rest in filter(None, paths):
        below.setdefault(head, []).append(tuple(rest))
    if isinstance(given, Mapping):
        pairs = {name: _kept(value, below.get(name)) for name, value in given.items()}
        return {name: kept[0] for name, kept in pairs.items() if kept}
    if isinstance(given, list | tuple):
        return [kept[0] for place, value in enumerate(given) if (kept := _kept(value, below.get(place)))]
    return given


def _kept(value: Any, paths: list[Path] | None) -> tuple[Any, ...]:
    """What is left of a value: itself, a part of it, or nothing."""
    if paths is None:
        return (value,)
    rest = _without(value, paths)
    return () if () in paths or rest == value else (rest,)
