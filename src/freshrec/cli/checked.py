"""The settings of a command and where its data comes from, checked together so that every fault is told at once."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeAlias, TypeVar

from pydantic import ValidationError

from freshrec.cli.source import RawLog
from freshrec.data import Stream, StreamSettings
from freshrec.errors import ConfigError, FreshrecError
from freshrec.settings import Fault, SettingsError, faults_of, refusal, salvage, told
from freshrec.updaters import Facts

__all__ = ["checked", "checked_source"]

Find: TypeAlias = Callable[[Mapping[str, Any]], RawLog | Stream]
S = TypeVar("S")


def checked(make: Callable[[Facts], S], find: Find, of_data: Mapping[str, Any]) -> tuple[S, RawLog | Stream]:
    """The settings and the source of the data; nothing is read of a log but its beginning, and nothing written.

    Args:
        make: makes the settings, or raises a SettingsError where they cannot be used on such data.
        find: gives the source from the settings of the data.
        of_data: those, [data] in a file of settings.

    Raises:
        ConfigError: settings cannot be used, alone or on this data; all of them are told.
        FreshrecError: the source alone cannot be used.
    """
    found = _Found.of(find, of_data)
    try:
        settings = make(found.facts())
    except SettingsError as error:
        raise found.refusal(error.faults) from None
    return settings, found.usable()


def checked_source(find: Find, of_data: Mapping[str, Any]) -> RawLog | Stream:
    """The source of the data where there are no other settings, with the errors of `checked`."""
    return _Found.of(find, of_data).usable()


@dataclass(frozen=True)
class _Found:
    """What was found with the settings of the data.

    Attributes:
        source: of the data, found without the settings that are refused; or why it cannot be used.
        faults: what is refused.
    """

    source: RawLog | Stream | FreshrecError
    faults: tuple[Fault, ...]

    @classmethod
    def of(cls, find: Find, of_data: Mapping[str, Any]) -> Self:
        chosen, refused = salvage(_typed, of_data)
        faults = tuple(fault.below("data") for fault in refused)
        try:
            return cls(find(chosen or {}), faults)
        except FreshrecError as error:
            return cls(error, faults)

    def facts(self) -> Facts:
        """What is known of the data before a log is read; nothing that follows from settings that were refused."""
        if isinstance(self.source, FreshrecError):
            return Facts()
        if isinstance(self.source, Stream):
            return Facts.of(self.source.schema, len(self.source.periods))
        refused = {name for fault in self.faults for name in fault.path}
        counted = self.source.settings.period is None and not {"periods", "period"}.intersection(refused)
        labels = None if "label_column" in refused else self.source.labels()
        return Facts(
            labels=labels,
            periods=self.source.settings.periods if counted else None,
            history=None if "history" in refused else self.source.settings.history,
            exclude=self.source.settings.exclusion if labels == "implicit" and "exclude" not in refused else None,
        )

    def refusal(self, others: Iterable[Fault] = ()) -> ConfigError:
        """All that is wrong, with other faults before."""
        missing = [self.source] if isinstance(self.source, FreshrecError) else []
        return ConfigError(told("settings", [*others, *self.faults, *missing]))

    def usable(self) -> RawLog | Stream:
        """The source.

        Raises:
            ConfigError: settings of the data are refused.
            FreshrecError: it cannot be used.
        """
        if self.faults:
            raise self.refusal()
        if isinstance(self.source, FreshrecError):
            raise self.source
        return self.source


def _typed(of_data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The settings of the data as they are, if each of them is one; whether they agree, the source knows."""
    try:
        StreamSettings.model_validate(of_data)
    except ConfigError as error:
        if isinstance(error.__cause__, ValidationError):
            raise refusal("StreamSettings", faults_of(error.__cause__, StreamSettings)) from None
    return of_data
