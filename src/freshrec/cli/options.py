"""The options that say what the data is and how it becomes a stream; several commands take them."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option

from freshrec.errors import ConfigError

__all__ = [
    "Config",
    "Data",
    "DataOptions",
    "Dataset",
    "DatasetPath",
    "Metrics",
    "Out",
    "Seed",
    "Store",
    "takes_data_options",
]

Dataset = Annotated[
    list[str] | None,
    Argument(
        metavar="DATASET",
        help="A data set: a name that `freshrec datasets` lists, or package.module:Name. After --data, more paths.",
        show_default=False,
    ),
]
DatasetPath = Annotated[
    Path | None,
    Option(
        "--path",
        metavar="PATH",
        help="The folder with DATASET's files, or its file, where it is read from some.",
        show_default=False,
    ),
]
Data = Annotated[
    list[str] | None,
    Option(
        metavar="PATH",
        help="A log instead of DATASET: a Parquet, CSV, TSV or JSON lines file, a folder of them, or a pattern such as "
        "'log/*.parquet'; may be repeated. Or a folder that `prepare` made.",
        show_default=False,
    ),
]
Config = Annotated[
    Path | None,
    Option(metavar="FILE", help="A TOML file with any settings; those given as options win.", show_default=False),
]

Out = Annotated[
    Path,
    Option(metavar="DIR", help="Folder for all that is written; an unfinished one continues."),
]
Store = Annotated[Path, Argument(metavar="STORE", help="The store, as `freshrec init` made it.")]
Seed = Annotated[
    int | None,
    Option(metavar="N", help="Root of all randomness.", show_default="0"),
]

Metrics = Annotated[
    str | None,
    Option(
        metavar="NAMES",
        help="What is measured, separated by commas; `freshrec metrics` lists it. The first ranks methods.",
        show_default="all",
    ),
]


TIME_UNITS = "s, ms, us, ns, d, excel, YYYYMMDD, YYMMDDHH, YYYYMMDDHH, YYYYMMDDHHMM, YYYYMMDDHHMMSS, DMY or MDY"


def _option(metavar: str, text: str, default: str | None = None) -> Any:
    return Option(metavar=metavar, help=text, show_default=default or False, rich_help_panel="Data")


@dataclass(frozen=True)
class DataOptions:
    """Settings of `StreamSettings` under their own names; None where not given."""

    user_column: Annotated[str | None, _option("COLUMN", "Column with the user's id.", "user")] = None
    item_column: Annotated[str | None, _option("COLUMN", "Column with the item's id.", "item")] = None
    no_user: Annotated[
        bool,
        Option("--no-user", help="The log has no users: labels, times and columns alone.", rich_help_panel="Data"),
    ] = False
    no_item: Annotated[bool, Option("--no-item", help="The log has no items.", rich_help_panel="Data")] = False
    time_column: Annotated[str | None, _option("COLUMN", "Column with the time.", "timestamp")] = None
    label_column: Annotated[
        str | None,
        _option(
            "COLUMN",
            "Column with 1 or 0, or words such as yes and no; without one all rows are positives.",
            "label, where there",
        ),
    ] = None
    no_labels: Annotated[
        bool,
        Option("--no-labels", help="Take every row as a positive, whatever its label.", rich_help_panel="Data"),
    ] = False
    positive_from: Annotated[
        float | None, _option("NUMBER", "Least number in the label column that is a positive, for ratings.")
    ] = None
    user_field: Annotated[
        list[str] | None, _option("COLUMN", "Column with a category of the user; may be repeated.")
    ] = None
    item_field: Annotated[
        list[str] | None, _option("COLUMN", "Column with a category of the item; may be repeated.")
    ] = None
    field: Annotated[
        list[str] | None,
        _option("COLUMN", "Column with a category of the row itself, such as a device; may be repeated."),
    ] = None
    number: Annotated[
        list[str] | None, _option("COLUMN", "Column with a number of the row or its user; may be repeated.")
    ] = None
    item_number: Annotated[
        list[str] | None, _option("COLUMN", "Column with a number of the item, such as its price; may be repeated.")
    ] = None
    bins: Annotated[
        int | None, _option("N", "Make each number one of so many categories, by quantiles.", "numbers stay numbers")
    ] = None
    clock: Annotated[
        str | None, _option("ZONE", "Time zone in which hour and weekday of a row become fields, such as UTC.")
    ] = None
    separator: Annotated[str | None, _option("TEXT", "Splits a cell of a field into several values.")] = None
    delimiter: Annotated[
        str | None, _option("CHARACTER", "Character between the cells of a CSV file.", "found among , ; tab and |")
    ] = None
    time_unit: Annotated[str | None, _option("UNIT", f"Unit or form of the times: {TIME_UNITS}.", "found")] = None
    null_value: Annotated[
        list[str] | None,
        _option(
            "TEXT",
            "Text that stands for a missing value; may be repeated.",
            r"\N NULL null NaN nan None N/A #N/A <NA> NaT",
        ),
    ] = None
    periods: Annotated[int | None, _option("N", "How many periods of equal count to cut the log into.", "31")] = None
    period: Annotated[str | None, _option("LENGTH", "Cut by the calendar instead: 12h, 1d, 1w, 1mo.")] = None
    period_rows: Annotated[
        int | None, _option("N", "Cut after so many interactions each instead; an instant is never split.")
    ] = None
    time_zone: Annotated[
        str | None, _option("ZONE", "Where days, weeks and months of --period begin, such as Europe/Berlin.", "UTC")
    ] = None
    lateness: Annotated[
        str | None, _option("LENGTH", "How long a period waits for late rows where more are to come: 30m, 2h, 1d.")
    ] = None
    history: Annotated[int | None, _option("N", "Past positives of the user in a sample, at most.", "30")] = None
    negatives: Annotated[
        str | None,
        _option(
            "causal|paper",
            "Items that negatives come from if the log has none: those seen by then, or all.",
            "causal",
        ),
    ] = None
    exclude: Annotated[
        str | None,
        _option(
            "had|now",
            "Items no negative is: all that the user has had by then, or has at that instant.",
            "now with causal, had with paper",
        ),
    ] = None
    had_within: Annotated[
        int | None, _option("N", "With had: only items had in the period or in so many before it.", "all")
    ] = None
    negatives_per_positive: Annotated[int | None, _option("N", "Negatives drawn for each positive.", "1")] = None
    repeats: Annotated[
        str | None,
        _option("once|all", "Rows of the same user, item and time: one interaction, or an interaction each.", "once"),
    ] = None
    min_item_count: Annotated[
        int | None, _option("N", "Leave out items with fewer interactions; over 1 only with paper.", "1")
    ] = None

    def given(self) -> dict[str, Any]:
        """The settings that were given, under the names of `StreamSettings`, to take the place of others.

        Raises:
            ConfigError: two options contradict each other.
        """
        from freshrec.data import replacing

        plural = {
            name: f"{name}s" for name in ("user_field", "item_field", "field", "number", "item_number", "null_value")
        }
        switches = {"no_user": "user_column", "no_item": "item_column", "no_labels": "label_column"}
        options = {name: value for name, value in vars(self).items() if name not in switches and value is not None}
        chosen = {plural.get(name, name): value for name, value in options.items()}
        for switch, column in switches.items():
            if not getattr(self, switch):
                continue
            if chosen.get(column) is not None:
                flag, option = (f"--{name.replace('_', '-')}" for name in (switch, column))
                raise ConfigError(f"both {flag} and {option} {chosen[column]} were given. Leave one of them out.")
            chosen[column] = None
        return replacing(chosen)


def takes_data_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the data options, which it receives together as its argument `data_options`."""
    added = inspect.signature(DataOptions).parameters
    signature = inspect.signature(command)
    own = [each for name, each in signature.parameters.items() if name != "data_options"]
    parameters = [*own, *added.values()]

    @wraps(command)
    def taking(**given: Any) -> None:
        chosen = {name: given.pop(name) for name in added}
        command(**given, data_options=DataOptions(**chosen))

    keyword = inspect.Parameter.KEYWORD_ONLY
    taking.__signature__ = signature.replace(parameters=[each.replace(kind=keyword) for each in parameters])  # type: ignore[attr-defined]
    taking.__annotations__ = {each.name: each.annotation for each in parameters}
    return taking
