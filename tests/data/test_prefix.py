"""The stream until a period is the stream as it was then."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshrec.data import Samples, Stream, StreamSettings, prepare
from freshrec.errors import ConfigError

from .data_logs import Row, assert_same, content, frame, steady

SETTINGS = StreamSettings(periods=3, item_fields=("tag",), user_fields=("place",))

logs = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 8), st.integers(0, 19)), min_size=20, max_size=20).filter(
    lambda log: len(set(log)) == 20
)


def stream_of(log: list[Row]) -> Stream:
    """A log of which ten rows a period are at instants of their own."""
    user, item, _ = zip(*log, strict=True)
    rows = [(user[n], item[n], 3600 * n) for n in range(len(log))]
    tags = [[f"t{user % 3}", f"u{item % 2}"] for user, item, _ in rows]
    return Stream.from_frame(frame(rows, tag=tags, place=[f"p{user % 4}" for user, _, _ in rows]), SETTINGS)


@given(logs, logs, logs)
def test_what_comes_later_changes_nothing(first: list[Row], one: list[Row], other: list[Row]) -> None:
    """Users, items and field values that are only seen later are in no table."""
    assert_same(stream_of(first + one).until(1), stream_of(first + other).until(1))


def test_tables_hold_what_occurs_and_periods_are_the_same(tmp_path: Path) -> None:
    log = steady().with_columns(tag=pl.Series([[f"a{n // 20}", "b"] for n in range(200)]))
    settings = StreamSettings(periods=10, item_fields=("kind", "tag"))
    late = log.with_columns(item=pl.when(pl.int_range(pl.len()) < 100).then(pl.col("item") % 5).otherwise("item"))
    for stream in (Stream.from_frame(late, settings), prepare(late, tmp_path / "made", settings)):
        cut = stream.until(4)
        assert stream.schema.rows["item"] == 20
        assert cut.schema == replace(stream.schema, rows=cut.schema.rows)
        assert list(cut.schema.rows) == list(stream.schema.rows)
        assert {table: len(values) for table, values in cut.vocabulary.values.items()} == cut.schema.rows
        assert cut.schema.rows["item"] == 5 == stream.periods[3].known["item"]
        assert dict(cut.schema.rows) == dict(stream.periods[3].known)
        assert cut.periods == stream.periods[:4]
        for period, whole in zip(cut.periods, stream.periods, strict=False):
            assert content(period.samples()) == content(whole.samples())
            assert period.samples().schema is cut.schema
        assert cut.manifest == {}
        assert cut.hash != stream.hash


def test_negatives_of_the_paper_may_be_items_of_the_future() -> None:
    """They are in the samples, so they are in the tables, as they are in that preparation."""
    log = steady().with_columns(item=pl.int_range(pl.len()))
    cut = Stream.from_frame(log, periods=4, negatives="paper").until(1)
    items = cut.periods[0].samples().item
    assert cut.schema.rows["item"] == items.max() + 1 > 50


def test_no_later_period_is_read_or_kept() -> None:
    stream = Stream.from_frame(steady(), periods=4)

    def unreadable() -> Samples:
        raise AssertionError("a later period was read")

    later = tuple(replace(period, load=unreadable) for period in stream.periods[2:])
    assert_same(replace(stream, periods=(*stream.periods[:2], *later)).until(2), stream.until(2))


def test_arrays_are_its_own() -> None:
    """A slice would keep the rest of the array in memory, and in every copy that is sent to another process."""
    stream = Stream.from_frame(steady(), periods=4, item_fields=("kind",))
    assert all(array.base is None for array in stream.until(1).periods[0].samples().arrays().values())


def test_until_the_last_period_it_is_the_whole() -> None:
    stream = Stream.from_frame(steady(), periods=4, item_fields=("kind",))
    assert_same(stream.until(4), replace(stream, manifest={}))


@pytest.mark.parametrize("period", [0, 5, -1])
def test_a_period_that_is_not_there(period: int) -> None:
    with pytest.raises(ConfigError, match=rf"there is no period {period} to keep; this stream has periods 1 to 4"):
        Stream.from_frame(steady(), periods=4).until(period)
