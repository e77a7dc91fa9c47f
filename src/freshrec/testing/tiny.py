"""A tiny stream and model, small enough for a contract to be checked in a moment."""

from collections.abc import Sequence

import numpy as np

from freshrec.data import Catalog, FieldValues, Period, Samples, Schema, Stream
from freshrec.models import EmbeddingMLP
from freshrec.seeds import numpy_rng

__all__ = ["tiny_model", "tiny_period", "tiny_stream"]

USERS, ITEMS, CATEGORIES = 12, 15, 4


def tiny_stream(sizes: Sequence[int] = (40, 30, 50, 30, 40, 30, 40), seed: int = 0) -> Stream:
    """A random stream of labelled periods of the given sizes, with one item field and histories of up to 5 items."""
    schema = Schema({"user": USERS, "item": ITEMS, "category": CATEGORIES}, item_fields=("category",), history=5)
    category = numpy_rng(seed, "category").integers(0, CATEGORIES, ITEMS).astype(np.int32)
    catalog = Catalog(schema, item_fields={"category": FieldValues(category)})
    periods = tuple(tiny_period(catalog, number, size, seed) for number, size in enumerate(sizes, start=1))
    return Stream("tiny", catalog, periods, {"hash": f"tiny-{seed}"})


def tiny_period(catalog: Catalog, number: int, size: int, seed: int = 0) -> Period:
    """A period of `size` random samples; users like items of their own parity, so there is something to learn."""
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
    return Period(number, size, lambda: samples)


def tiny_model(stream: Stream, seed: int = 0) -> EmbeddingMLP:
    """An Embedding&MLP model of three dimensions for a tiny stream."""
    return EmbeddingMLP(stream.schema, dim=3, seed=seed)
