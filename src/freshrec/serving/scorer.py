"""The scorer: a published model with its vocabulary; raw values in, probabilities out."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from freshrec.data import SCORING_BATCH, Batch, FieldValues, Samples, Schema, Vocabulary, binned, standardised
from freshrec.errors import ConfigError, CorruptError, DataError, ModelError
from freshrec.serving.pointer import served, version_folder
from freshrec.serving.version import READY, Version, read_version

__all__ = ["Scorer", "load"]

HISTORY = "history"
"""The column of a request with each sample's history: item values, oldest first."""

Ints = npt.NDArray[np.int64]


class Scorer:
    """Scores raw rows by a published model.

    Args:
        version: what was published.

    Raises:
        ModelError: the model's class cannot be imported, or its weights do not fit.
    """

    def __init__(self, version: Version) -> None:
        self.version = version
        self.vocabulary: Vocabulary = version.vocabulary
        # One more row a table: that of ids which nobody has seen yet.
        rows = {table: number + 1 for table, number in version.schema.rows.items()}
        self.schema: Schema = replace(version.schema, rows=rows)
        self.module: nn.Module = version.model.build(self.schema)
        try:
            self.module.load_state_dict(dict(version.weights), assign=True)
        except RuntimeError as error:
            raise ModelError(
                f"the weights of version {version.number} are not those of {version.model.model}: {error} "
                "Load it with the package versions that it was published with."
            ) from error
        self.module.requires_grad_(False)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that a request may have: those that it must have, and the others."""
        schema = self.version.schema
        history = (HISTORY,) if schema.history else ()
        return (*self._required, *schema.user_fields, *schema.item_fields, *history)

    @property
    def _required(self) -> tuple[str, ...]:
        """User and item, where the stream has them, and fields and numbers of the row."""
        return (*self.version.columns.values(), *self.schema.fields, *self.schema.numbers)

    def score(self, rows: Mapping[str, Sequence[Any]]) -> npt.NDArray[np.float32]:
        """Probabilities [N] of rows being positive.

        Args:
            rows: column name to N raw values: the user, the item, every field and every number of the log, by their
                column's names; fields that `clock` made are given as `hour` (0 to 23) and `weekday` (Monday to Sunday).
                A field of the user or the item that is left out has its newest value. `history` may hold a list of item
                values for each row, oldest first; without it a user's history is what it was at the end of the newest
                period. A value that is not in the vocabulary has the row that the model keeps for unknown ids.

        Raises:
            DataError: a column is missing or unknown, or columns differ in length.
        """
        logits = self.logits(rows)
        probabilities: npt.NDArray[np.float32] = torch.sigmoid(torch.from_numpy(logits)).numpy()
        return probabilities

    def logits(self, rows: Mapping[str, Sequence[Any]]) -> npt.NDArray[np.float32]:
        """Logits [N] of rows, as `score` takes them."""
        return self.logits_of(self.samples(rows))

    def logits_of(self, samples: Samples) -> npt.NDArray[np.float32]:
        """Logits [N] of samples of the stream; ids that came after the version was made are unknown to it."""
        rows = self.version.schema.rows
        known = replace(
            samples,
            user=np.minimum(samples.user, rows.get("user", 0)),
            item=np.minimum(samples.item, rows.get("item", 0)),
            positives=np.minimum(samples.positives, rows.get("item", 0)),
            fields=_within(samples.fields, rows),
            past_fields=_within(samples.past_fields, rows),
        )
        parts = [self._forward(batch) for batch in known.batches(SCORING_BATCH)]
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)

    def samples(self, rows: Mapping[str, Sequence[Any]]) -> Samples:
        """Rows as samples of the stream, with ids; labels and times are zero.

        Raises:
            DataError: as `score` does.
        """
        names, schema = self._checked(rows), self.schema
        none = np.zeros(len(next(iter(rows.values()), ())), np.int64)
        user, item = (self._ids(table, rows[names[table]]) if table in names else none for table in ("user", "item"))
        history, offsets = self._histories(rows.get(HISTORY), user)
        fields = {}
        for owner, ids, listed in (("user", user, schema.user_fields), ("item", item, schema.item_fields)):
            for name in listed:
                given = rows.get(name)
                fields[name] = self._newest(owner, name, ids) if given is None else self._field(name, given)
        fields |= {name: self._field(name, rows[name]) for name in schema.fields}
        zeros = np.zeros(len(user), np.int64)
        return Samples(
            schema,
            user=user.astype(np.int32),
            item=item.astype(np.int32),
            timestamp=zeros,
            label=zeros.astype(np.int8),
            start=offsets[:-1].astype(np.int32),
            end=offsets[1:].astype(np.int32),
            positives=history.astype(np.int32),
            fields=fields,
            past_fields={name: self._newest("item", name, history) for name in schema.item_fields},
            numbers={name: self._standardised(name, rows[name]) for name in schema.numbers},
        )

    def unknown(self, rows: Mapping[str, Sequence[Any]]) -> dict[str, int]:
        """How many of the rows' users and items are not in the vocabulary, by table."""
        names = self._checked(rows)
        return {table: int((self.vocabulary.ids(table, rows[name]) < 0).sum()) for table, name in names.items()}

    def _checked(self, rows: Mapping[str, Sequence[Any]]) -> Mapping[str, str]:
        """The names of the columns of user and item, after checking those that were given."""
        names = self.version.columns
        if missing := [name for name in self._required if name not in rows]:
            raise DataError(f"the rows have no column {missing[0]!r}; they have {', '.join(rows)}. Give it.")
        if others := [name for name in rows if name not in self.columns]:
            raise DataError(
                f"the model does not know the column {others[0]!r}; it reads {', '.join(self.columns)}. Leave it out."
            )
        lengths = {name: len(values) for name, values in rows.items()}
        if len(set(lengths.values())) > 1:
            raise DataError(f"columns differ in length: {lengths}. Give one value a row in each.")
        return names

    def _ids(self, table: str, values: Sequence[Any]) -> Ints:
        """Ids [N] of raw values; unknown ones have the last row of the table."""
        ids = self.vocabulary.ids(table, values)
        return np.where(ids < 0, self.version.schema.rows[table], ids)

    def _field(self, name: str, given: Sequence[Any]) -> FieldValues:
        if name in self.version.scales:
            bins = binned(self._numbers(name, given), np.array(self.version.scales[name]["edges"]))
            given = [str(each) if each else None for each in bins]
        if name not in self.schema.several:
            return FieldValues(self._ids(name, given).astype(np.int32))
        lists = [[each] if each is None or isinstance(each, str) else list(each) for each in given]
        offsets = np.cumsum([0, *map(len, lists)], dtype=np.int64)
        return FieldValues(self._ids(name, [value for values in lists for value in values]).astype(np.int32), offsets)

    def _standardised(self, name: str, given: Sequence[Any]) -> npt.NDArray[np.float32]:
        scale = self.version.scales[name]
        return standardised(self._numbers(name, given), scale["mean"], scale["deviation"])

    def _numbers(self, name: str, given: Sequence[Any]) -> npt.NDArray[np.float64]:
        """Raw numbers [N]; NaN for a missing one."""
        missing = ("", *self.vocabulary.null_values)
        try:
            numbers = [
                math.nan if each is None or (isinstance(each, str) and each.strip() in missing) else float(each)
                for each in given
            ]
        except (TypeError, ValueError) as error:
            raise DataError(f"column {name!r} holds numbers, and one cannot be read: {error}.") from error
        return np.array(numbers, np.float64)

    def _newest(self, owner: str, name: str, ids: Ints) -> FieldValues:
        """The newest values of a field by owner; those of unknown owners are unknown."""
        known, unknown = self.version.context.values(name), self.version.schema.rows[name]
        more = FieldValues(np.array([unknown], np.int32), None if known.offsets is None else np.array([0, 1]))
        return FieldValues.join([known, more]).take(np.minimum(ids, self.version.schema.rows[owner]))

    def _histories(self, given: Sequence[Any] | None, user: Ints) -> tuple[Ints, Ints]:
        if not self.schema.history:
            return np.zeros(0, np.int64), np.zeros(len(user) + 1, np.int64)
        if given is None:
            history, offsets = self.version.context.histories(user, self.schema)
            return history.astype(np.int64), offsets
        lists = [list(each)[-self.schema.history :] if each is not None else [] for each in given]
        offsets = np.cumsum([0, *map(len, lists)], dtype=np.int64)
        return self._ids("item", [value for values in lists for value in values]), offsets

    @torch.inference_mode()
    def _forward(self, batch: Batch) -> npt.NDArray[np.float32]:
        found: npt.NDArray[np.float32] = self.module(batch).reshape(len(batch)).numpy()
        return found


def load(path: Path | str, version: int | None = None) -> Scorer:
    """The scorer of a published version.

    Args:
        path: the folder of a version; or a store, or its `serving/`.
        version: which one, of a store; by default the one that is served.

    Raises:
        ConfigError: there is no such version, or the model's class cannot be imported.
        CorruptError: nothing is published there, or a file is not the one that was written.
    """
    folder = Path(path)
    if (folder / READY).exists() and version is None:
        return Scorer(read_version(folder))
    for serving in (folder, folder / "serving"):
        pointer = served(serving)
        if pointer is not None:
            chosen = pointer.folder if version is None else version_folder(serving, version)
            if not chosen.exists():
                raise ConfigError(f"there is no version {version} in {serving}. `freshrec status` lists them.")
            return Scorer(read_version(chosen))
    raise CorruptError(f"{folder} is no published version and no store. Name a store, or a folder of its serving/.")


def _within(fields: Mapping[str, FieldValues], rows: Mapping[str, int]) -> dict[str, FieldValues]:
    return {
        name: replace(column, values=np.minimum(column.values, rows[name]).astype(np.int32))
        for name, column in fields.items()
    }
