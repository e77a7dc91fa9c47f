"""A tiny stream and model, small enough for a contract to be checked in a moment."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt

from freshrec.data import FieldValues, Labels, Period, Samples, Schema, Stream
from freshrec.models import EmbeddingMLP
from freshrec.seeds import numpy_rng

__all__ = ["tiny_categories", "tiny_model", "tiny_period", "tiny_stream", "with_item_fields", "with_later_ids"]

Ints = npt.NDArray[np.integer]

USERS, ITEMS, CATEGORIES = 12, 15, 4


def tiny_stream(
    sizes: Sequence[int] = (40, 30, 50, 30, 40, 30, 40),
    seed: int = 0,
    labels: Labels = "explicit",
    columns: bool = False,
) -> Stream:
    """A random stream of periods of the given sizes, with one item field and histories of up to 5 items.

    Args:
        sizes: how many samples each period has.
        seed: of all that is random.
        labels: whose they are.
        columns: with a user field, fields of the row with one value and with several, and two numbers as well.
    """
    rows = {"user": USERS, "item": ITEMS, "category": CATEGORIES}
    schema = Schema(rows, item_fields=("category",), history=5, labels=labels)
    if columns:
        schema = replace(
            schema,
            rows={"user": USERS, "city": 3, "item": ITEMS, "category": CATEGORIES, "device": 4, "tags": 5},
            user_fields=("city",),
            fields=("device", "tags"),
            numbers=("price", "age"),
            several=frozenset({"tags"}),
        )
    periods = tuple(tiny_period(schema, number, size, seed) for number, size in enumerate(sizes, start=1))
    return Stream("tiny", schema, periods, {"hash": f"tiny-{seed}-{labels}"})


def tiny_categories(seed: int = 0) -> npt.NDArray[np.int32]:
    """The category of each item of a tiny stream, int32 [R]."""
    return numpy_rng(seed, "category").integers(0, CATEGORIES, ITEMS).astype(np.int32)


def tiny_period(schema: Schema, number: int, size: int, seed: int = 0) -> Period:
    """A period of `size` random samples; users like items of their own parity, so there is something to learn.

    Of an implicit stream: each positive is followed by the negatives drawn for it, none, one or several.
    """
    rng = numpy_rng(seed, "period", number)
    user = rng.integers(0, USERS, size).astype(np.int32)
    item = rng.integers(0, ITEMS, size).astype(np.int32)
    liked = (user + item) % 2 == 0
    label = np.where(rng.random(size) < 0.9, liked, ~liked).astype(np.int8)
    start = rng.integers(0, 30, size).astype(np.int32)
    samples = Samples(
        schema=schema,
        user=user,
        item=item,
        timestamp=np.sort(rng.integers(0, 1000, size)) + 1000 * number,
        label=label,
        start=start,
        end=start + rng.integers(0, 6, size).astype(np.int32),
        positives=rng.integers(0, ITEMS, 40).astype(np.int32),
    )
    if schema.labels == "implicit":
        samples = _with_drawn_negatives(samples, rng)
    if schema.fields:
        samples = _with_columns(samples, numpy_rng(seed, "columns", number))
    samples = with_item_fields(samples, {"category": FieldValues(tiny_categories(seed))})
    return Period(number, size, lambda: samples)


def with_item_fields(samples: Samples, values: Mapping[str, FieldValues]) -> Samples:
    """The samples with item fields whose values never change, in all rows and histories.

    Args:
        samples: whose items to describe.
        values: field name to its values in each of the R items.
    """
    return replace(
        samples,
        fields={**samples.fields, **{name: column.take(samples.item) for name, column in values.items()}},
        past_fields={
            **samples.past_fields,
            **{name: column.take(samples.positives) for name, column in values.items()},
        },
    )


def _with_columns(samples: Samples, rng: np.random.Generator) -> Samples:
    """Samples with fields and numbers of the row; one number in ten is missing."""
    size = len(samples)
    counts = rng.integers(1, 3, size)
    numbers = {name: rng.standard_normal(size).astype(np.float32) for name in samples.schema.numbers}
    return replace(
        samples,
        fields={
            "city": FieldValues((samples.user % 3).astype(np.int32)),
            "device": FieldValues(rng.integers(0, 4, size).astype(np.int32)),
            "tags": FieldValues(
                rng.integers(0, 5, counts.sum()).astype(np.int32), np.concatenate([[0], np.cumsum(counts)])
            ),
        },
        numbers={name: np.where(rng.random(size) < 0.1, np.float32(0), column) for name, column in numbers.items()},
    )


def _with_drawn_negatives(samples: Samples, rng: np.random.Generator) -> Samples:
    """About half of the samples are positives; those after one, up to the next, become its negatives."""
    positive = rng.random(len(samples)) < 0.5
    positive[:1] = True
    of = np.maximum.accumulate(np.where(positive, np.arange(len(samples)), 0))
    user, liked = samples.user[of], positive ^ (rng.random(len(samples)) < 0.1)
    return replace(
        samples,
        user=user,
        item=(samples.item // 2 * 2 % (ITEMS - 1) + (user + ~liked) % 2).astype(np.int32),
        timestamp=samples.timestamp[of],
        label=positive.astype(np.int8),
        start=samples.start[of],
        end=samples.end[of],
    )


def with_later_ids(stream: Stream, first: int, users: int = 30, items: int = 2_500, categories: int = 20) -> Stream:
    """A tiny stream with rows of new users, items and categories from a period on; before it, it is the same.

    Args:
        stream: one of `tiny_stream`.
        first: the number of the first period that has such rows.
        users: how many new users there are.
        items: how many new items; by default more than any table has rows that is treated as a small one.
        categories: how many new categories the new items have.
    """
    rows = {**stream.schema.rows, "user": USERS + users, "item": ITEMS + items, "category": CATEGORIES + categories}
    schema = replace(stream.schema, rows=rows)
    periods = []
    for period in stream.periods:
        samples = replace(period.samples(), schema=schema)
        if period.number >= first:
            rng = numpy_rng(period.number, "later ids")
            samples = _with_new_ids(samples, rng.integers(USERS, rows["user"], 10), ITEMS + rng.permutation(items)[:20])
        periods.append(Period(period.number, len(samples), partial(_itself, samples)))
    return Stream(stream.name, schema, tuple(periods), {"hash": f"{stream.hash}-{first}-{rows}"})


def _itself(samples: Samples) -> Samples:
    return samples


def _with_new_ids(samples: Samples, user: Ints, item: Ints) -> Samples:
    """Two rows of each user at the end, a positive and its negative; every other user has a history of new items."""
    start = len(samples.positives) + np.zeros(len(item), np.int32)
    end = start + np.arange(len(item), dtype=np.int32) // 2 % 2 * 3
    categories = samples.schema.rows["category"] - CATEGORIES
    category = FieldValues((CATEGORIES + (item - ITEMS) % categories).astype(np.int32))
    return Samples(
        samples.schema,
        user=np.concatenate([samples.user, np.repeat(user, 2).astype(np.int32)]),
        item=np.concatenate([samples.item, item.astype(np.int32)]),
        timestamp=np.concatenate([samples.timestamp, np.full(len(item), samples.timestamp[-1])]),
        label=np.concatenate([samples.label, np.tile(np.array([1, 0], np.int8), len(user))]),
        start=np.concatenate([samples.start, start]),
        end=np.concatenate([samples.end, end]),
        positives=np.concatenate([samples.positives, item.astype(np.int32)]),
        fields={
            # What else the samples have is that of their first one.
            name: FieldValues.join([column, category if name == "category" else column.take(np.zeros_like(item))])
            for name, column in samples.fields.items()
        },
        past_fields={"category": FieldValues.join([samples.past_fields["category"], category])},
        numbers={name: np.append(column, np.zeros_like(item, np.float32)) for name, column in samples.numbers.items()},
    )


def tiny_model(stream: Stream, seed: int = 0) -> EmbeddingMLP:
    """An Embedding&MLP model of three dimensions for a tiny stream."""
    return EmbeddingMLP(stream.schema, dim=3, seed=seed)
