"""How a log becomes a stream: every choice of the preparation, with its default."""

from collections import Counter
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)

from freshrec.data.canonical import NULLS
from freshrec.data.negatives import Exclude
from freshrec.errors import ConfigError

__all__ = ["CLOCK", "PERIODS", "StreamSettings", "TimeUnit", "replacing", "settle"]


def _one_character(given: object) -> object:
    """A delimiter, where a tab may be spelled out."""
    delimiter = "\t" if given in ("\\t", "tab") else given
    if isinstance(delimiter, str) and (
        len(delimiter) != 1 or not delimiter.isascii() or delimiter.isalnum() or delimiter in '"\r\n\0'
    ):
        raise ValueError(
            "expected one character that is no letter, digit or quote, such as ; or |; a tab is written tab"
        )
    return delimiter


Delimiter = Annotated[str, BeforeValidator(_one_character)]
TimeUnit = Literal[
    "auto",
    "s",
    "ms",
    "us",
    "ns",
    "d",
    "excel",
    "YYYYMMDD",
    "YYMMDDHH",
    "YYYYMMDDHH",
    "YYYYMMDDHHMM",
    "YYYYMMDDHHMMSS",
    "DMY",
    "MDY",
]
Name = Annotated[str, Field(min_length=1)]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise ValueError("expected a name of the IANA time zone database, such as Europe/Berlin or UTC") from error
    return name


TimeZone = Annotated[str, AfterValidator(_known_zone)]

DEFAULT_EXCLUDE: Mapping[str, Exclude] = {"causal": "now", "paper": "had"}
"""What negatives may not be, by what they are drawn from, where the settings do not say."""

CLOCK = ("hour", "weekday")
"""The fields that `clock` makes."""

WITHOUT_IDS: Mapping[str, Any] = {"history": 0, "repeats": "all"}
"""Defaults where the log has no users or no items."""

PERIODS = 31
"""Periods of equal count where no other way to cut the log is given."""

CUTS = ("periods", "period", "period_rows")
"""The settings that say how a log is cut, one of which is set."""


class StreamSettings(BaseModel):
    """Everything that decides how a log becomes a stream; the same log and settings give the same stream.

    Raises:
        ConfigError: a setting is unknown, of the wrong type, out of range, or contradicts another.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name = Field("stream", description="What the data is called in results.")
    user_column: Name | None = Field(
        "user",
        description="Column with the user's id, a string or an integer; none (false in a file of settings) for a log "
        "of labels and features, without histories.",
    )
    item_column: Name | None = Field(
        "item", description="Column with the item's id, a string or an integer; none as for user_column."
    )
    time_column: Name = Field("timestamp", description="Column with the time of the interaction.")
    label_column: Name | None = Field(
        "label",
        description="Column with 1 (true, yes, click) for a positive and 0 (false, no, view) for a negative. The "
        "default is used where the log has it; any other name must be there; none (false in a file of settings) takes "
        "every row as a positive.",
    )
    positive_from: float | None = Field(
        None,
        allow_inf_nan=False,
        description="Least number in label_column that is a positive, for ratings; by default it holds labels.",
    )
    user_fields: tuple[Name, ...] = Field((), description="Columns with a category of the user.")
    item_fields: tuple[Name, ...] = Field((), description="Columns with a category of the item.")
    fields: tuple[Name, ...] = Field(
        (), description="Columns with a category of the row itself, such as a device, a position or a campaign."
    )
    numbers: tuple[Name, ...] = Field(
        (),
        description="Columns with a number of the row or its user, such as an age or a bid: standardised by the mean "
        "and standard deviation of the periods before, or cut into `bins`.",
    )
    item_numbers: tuple[Name, ...] = Field(
        (), description="Columns with a number of the item, such as its price; a negative has that of its own item."
    )
    bins: int | None = Field(
        None,
        ge=2,
        le=1_000,
        description="Make each number a category instead: one of so many bins between the quantiles of the periods "
        "before.",
    )
    clock: TimeZone | None = Field(
        None,
        description="Time zone, such as Europe/Berlin or UTC, in which the hour and the weekday of a row become the "
        "fields hour and weekday.",
    )
    separator: Name | None = Field(
        None,
        description="Splits a cell of a field column into several values, such as '|' for 'Action|Comedy'.",
    )
    delimiter: Delimiter | None = Field(
        None,
        description="Character between the cells of a CSV file; found among comma, semicolon, tab and | if not given.",
    )
    time_unit: TimeUnit = Field(
        "auto",
        description="Unit or form of times: seconds to days since 1970 UTC, Excel's serial days, digits such as "
        "YYYYMMDD, or the order of day and month in text such as 1/2/2024; auto finds it.",
    )
    null_values: tuple[str, ...] = Field(
        NULLS,
        description="Text that stands for a missing value in any column; blank cells are always missing.",
    )
    periods: int | None = Field(
        None,
        ge=1,
        le=10_000,
        description=f"How many periods of equal count to cut the log into; {PERIODS} where no period is given.",
    )
    period: str | None = Field(
        None,
        pattern=r"^[1-9][0-9]{0,3}(m|h|d|w|mo)$",
        description="Cut by the calendar instead: the length of a period, such as 12h, 1d, 1w or 1mo.",
    )
    period_rows: int | None = Field(
        None,
        ge=1,
        description="Cut after so many interactions each instead; an instant is never split.",
    )
    time_zone: TimeZone = Field(
        "UTC",
        description="Where days, weeks and months of `period` begin, such as Europe/Berlin; minutes and hours are "
        "counted in UTC.",
    )
    lateness: str | None = Field(
        None,
        pattern=r"^[1-9][0-9]{0,3}(s|m|h|d|w)$",
        description="How long after its end a period waits for rows that come late, such as 2h, where more rows are to "
        "come; by default not at all.",
    )
    history: int = Field(
        30,
        ge=0,
        le=10_000,
        description="How many of the user's past positives a sample holds at most; 0 for none.",
    )
    negatives: Literal["causal", "paper"] = Field(
        "causal",
        description="Items that negatives are drawn from, where the log holds positives only: causal, those "
        "seen by then; paper, all items of the log, future ones too.",
    )
    exclude: Exclude | None = Field(
        None,
        description="Items that a negative may not be: had, any that the user has had by then; now, those that the "
        "user has at the same instant. By default now with causal, had with paper.",
    )
    had_within: int | None = Field(
        None,
        ge=1,
        description="With exclude had: only items that the user has had in the period or in so many before it. By "
        "default in all.",
    )
    negatives_per_positive: int = Field(1, ge=1, le=1_000, description="How many negatives to draw for each positive.")
    repeats: Literal["once", "all"] = Field(
        "once",
        description="What rows of the same user, item and time are: once, one interaction; all, an interaction each.",
    )
    min_item_count: int = Field(
        1,
        ge=1,
        description="Leave out items with fewer interactions in the whole log; over 1 only with paper.",
    )
    seed: int = Field(0, ge=0, description="Root seed of the preparation, which draws negatives.")

    @property
    def exclusion(self) -> Exclude:
        """What `exclude` is, with its default for `negatives`."""
        return self.exclude or DEFAULT_EXCLUDE[self.negatives]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of fields and numbers."""
        return (*self.user_fields, *self.item_fields, *self.fields, *self.numbers, *self.item_numbers)

    @model_validator(mode="before")
    @classmethod
    def _resolved(cls, data: Any) -> Any:
        """The settings with a way to cut the log; TOML has no null, so that false says that there are no labels."""
        if not isinstance(data, Mapping):
            return data
        resolved = dict(data)
        if all(resolved.get(name) is None for name in CUTS):
            resolved["periods"] = PERIODS
        for name in ("user_column", "item_column", "label_column"):
            if resolved.get(name) is False:
                resolved[name] = None
        if ("user_column" in resolved and resolved["user_column"] is None) or resolved.get(
            "item_column", "item"
        ) is None:
            resolved = {**WITHOUT_IDS, **resolved}
        return resolved

    @model_validator(mode="wrap")
    @classmethod
    def _typed(cls, data: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            settings = handler(data)
        except ValidationError as error:
            raise ConfigError(_explain(error, tuple(cls.model_fields))) from error
        settings._agree()
        return settings

    def _agree(self) -> None:
        if len(given := [name for name in CUTS if getattr(self, name) is not None]) > 1:
            one, other = given[:2]
            raise ConfigError(
                f"{one} is {getattr(self, one)} and {other} is {getattr(self, other)!r}: a log is cut in one way. Give "
                "periods for an equal count, period for the calendar, or period_rows for a fixed count."
            )
        if self.had_within is not None and self.exclusion != "had":
            raise ConfigError(
                f"had_within is {self.had_within}, but exclude is {self.exclude!r}. Leave had_within out: it bounds "
                "what exclude = 'had' looks back on."
            )
        if self.positive_from is not None and self.label_column is None:
            raise ConfigError(
                f"positive_from is {self.positive_from:g}, but label_column is None, which takes every row as a "
                "positive. Name the column of ratings with label_column, or leave positive_from out."
            )
        if self.min_item_count > 1 and self.negatives != "paper":
            raise ConfigError(
                f"min_item_count is {self.min_item_count}, but counting an item's interactions reads the "
                "whole log, the future included. Leave it at 1, or set negatives = 'paper' to reproduce a "
                "published preparation."
            )
        self._agree_on_ids()
        columns = [self.time_column, *self.columns]
        columns += [name for name in (self.user_column, self.item_column) if name is not None]
        columns += [self.label_column] if self.label_column else []
        if twice := [name for name, count in Counter(columns).items() if count > 1]:
            raise ConfigError(
                f"column {twice[0]!r} is named by two settings; each column has one use. "
                "Name another column, or copy it under a second name."
            )
        if taken := {"user", "item"}.intersection(self.columns):
            raise ConfigError(
                f"a field is called {min(taken)!r}, which is the name of the table of {min(taken)}s. Rename the column."
            )
        if self.clock is not None and (taken := set(CLOCK).intersection(self.columns)):
            raise ConfigError(
                f"a column is called {min(taken)!r}, which is the name of a field of clock. Rename the column, or "
                "leave clock out."
            )
        if self.bins is not None and not (self.numbers or self.item_numbers):
            raise ConfigError(
                f"bins is {self.bins}, but no column of numbers is named. Name some with numbers or item_numbers, or "
                "leave bins out."
            )

    def _agree_on_ids(self) -> None:
        lacking = [f"{name}_column" for name in ("user", "item") if getattr(self, f"{name}_column") is None]
        if not lacking:
            return
        if self.label_column is None:
            raise ConfigError(
                f"{lacking[0]} and label_column are None: negatives are drawn for a user, among items. Name the column "
                f"with labels, or name {lacking[0]}."
            )
        if self.history:
            raise ConfigError(
                f"{lacking[0]} is None, but history is {self.history}: a history is of a user, and holds items. Leave "
                "history out, or name the column."
            )
        if self.repeats != "all":
            raise ConfigError(
                f"{lacking[0]} is None, but repeats is {self.repeats!r}: without users and items no row is known to be "
                "another one again. Leave repeats out."
            )
        if self.user_column is None and self.user_fields:
            raise ConfigError(
                f"user_column is None, but user_fields has {self.user_fields[0]!r}. Name it with fields, which are the "
                "row's."
            )
        if self.item_column is None and (of_items := (*self.item_fields, *self.item_numbers)):
            raise ConfigError(
                f"item_column is None, but {of_items[0]!r} is said to be of the item. Name it with fields or numbers, "
                "which are the row's."
            )
        if self.item_column is None and self.min_item_count > 1:
            raise ConfigError(
                f"item_column is None, but min_item_count is {self.min_item_count}. Leave min_item_count at 1."
            )


def settle(settings: StreamSettings | None, changes: Mapping[str, Any]) -> StreamSettings:
    """The settings with some of them changed, checked as a whole; a new way to cut the log takes the place of the old.

    Raises:
        ConfigError: as `StreamSettings` does.

    >>> settle(StreamSettings(period="1d"), {"periods": 4}).period is None
    True
    """
    before = {} if settings is None else settings.model_dump()
    if any(name in changes and changes[name] in (None, False) for name in ("user_column", "item_column")):
        before = {name: value for name, value in before.items() if name not in WITHOUT_IDS}
    return StreamSettings.model_validate({**before, **replacing(changes)})


def replacing(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Changes of settings, where the one of `periods`, `period` and `period_rows` that is given replaces the others.

    >>> replacing({"periods": 4})
    {'periods': 4, 'period': None, 'period_rows': None}
    """
    if all(changes.get(name) is None for name in CUTS):
        return dict(changes)
    return {**changes, **dict.fromkeys(name for name in CUTS if name not in changes)}


def _explain(error: ValidationError, known: tuple[str, ...]) -> str:
    lines = []
    for fault in error.errors(include_url=False):
        name = ".".join(str(part) for part in fault["loc"]) or "settings"
        if fault["type"] == "extra_forbidden":
            close = get_close_matches(name, known, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"Known settings: {', '.join(known)}."
            lines.append(f"there is no setting {name!r}. {hint}")
        else:
            lines.append(f"setting {name!r} is {fault['input']!r}: {fault['msg']}.")
    return "cannot use these settings of the stream: " + " ".join(lines)
