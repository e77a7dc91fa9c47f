"""What the first rows of a log file say, before all of it is read."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from freshrec.data.labels import parse_label
from freshrec.data.schema import Labels
from freshrec.data.settings import StreamSettings
from freshrec.data.source import open_log
from freshrec.errors import DataError

__all__ = ["peek_flags", "peek_labels"]

_ROWS = 10_000


def peek_labels(paths: Sequence[Path | str], settings: StreamSettings) -> Labels | None:
    """Who says what was not liked, as far as the first rows of a log tell, about 10,000.

    Args:
        paths: of the log, as `prepare` takes them.
        settings: name its column of labels.

    Returns:
        `implicit` where there is no such column, `explicit` where one of the rows is labelled 0; None where they leave
        it open, or cannot be read: then reading all of the log tells, or says what is wrong with it.
    """
    column = settings.label_column
    if column is None:
        return "implicit"
    try:
        table = open_log(paths, settings, _ROWS)
        if column not in table.names:
            return "implicit" if column == "label" and settings.positive_from is None else None
        cells = table.read({column: column})[column]
        read = parse_label(cells, column, settings.null_values, settings.positive_from)
    except DataError:
        return None
    return "explicit" if ((read.value == 0) & read.reason.is_null()).any() else None


def peek_flags(paths: Sequence[Path | str], settings: StreamSettings) -> tuple[str, ...]:
    """The columns of a log that no setting names and whose first rows hold both 0 and 1, and nothing else.

    Args:
        paths: of the log, as `prepare` takes them.
        settings: name the columns that are used.

    Returns:
        Their names, in the order of the first file; none where it cannot be read, which reading all of it tells.
    """
    used = {settings.user_column, settings.item_column, settings.time_column, settings.label_column}
    used.update(settings.columns)
    try:
        table = open_log(paths, settings, _ROWS)
        cells = table.read({f"column {place}": name for place, name in enumerate(table.names) if name not in used})
    except DataError:
        return ()
    names = [name for name in table.names if name not in used]
    return tuple(name for name, column in zip(names, cells, strict=False) if _is_flag(column, settings))


def _is_flag(cells: pl.Series, settings: StreamSettings) -> bool:
    try:
        read = parse_label(cells, cells.name, settings.null_values)
    except DataError:
        return False
    return not read.reason.is_not_null().any() and read.value.n_unique() == 2
