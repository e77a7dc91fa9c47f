"""The shape of a stream: how many rows each table has, and which columns a sample carries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from freshrec.data.negatives import Exclude

__all__ = ["Labels", "Schema"]

Labels: TypeAlias = Literal["implicit", "explicit"]
"""Who says what was not liked: nobody, so that negatives were drawn (implicit), or the log itself (explicit)."""

ROWS_IF_NONE_KNOWN = 1_000
"""Rows that initial values are scaled for where no id is known yet."""


@dataclass(frozen=True)
class Schema:
    """The shape of a stream's samples and batches, all that a model needs to know of the data.

    Attributes:
        rows: table name to its number of rows R: `user` and `item`, where the log has them, and every field.
        user_fields: names of the user's categorical fields.
        item_fields: names of the item's categorical fields.
        fields: names of the categorical fields of the row itself, such as a device or the hour.
        numbers: names of the numeric columns, in the order of a model's inputs.
        several: the fields that may have several values at once.
        history: T, how many past positives a sample can hold at most; 0 for none.
        labels: implicit where each positive is followed by the negatives that were drawn for it; explicit where labels
            are the log's own, and no negative belongs to a positive.
        known: table name to the number of ids that are known when pre-training ends; empty where that is not known.
            It scales the initial values of tables, so that the number of later ids does not.
        exclude: which items the drawn negatives may not be, as in `StreamSettings`; None where none were drawn, or
            where that is not known.
    """

    rows: Mapping[str, int]
    user_fields: tuple[str, ...] = ()
    item_fields: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    several: frozenset[str] = field(default_factory=frozenset)
    history: int = 30
    labels: Labels = "explicit"
    known: Mapping[str, int] = field(default_factory=dict)
    exclude: Exclude | None = None

    def initial_rows(self, table: str) -> int:
        """The number of rows that the limit of a table's Glorot-uniform initial values is computed from.

        It is the number of known ids. Where no id is known yet, as without pre-training, it is `ROWS_IF_NONE_KNOWN`;
        where the schema does not say what is known, it is the number of rows.
        """
        return self.known.get(table, self.rows[table]) or ROWS_IF_NONE_KNOWN
