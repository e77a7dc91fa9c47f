"""Which columns of a log its settings ask for."""

from collections.abc import Sequence
from difflib import get_close_matches

from freshrec.data.file_format import DELIMITERS
from freshrec.data.settings import StreamSettings
from freshrec.errors import DataError

__all__ = ["listed", "roles_of"]

COLUMNS = {
    "user_fields": "field",
    "item_fields": "field",
    "fields": "field",
    "numbers": "number",
    "item_numbers": "number",
}
"""The settings that name further columns, each with what the roles of its columns begin with."""

_SHOWN = 20
_LONGEST = 60


def roles_of(
    present: Sequence[str], settings: StreamSettings, where: str, delimiter: str | None = None
) -> dict[str, str]:
    """The columns that the settings name, by role.

    Args:
        present: the columns of the log.
        settings: name some of them.
        where: what the log is called in messages.
        delimiter: the character between cells, for CSV.

    Returns:
        `user` and `item` where the log has them, `time`, `label` where it has labels, `field:NAME` and `number:NAME`,
        each with the column's name.

    Raises:
        DataError: a column is not there.
    """
    ids = {"user": settings.user_column, "item": settings.item_column, "time": settings.time_column}
    roles = {role: column for role, column in ids.items() if column is not None}
    flags = {"user": "user_column", "item": "item_column", "time": "time_column", "label": "label_column"}
    # The default name is optional: most logs hold positives only. A name that someone chose must be there.
    is_chosen = settings.label_column != "label" or settings.positive_from is not None
    if settings.label_column is not None and (is_chosen or "label" in present):
        roles["label"] = settings.label_column
    for group, kind in COLUMNS.items():
        for name in getattr(settings, group):
            roles[f"{kind}:{name}"] = name
            flags[f"{kind}:{name}"] = group
    for role, column in roles.items():
        if column not in present:
            raise DataError(f"{where} has no column {column!r}; {_advice(present, column, flags[role], delimiter)}")
    return roles


def listed(names: Sequence[str]) -> str:
    """Names in quotes, long ones and the last of many left out.

    >>> listed(["user", "item"])
    "'user', 'item'"
    """
    shown = [repr(name if len(name) <= _LONGEST else f"{name[:_LONGEST]}...") for name in names[:_SHOWN]]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return (", ".join(shown) or "none") + more


def _advice(present: Sequence[str], column: str, flag: str, delimiter: str | None) -> str:
    there = f"it has {listed(present)}."
    if delimiter is not None and len(present) == 1:
        others = [each for each in DELIMITERS if each != delimiter and each in present[0]]
        seem = f" Its columns seem to be separated by {others[0]!r}, not by {delimiter!r}." if others else ""
        return f"{there}{seem} Name the character between columns with the setting delimiter (--delimiter)."
    if delimiter is not None and any(name.replace(".", "").replace("-", "").isdigit() for name in present):
        return f"{there} Its first line seems to hold data. Add a line with the names of the columns before it."
    close = get_close_matches(column.lower(), [name.lower() for name in present], n=1, cutoff=0.5)
    hint = "".join(f" Did you mean {name!r}?" for name in present if [name.lower()] == close)
    option = f"--{flag.replace('_', '-').removesuffix('s')}"
    return f"{there}{hint} Name the right one with the setting {flag} ({option})."
