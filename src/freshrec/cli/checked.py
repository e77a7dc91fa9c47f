"""The settings of a command and where its data comes from, checked together so that every fault is told at once."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeAlias, TypeVar

from pydantic import ValidationError

from freshrec.cli.source import RawLog
from freshrec.data import Stream, StreamSettings
from freshrec.errors import ConfigError, FreshrecError
from freshrec.settings import Settings, faults_of, refusal, salvage, told
from freshrec.updaters import Facts

__all__ = ["checked"]

Find: TypeAlias = Callable[[Mapping[str, Any]], RawLog | Stream]
S = TypeVar("S", bound=Settings)


def checked(
    kind: type[S],
    given: Mapping[str, Any],
    find: Find,
    of_data: Mapping[str, Any],
) -> tuple[S, RawLog | Stream]:
    """The settings and the source of the data; nothing is read of a log but its beginning, and nothing written.

    Args:
        kind: of settings.
        given: for them.
        find: gives the source from the settings of the data.
        of_data: those, [data] in a file of settings.

    Raises:
        ConfigError: settings cannot be used, alone or on this data; all of them are told.
        FreshrecError: the source alone cannot be used.
    """
    chosen, refused = salvage(_typed, of_data)
    faults: list[object] = [fault.below("data") for fault in refused]
    source, missing = _found(find, chosen or {})
    try:
        settings = kind.model_validate(given, context=_facts(source, {fault.path[0] for fault in refused}))
    except ValidationError as error:
        faults = [*faults_of(error), *faults]
    if faults:
        raise ConfigError(told("settings", [*faults, *missing]))
    if source is None:
        raise missing[0]
    return settings, source


def _typed(of_data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The settings of the data as they are, if each of them is one; whether they agree, the source knows."""
    try:
        StreamSettings.model_validate(of_data)
    except ConfigError as error:
        if isinstance(error.__cause__, ValidationError):
            raise refusal("StreamSettings", faults_of(error.__cause__, StreamSettings)) from None
    return of_data


def _found(find: Find, of_data: Mapping[str, Any]) -> tuple[RawLog | Stream | None, list[FreshrecError]]:
    """The source, or why there is none."""
    try:
        return find(of_data), []
    except FreshrecError as error:
        return None, [error]


def _facts(source: RawLog | Stream | None, refused: Collection[str | int]) -> Facts:
    """What is known of the data before a log is read; nothing that follows from settings that were refused."""
    if source is None:
        return Facts()
    if isinstance(source, Stream):
        return Facts(source.schema.labels, len(source.periods))
    counted = source.settings.period is None and not {"periods", "period"}.intersection(refused)
    return Facts(
        labels=None if "label_column" in refused else source.labels(),
        periods=source.settings.periods if counted else None,
    )
