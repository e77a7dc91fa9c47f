"""Logs for the tests of the data room, and how two streams are compared."""

from collections.abc import Sequence
from typing import Any

import polars as pl
from hypothesis import strategies as st

from freshrec.data import Samples, Stream

Row = tuple[int, int, int]

rows = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 8), st.integers(0, 40)), min_size=12, max_size=60).filter(
    lambda log: all(len({row[column] for row in log}) > 4 for column in range(3))
)
"""Interactions as (user, item, seconds): crowded enough for ties, duplicates, and users who have had everything."""

repeated_rows = rows.flatmap(lambda log: st.lists(st.sampled_from(log), max_size=12).map(lambda again: log + again))
"""The same, with some of them several times over."""

repeats = st.sampled_from(["once", "all"])


def frame(log: Sequence[Row], **columns: Any) -> pl.DataFrame:
    """A log in the default columns, with more of them by name."""
    user, item, time = zip(*log, strict=True)
    return pl.DataFrame({"user": user, "item": item, "timestamp": time, **columns})


def kept(log: Sequence[Row], repeats: str) -> list[Row]:
    """The rows of a log that are interactions under a choice of `repeats`."""
    return list(log) if repeats == "all" else list(set(log))


def steady(count: int = 200) -> pl.DataFrame:
    """A plain log: one interaction an hour, 10 users, 20 items with a category."""
    number = pl.arange(count, eager=True)
    item = number * 7 % 20
    return pl.DataFrame(
        {"user": number * 3 % 10, "item": item, "timestamp": 1_500_000_000 + number * 3600, "kind": item % 3}
    )


def content(samples: Samples) -> dict[str, bytes]:
    """All arrays of some samples, byte for byte."""
    return {name: array.tobytes() + str(array.dtype).encode() for name, array in samples.arrays().items()}


def assert_same(one: Stream, other: Stream) -> None:
    """Two streams are the same in all that a model can see, and in their hash."""
    assert one.hash == other.hash
    assert one.vocabulary == other.vocabulary
    assert one.schema == other.schema
    assert one.periods == other.periods
    for period, twin_period in zip(one.periods, other.periods, strict=True):
        assert period.known == twin_period.known
        assert content(period.samples()) == content(twin_period.samples())


def values_of_periods(stream: Stream) -> list[dict[str, str]]:
    """The digests of the raw values that each period brought."""
    return [dict(period["values"]) for period in stream.manifest["periods"]]


def periods_of(stream: Stream) -> list[dict[str, Any]]:
    """What the manifest says of each period, but for the chain, which tells settings apart as well."""
    return [{name: each for name, each in period.items() if name != "chain"} for period in stream.manifest["periods"]]
