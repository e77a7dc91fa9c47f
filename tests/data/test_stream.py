import random
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshrec.data import Stream, StreamSettings
from freshrec.errors import ConfigError

from .data_logs import Row, assert_same, frame, repeats, rows, steady

# Changes only with what a stream holds; FORMAT, which is part of it, changes then too.
GOLDEN = "e7991b8f489b61533b70b57e19f572575122715574cef1f6112b2fd15e1f6c11"


@given(rows, st.randoms(use_true_random=False), st.sampled_from(["causal", "paper"]), repeats, st.booleans())
def test_the_order_of_rows_changes_nothing(
    log: list[Row], shuffler: random.Random, kind: str, again: str, labelled: bool
) -> None:
    tags = [[f"t{(user + time) % 3}", f"u{item % 2}"] for user, item, time in log]
    place = [None if item % 4 == 0 else f"p{time % 5}" for _, item, time in log]
    source = frame([*log, (1, 1, -1)] * 2, tag=[*tags, ["z"]] * 2, place=[*place, "z"] * 2)[: 2 * len(log) + 1]
    if labelled:
        source = source.with_columns(
            label=pl.Series([shuffler.randint(0, 1) for _ in range(source.height - 2)] + [0, 1])
        )
    settings = StreamSettings.model_validate(
        {"periods": 3, "item_fields": ("tag",), "user_fields": ("place",), "negatives": kind, "repeats": again}
    )
    order = list(range(source.height))
    shuffler.shuffle(order)
    one, two = Stream.from_frame(source, settings), Stream.from_frame(source[order], settings)
    assert_same(one, two)
    assert one.manifest == two.manifest


def test_the_hash_tells_streams_apart() -> None:
    log = steady()
    streams = [
        Stream.from_frame(log, periods=4),
        Stream.from_frame(log, periods=5),
        Stream.from_frame(log, periods=4, seed=1),
        Stream.from_frame(log, periods=4, name="other"),
        Stream.from_frame(log, periods=4, repeats="all"),
        Stream.from_frame(log, periods=4, item_fields=("kind",)),
        Stream.from_frame(log[:-1], periods=4),
        Stream.from_frame(log.with_columns(user=pl.col("user") + 1), periods=4),
        Stream.from_frame(log.with_columns(label=pl.Series([1, 0] * 100)), periods=4),
    ]
    assert len({stream.hash for stream in streams}) == len(streams)
    assert Stream.from_frame(log, periods=4).hash == streams[0].hash
    assert all(len(stream.hash) == 64 for stream in streams)


def test_the_hash_is_the_same_everywhere() -> None:
    assert Stream.from_frame(steady(), periods=4, item_fields=("kind",)).hash == GOLDEN


def test_a_stream_made_by_hand_has_a_hash_of_what_it_holds() -> None:
    stream = Stream.from_frame(steady(), periods=4)
    bare, shorter = replace(stream, manifest={}), replace(stream, manifest={}, periods=stream.periods[:3])
    assert len(bare.hash) == 64
    assert bare.hash == replace(stream, manifest={}).hash
    assert bare.hash != shorter.hash


def test_periods_carry_their_number_and_size() -> None:
    stream = Stream.from_frame(steady(), periods=4, name="steady")
    assert stream.name == "steady"
    assert [period.number for period in stream.periods] == [1, 2, 3, 4]
    assert [period.size for period in stream.periods] == [len(period.samples()) for period in stream.periods]
    assert sum(period.size for period in stream.periods) == stream.manifest["samples"]
    assert stream.manifest["periods"][0]["first"] == "2017-07-14T02:40:00+00:00"


def test_a_period_may_hold_one_class_only() -> None:
    log = steady().with_columns(label=(pl.int_range(pl.len()) < 50).cast(pl.Int8))
    samples = Stream.from_frame(log, periods=4).periods[3].samples()
    assert samples.label.tolist() == [0] * 50
    assert (samples.end > samples.start).all()


def test_the_schema_says_which_ids_pre_training_knows() -> None:
    log = steady().with_columns(item=pl.int_range(pl.len()) // 10)
    for stream in (Stream.from_frame(log, periods=4), Stream.from_frame(log, periods=4).until(3)):
        assert stream.schema.known == {}
        assert dict(stream.schema_after(2).known) == {"user": 10, "item": 10}
        assert dict(stream.schema_after(0).known) == {"user": 0, "item": 0}
        assert replace(stream.schema_after(2), known={}) == stream.schema
        with pytest.raises(ConfigError, match=r"cannot be pre-trained on 5 of them. Give a number from 0 to [34]"):
            stream.schema_after(5)
