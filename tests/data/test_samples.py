from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from freshrec.data import Bags, Samples, Stream, join
from freshrec.errors import ConfigError, DataError

from .data_logs import Row, frame, rows, steady

several = st.lists(st.sampled_from("abcde"), max_size=3)


def mean_of(bags: Bags, table: torch.Tensor) -> torch.Tensor:
    weights = torch.ones(len(bags.ids)) if bags.weights is None else bags.weights
    total = F.embedding_bag(bags.ids, table, bags.offsets[:-1], mode="sum", per_sample_weights=weights)
    if bags.weights is None:
        total = total / bags.offsets.diff().clamp(min=1)[:, None]
    return total


def stream_of(log: list[Row], tags: list[list[str]]) -> Stream:
    kinds = [f"k{item}" for _, item, _ in log]
    columns = frame(
        log,
        tag=pl.Series(tags, dtype=pl.List(pl.String)),
        kind=kinds,
        city=pl.Series(tags, dtype=pl.List(pl.String)),
    )
    return Stream.from_frame(columns, periods=2, history=4, item_fields=("tag", "kind"), user_fields=("city",))


@given(rows, st.data())
def test_pooling_a_field_is_the_mean_over_items_of_each_items_mean(log: list[Row], data: st.DataObject) -> None:
    stream = stream_of(log, data.draw(st.lists(several, min_size=len(log), max_size=len(log))))
    samples = stream.periods[1].samples()
    order = data.draw(st.permutations(range(len(samples))))
    batch = samples.batch(np.array(order))
    tags, kinds = samples.past_fields["tag"], samples.past_fields["kind"]
    assert tags.offsets is not None
    tables = {name: torch.arange(1.0, count + 1)[:, None] ** 2 for name, count in stream.schema.rows.items()}

    def mean(name: str, ids: np.ndarray) -> float:
        return float(tables[name][torch.from_numpy(ids).long()].mean()) if len(ids) else 0.0

    pooled = {name: mean_of(bags, tables[name]).flatten().tolist() for name, bags in batch.history.items()}
    for place, row in enumerate(order):
        past = slice(samples.start[row], samples.end[row])
        bounds = zip(tags.offsets[:-1][past], tags.offsets[1:][past], strict=True)
        item_tags = [mean("tag", tags.values[begin:end]) for begin, end in bounds]
        assert pooled["item"][place] == pytest.approx(mean("item", samples.positives[past]))
        assert pooled["kind"][place] == pytest.approx(mean("kind", kinds.values[past]))
        assert pooled["tag"][place] == pytest.approx(np.mean(item_tags) if item_tags else 0.0)
    for bags, values in ((batch.item["tag"], samples.fields["tag"]), (batch.user["city"], samples.fields["city"])):
        assert isinstance(bags, Bags)
        assert values.offsets is not None
        owned = [values.values[values.offsets[row] : values.offsets[row + 1]].tolist() for row in order]
        assert [part.tolist() for part in bags.ids.tensor_split(bags.offsets[1:-1])] == owned


def test_a_batch_holds_the_rows_asked_for_in_the_types_promised() -> None:
    stream = Stream.from_frame(steady(), periods=4, item_fields=("kind",))
    samples = stream.periods[3].samples()
    picked = np.array([7, 3, 3, 0])
    batch = samples.batch(picked)
    assert len(batch) == 4
    assert batch.label.dtype == torch.float32
    assert batch.label.tolist() == samples.label[picked].tolist()
    item, kind, user = batch.item["item"], batch.item["kind"], batch.user["user"]
    assert isinstance(item, torch.Tensor)
    assert isinstance(kind, torch.Tensor)
    assert isinstance(user, torch.Tensor)
    assert item.dtype == kind.dtype == user.dtype == torch.int64
    assert item.tolist() == samples.item[picked].tolist()
    assert user.tolist() == samples.user[picked].tolist()
    assert kind.tolist() == samples.fields["kind"].values[picked].tolist()
    for name in ("item", "kind"):
        bags = batch.history[name]
        assert bags.ids.dtype == bags.offsets.dtype == torch.int64
        assert bags.weights is None
        assert bags.offsets.tolist() == [0, *np.cumsum((samples.end - samples.start)[picked]).tolist()]


@given(rows, st.integers(1, 3))
def test_a_pair_is_a_negative_and_the_positive_that_it_was_drawn_for(log: list[Row], each: int) -> None:
    """Users of these logs have often had every item, so that some positives have fewer negatives, or none."""
    stream = Stream.from_frame(frame(log), periods=3, negatives_per_positive=each)
    parts = [period.samples() for period in stream.periods]
    for samples in (*parts, join(parts)):
        expected, positive = [], -1
        for row, label in enumerate(samples.label):
            if label == 1:
                positive = row
            else:
                expected.append([positive, row])
        assert samples.pairs().tolist() == expected
        assert samples.pairs().shape == (len(samples) - int(samples.label.sum()), 2)


def test_there_are_no_pairs_where_the_log_says_itself_what_was_not_liked() -> None:
    samples = Stream.from_frame(steady().with_columns(label=pl.Series([1, 0] * 100))).periods[0].samples()
    with pytest.raises(ConfigError, match="the labels of this stream are explicit"):
        samples.pairs()


@pytest.mark.parametrize(
    ("user", "time", "label", "row"),
    [
        ([1, 1], [5, 5], [0, 1], 0),
        ([1, 1, 2], [5, 5, 5], [1, 0, 0], 2),
        ([1, 1, 1], [5, 6, 7], [1, 1, 0], 2),
    ],
    ids=["negative first", "another user", "another time"],
)
def test_pairs_are_not_made_of_samples_that_lost_their_order(
    user: list[int], time: list[int], label: list[int], row: int
) -> None:
    drawn = Stream.from_frame(steady(), periods=1).periods[0].samples()
    columns = {"user": user, "timestamp": time, "label": label, "item": user, "start": user, "end": user}
    arrays: dict[str, Any] = {name: np.array(each, getattr(drawn, name).dtype) for name, each in columns.items()}
    mixed = replace(drawn, **arrays)
    with pytest.raises(DataError, match=f"row {row} is a negative, and the last positive before it is of another"):
        mixed.pairs()


def labels(samples: Samples, size: int, order: np.ndarray | None = None) -> list[list[float]]:
    return [batch.label.tolist() for batch in samples.batches(size, order)]


def test_batches_cover_each_row_once_in_order() -> None:
    samples = Stream.from_frame(steady(), periods=4).periods[3].samples()
    whole = samples.label.tolist()
    assert labels(samples, 7) == [whole[at : at + 7] for at in range(0, len(whole), 7)]
    order = np.random.default_rng(0).permutation(len(samples))
    assert list(chain(*labels(samples, 7, order))) == samples.label[order].tolist()
    assert labels(samples, 7, order[:3]) == [samples.label[order[:3]].tolist()]


def test_a_batch_shares_no_memory_with_the_samples() -> None:
    samples = Stream.from_frame(steady(), periods=4).periods[3].samples()
    before = samples.item.tolist()
    item = samples.batch(slice(None)).item["item"]
    assert isinstance(item, torch.Tensor)
    item.zero_()
    assert samples.item.tolist() == before
