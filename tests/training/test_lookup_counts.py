"""What counts as a look-up, against counts taken from the samples themselves."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from freshrec.data import Batch, FieldValues, Samples, Schema
from freshrec.models import EmbeddingMLP, padded
from freshrec.params import params_of
from freshrec.testing import tiny_period, tiny_stream, with_item_fields
from freshrec.training import LookupCounts, count_lookups

LookUp = Callable[["Model", Any], object]
ROWS = {"user": 12, "item": 15, "tag": 4}


SCHEMA = Schema(ROWS, item_fields=("tag",), history=5, labels="explicit")


def tags() -> FieldValues:
    """0 to 3 tags of each item."""
    offsets = np.concatenate([[0], np.cumsum(np.arange(ROWS["item"]) % 4)]).astype(np.int64)
    return FieldValues((np.arange(offsets[-1]) * 7 % ROWS["tag"]).astype(np.int32), offsets)


def tagged_samples(size: int = 40) -> Samples:
    samples = replace(tiny_period(SCHEMA, 1, size).samples(), fields={}, past_fields={})
    return with_item_fields(samples, {"tag": tags()})


def by_row(pairs: Iterable[tuple[int, int]], rows: int) -> tuple[list[float], list[float]]:
    """Look-ups and positives by row, of pairs of an id and a label, counted one by one."""
    lookups, positives = [0.0] * rows, [0.0] * rows
    for row, label in pairs:
        lookups[row] += 1
        positives[row] += label
    return lookups, positives


def pairs_of(samples: Samples) -> list[tuple[int, int]]:
    """Item and label of each sample."""
    return list(zip(samples.item.tolist(), samples.label.tolist(), strict=True))


def as_lists(counts: LookupCounts) -> tuple[list[float], list[float]]:
    return counts.lookups.tolist(), counts.positives.tolist()


class Model(nn.Module):
    """Looks up in tables of 20 rows, as a test says; its logits do not matter."""

    def __init__(self, look_up: LookUp, padding: int | None = None) -> None:
        super().__init__()
        self.table = nn.Embedding(20, 2, padding_idx=padding)
        self.other = nn.Embedding(20, 2)
        self.look_up = look_up

    def forward(self, batch: Batch) -> Tensor:
        self.look_up(self, batch)
        return self.other.weight.sum().expand(len(batch))


def counted(look_up: LookUp, padding: int | None = None) -> tuple[list[float], list[float]]:
    model = Model(look_up, padding)
    return as_lists(count_lookups(model, params_of(model), tagged_samples())["table.weight"])


def test_embedding_mlp_counts_ids_and_fields_and_no_history() -> None:
    samples, field = tagged_samples(), tags()
    model = EmbeddingMLP(SCHEMA, dim=2)
    counts = count_lookups(model, params_of(model), samples)
    assert set(counts) == {"user_table.weight", "item_table.weight", "tag_table.weight"}
    labels = samples.label.tolist()
    assert as_lists(counts["user_table.weight"]) == by_row(zip(samples.user.tolist(), labels, strict=True), 12)
    assert as_lists(counts["item_table.weight"]) == by_row(zip(samples.item.tolist(), labels, strict=True), 15)
    assert field.offsets is not None
    tagged = [
        (tag, label)
        for item, label in zip(samples.item.tolist(), labels, strict=True)
        for tag in field.values[field.offsets[item] : field.offsets[item + 1]].tolist()
    ]
    assert as_lists(counts["tag_table.weight"]) == by_row(tagged, 4)


def test_several_batches_add_up() -> None:
    samples = tagged_samples(40_000)
    model = EmbeddingMLP(samples.schema, dim=2)
    counts = count_lookups(model, params_of(model), samples)["item_table.weight"]
    assert counts.lookups.tolist() == np.bincount(samples.item, minlength=15).tolist()
    assert counts.positives.tolist() == np.bincount(samples.item[samples.label == 1], minlength=15).tolist()


def test_an_empty_period_counts_nothing() -> None:
    samples = tagged_samples(0)
    model = EmbeddingMLP(samples.schema, dim=2)
    assert not any(counts.lookups.any() for counts in count_lookups(model, params_of(model), samples).values())


def test_a_table_that_is_not_looked_up_has_zero_counts() -> None:
    assert counted(lambda model, batch: model.other(batch.item["item"])) == ([0] * 20, [0] * 20)


def test_derived_ids_of_one_table_for_two_fields_count_where_they_are_looked_up() -> None:
    samples = tagged_samples()
    ids = np.stack([samples.user % 5, samples.item % 7 + 5], 1)
    expected = by_row(zip(ids.ravel().tolist(), samples.label.repeat(2).tolist(), strict=True), 20)
    stacked = counted(lambda model, b: model.table(torch.stack([b.user["user"] % 5, b.item["item"] % 7 + 5], 1)))
    one_by_one = counted(lambda model, b: (model.table(b.user["user"] % 5), model.table(b.item["item"] % 7 + 5)))
    assert stacked == one_by_one == expected


def test_a_look_up_that_modules_of_one_table_repeat_counts_once() -> None:
    def twice(model: Model, batch: Any) -> None:
        model.table(batch.item["item"])
        F.embedding(batch.item["item"].clone(), model.table.weight)

    samples = tagged_samples()
    assert counted(twice) == by_row(pairs_of(samples), 20)


def test_padding_rows_do_not_count() -> None:
    samples = tagged_samples()
    kept = [
        (item, label) for item, label in zip(samples.item.tolist(), samples.label.tolist(), strict=True) if item != 3
    ]
    expected = by_row(kept, 20)
    assert counted(lambda model, batch: model.table(batch.item["item"]), padding=3) == expected
    called = counted(lambda model, b: F.embedding(b.item["item"], model.table.weight, padding_idx=-17))
    assert called == expected


def test_a_rectangle_of_padded_histories_does_not_count() -> None:
    def look_up(model: Model, batch: Any) -> None:
        model.table(padded(batch.history["item"], 5, padding=19).ids)
        model.table(batch.item["item"])

    samples = tagged_samples()
    assert counted(look_up, padding=19) == by_row(pairs_of(samples), 20)


def bag_of_item_and_user(batch: Any) -> tuple[Tensor, Tensor]:
    ids = torch.stack([batch.item["item"], batch.user["user"]], 1)
    return ids, torch.arange(0, 2 * len(batch), 2)


def test_bags_count_in_every_form() -> None:
    samples = tagged_samples()
    ids = np.stack([samples.item, samples.user], 1)
    expected = by_row(zip(ids.ravel().tolist(), samples.label.repeat(2).tolist(), strict=True), 20)

    def rectangle(model: Model, batch: Any) -> None:
        F.embedding_bag(bag_of_item_and_user(batch)[0], model.table.weight)

    def without_last_offset(model: Model, batch: Any) -> None:
        ids, offsets = bag_of_item_and_user(batch)
        F.embedding_bag(ids.reshape(-1), model.table.weight, offsets)

    def with_last_offset(model: Model, batch: Any) -> None:
        ids, offsets = bag_of_item_and_user(batch)
        offsets = torch.cat([offsets, torch.tensor([ids.numel()])])
        F.embedding_bag(ids.reshape(-1), model.table.weight, offsets, include_last_offset=True)

    assert counted(rectangle) == counted(without_last_offset) == counted(with_last_offset) == expected


def test_ids_that_do_not_stand_sample_by_sample_count_without_labels() -> None:
    samples = tagged_samples()
    ids = np.concatenate([samples.user, samples.item])
    lookups, positives = counted(lambda model, b: model.table(torch.cat([b.user["user"], b.item["item"]])))
    assert lookups == np.bincount(ids, minlength=20).tolist()
    assert positives == [0] * 20


def test_counting_changes_neither_parameters_nor_the_model() -> None:
    stream = tiny_stream()
    model = EmbeddingMLP(stream.schema, dim=2)
    params = params_of(model)
    before = {name: value.clone() for name, value in params.items()}
    count_lookups(model, params, stream.periods[0].samples())
    assert all(torch.equal(before[name], value) for name, value in params.items())
    assert model.training
