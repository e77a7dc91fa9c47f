"""A tiny stream and model, small enough for a contract to be checked in a moment."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from freshrec.data import Catalog, FieldValues, Labels, Period, Samples, Schema, Stream
from freshrec.models import EmbeddingMLP
from freshrec.seeds import numpy_rng

__all__ = ["tiny_model", "tiny_period", "tiny_stream"]

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


def tiny_model(stream: Stream, seed: int = 0) -> EmbeddingMLP:
    """An Embedding&MLP model of three dimensions for a tiny stream."""
    return EmbeddingMLP(stream.schema, dim=3, seed=seed)
