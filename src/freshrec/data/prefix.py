"""The tables of a stream as they are known from some of its periods alone."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from freshrec.data.catalog import Catalog, FieldValues
from freshrec.data.samples import Samples
from freshrec.data.vocabulary import Vocabulary

__all__ = ["prefix_of"]


def prefix_of(catalog: Catalog, vocabulary: Vocabulary, parts: Iterable[Samples]) -> tuple[Catalog, Vocabulary]:
    """Both cut to the ids that occur in the samples, which are the first ones, as ids go by first appearance.

    Args:
        catalog: all tables and field values.
        vocabulary: all raw values.
        parts: the samples of the first periods.
    """
    users = items = 1
    for samples in parts:
        users = max(users, _rows(samples.user))
        items = max(items, _rows(samples.item), _rows(samples.positives))
    user_fields = {name: _first(values, users) for name, values in catalog.user_fields.items()}
    item_fields = {name: _first(values, items) for name, values in catalog.item_fields.items()}
    fields: Mapping[str, FieldValues] = {**user_fields, **item_fields}
    rows = {"user": users, "item": items, **{name: _rows(values.values) for name, values in fields.items()}}
    # The order of tables decides the order of a model's parameters, and stays.
    schema = replace(catalog.schema, rows={table: rows[table] for table in catalog.schema.rows})
    kept = {table: values[: rows[table]] for table, values in vocabulary.values.items()}
    return Catalog(schema, user_fields, item_fields), Vocabulary(kept, vocabulary.null_values)


def _rows(ids: npt.NDArray[np.integer]) -> int:
    """How many rows a table of these ids has, one at least."""
    return int(ids.max(initial=0)) + 1


def _first(values: FieldValues, rows: int) -> FieldValues:
    """The values of the first users or items, in arrays of their own."""
    if values.offsets is None:
        return FieldValues(values.values[:rows].copy())
    offsets = values.offsets[: rows + 1].copy()
    return FieldValues(values.values[: offsets[-1]].copy(), offsets)
