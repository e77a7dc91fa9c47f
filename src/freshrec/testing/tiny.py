"""A tiny stream and model, small enough for a contract to be checked in a moment."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt

from freshrec.data import Catalog, FieldValues, Labels, Period, Samples, Schema, Stream
from freshrec.models import EmbeddingMLP
from freshrec.seeds import numpy_rng

__all__ = ["tiny_model", "tiny_period", "tiny_stream", "with_later_ids"]

Ints = npt.NDArray[np.integer]

USERS, ITEMS, CATEGORIES = 12, 15, 4


def tiny_stream(
    sizes: Sequence[int] = (40, 30, 50, 30, 40, 30, 40), seed: int = 0, labels: Labels = "explicit"
) -> Stream:
    """A random stream of periods of the given sizes, with one item field and histories of up to 5 items."""
    rows = {"user": USERS, "item": ITEMS, "category": CATEGORIES}
    schema = Schema(rows, item_fields=("category",), history=5, labels=labels)
    category = numpy_rng(seed, "category").integers(0, CATEGORIES, ITEMS).astype(np.int32)
    catalog = Catalog(schema, item_fields={"category": FieldValues(category)})
    periods = tuple(tiny_period(catalog, number, size, seed) for number, size in enumerate(sizes, start=1))
    return Stream("tiny", catalog, periods, {"hash": f"tiny-{seed}-{labels}"})


def tiny_period(catalog: Catalog, number: int, size: int, seed: int = 0) -> Period:
    """A period of `size` random samples; users like items of their own parity, so there is something to learn.

    Of an implicit catalog: each positive is followed by the negatives drawn for it, none, one or several.
    """
    rng = numpy_rng(seed, "period", number)
    user = rng.integers(0, USERS, size).astype(np.int32)
    item = rng.integers(0, ITEMS, size).astype(np.int32)
    liked = (user + item) % 2 == 0
    label = np.where(rng.random(size) < 0.9, liked, ~liked).astype(np.int8)
    start = rng.integers(0, 30, size).astype(np.int32)
    samples = Samples(
        catalog=catalog,
        user=user,
        item=item,
        timestamp=np.sort(rng.integers(0, 1000, size)) + 1000 * number,
        label=label,
        start=start,
        end=start + rng.integers(0, 6, size).astype(np.int32),
        positives=rng.integers(0, ITEMS, 40).astype(np.int32),
    )
    if catalog.schema.labels == "implicit":
        samples = _with_drawn_negatives(samples, rng)
    return Period(number, size, lambda: samples)


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
    rows = {"user": USERS + users, "item": ITEMS + items, "category": CATEGORIES + categories}
    new = CATEGORIES + np.arange(items, dtype=np.int32) % categories
    category = np.concatenate([stream.catalog.item_fields["category"].values, new])
    schema = replace(stream.schema, rows=rows)
    catalog = Catalog(schema, item_fields={"category": FieldValues(category)})
    periods = []
    for period in stream.periods:
        samples = replace(period.samples(), catalog=catalog)
        if period.number >= first:
            rng = numpy_rng(period.number, "later ids")
            samples = _with_new_ids(samples, rng.integers(USERS, rows["user"], 10), ITEMS + rng.permutation(items)[:20])
        periods.append(Period(period.number, len(samples), partial(_itself, samples)))
    return Stream(stream.name, catalog, tuple(periods), {"hash": f"{stream.hash}-{first}-{rows}"})


def _itself(samples: Samples) -> Samples:
    return samples


def _with_new_ids(samples: Samples, user: Ints, item: Ints) -> Samples:
    """Two rows of each user at the end, a positive and its negative; every other user has a history of new items."""
    start = len(samples.positives) + np.zeros(len(item), np.int32)
    end = start + np.arange(len(item), dtype=np.int32) // 2 % 2 * 3
    return Samples(
        samples.catalog,
        user=np.concatenate([samples.user, np.repeat(user, 2).astype(np.int32)]),
        item=np.concatenate([samples.item, item.astype(np.int32)]),
        timestamp=np.concatenate([samples.timestamp, np.full(len(item), samples.timestamp[-1])]),
        label=np.concatenate([samples.label, np.tile(np.array([1, 0], np.int8), len(user))]),
        start=np.concatenate([samples.start, start]),
        end=np.concatenate([samples.end, end]),
        positives=np.concatenate([samples.positives, item.astype(np.int32)]),
    )


def tiny_model(stream: Stream, seed: int = 0) -> EmbeddingMLP:
    """An Embedding&MLP model of three dimensions for a tiny stream."""
    return EmbeddingMLP(stream.schema, dim=3, seed=seed)
