"""The tables of a stream as they are known from some of its periods alone."""

from collections.abc import Iterable
from dataclasses import replace

from freshrec.data.samples import Samples
from freshrec.data.schema import Schema
from freshrec.data.vocabulary import Vocabulary

__all__ = ["prefix_of"]


def prefix_of(schema: Schema, vocabulary: Vocabulary, parts: Iterable[Samples]) -> tuple[Schema, Vocabulary]:
    """Both cut to the ids that occur in the samples, which are the first ones, as ids go by first appearance.

    Args:
        schema: with all tables.
        vocabulary: all raw values.
        parts: the samples of the first periods.
    """
    rows = dict.fromkeys(schema.rows, 1)
    for samples in parts:
        tables = [("user", samples.user), ("item", samples.item), ("item", samples.positives)]
        tables += [(name, column.values) for name, column in (*samples.fields.items(), *samples.past_fields.items())]
        for table, ids in tables:
            if table not in rows:
                continue
            rows[table] = max(rows[table], int(ids.max(initial=0)) + 1)
    return replace(schema, rows=rows), vocabulary.first(rows)
