"""Features of user, item, fields and history, against plain Python over lists of samples."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from torch import Tensor

from freshrec.data import Bags, Batch, FieldValues, Period, Schema
from freshrec.errors import ConfigError, ModelError
from freshrec.params import params_of
from freshrec.testing import tiny_categories, tiny_model, tiny_period, tiny_stream, with_item_fields
from freshrec.training import ROW_FEATURES, CountFeatures, RowStatistics, count_ids, with_counts


def plain_features(periods: list[list[tuple[int, int]]], row: int) -> list[float]:
    """A row's features from the ids and labels of each finished period, as `RowStatistics` defines them."""
    now, counts, times = len(periods), list[float](), list[list[int]]()
    for liked in (0, 1):
        each = [sum(one == row and label >= liked for one, label in period) for period in periods]
        decayed = sum(count * 0.5 ** (now - number) for number, count in enumerate(each, start=1))
        counts += [each[-1], decayed, sum(each)]
        times.append([number for number, count in enumerate(each, start=1) if count])
    since = [now - times[0][-1], now - times[0][0]] if times[0] else [0, 0]
    since.append(now - times[1][-1] if times[1] else 0)
    return [*np.log1p([*counts, *since]) / 2, 0.5 * (not times[0]), 0.5 * (not times[1])]


def features_after(periods: list[Period], module: CountFeatures, batch: Batch) -> Tensor:
    statistics = RowStatistics.none(module.rows)
    for period in periods:
        statistics = statistics.after(count_ids(statistics, period.samples()))
    written = with_counts(module, params_of(module), statistics)
    made: Tensor = torch.func.functional_call(module, written, (batch,))
    return made


def test_features_are_those_of_user_item_and_field_over_the_given_periods() -> None:
    stream = tiny_stream(sizes=(20, 0, 25, 30))
    module, scored = CountFeatures(stream.schema), stream.periods[3].samples()
    made = features_after(list(stream.periods[:3]), module, scored.batch(slice(None)))
    category = tiny_categories()
    assert made.shape == (30, module.width) == (30, 3 * ROW_FEATURES)
    for row in range(30):
        expected = []
        for column in ("user", "item", "category"):

            def ids(samples: object, column: str = column) -> list[int]:
                values = category[samples.item] if column == "category" else getattr(samples, column)  # type: ignore[attr-defined]
                return list(values.tolist())

            past = [
                list(zip(ids(period.samples()), period.samples().label.tolist(), strict=True))
                for period in stream.periods[:3]
            ]
            expected += plain_features(past, ids(scored)[row])
        assert_allclose(made[row], expected, rtol=1e-5, atol=1e-6)


def test_of_several_values_features_are_the_mean_and_each_is_counted() -> None:
    schema = Schema({"user": 2, "item": 3, "tag": 4}, item_fields=("tag",), several=frozenset({"tag"}), history=0)
    # Item 0 has the tags 1 and 2, item 1 none, item 2 the tag 3.
    tags = FieldValues(np.array([1, 2, 3], np.int32), np.array([0, 2, 2, 3]))
    stream = tiny_stream()
    samples = replace(
        tiny_period(stream.schema, 1, 4).samples(),
        schema=schema,
        user=np.array([0, 1, 0, 1], np.int32),
        item=np.array([0, 0, 1, 2], np.int32),
        label=np.array([1, 0, 1, 0], np.int8),
        positives=np.zeros(0, np.int32),
        fields={},
        past_fields={},
    )
    samples = with_item_fields(samples, {"tag": tags})
    module = CountFeatures(schema)
    made = features_after([Period(1, 4, lambda: samples)], module, samples.batch(slice(None)))
    past = {
        "user": [(0, 1), (1, 0), (0, 1), (1, 0)],
        "item": [(0, 1), (0, 0), (1, 1), (2, 0)],
        "tag": [(1, 1), (2, 1), (1, 0), (2, 0), (3, 0)],
    }
    for row, (user, item, values) in enumerate([(0, 0, (1, 2)), (1, 0, (1, 2)), (0, 1, ()), (1, 2, (3,))]):
        each = [plain_features([past["tag"]], value) for value in values]
        tag = np.mean(each, 0) if each else np.zeros(ROW_FEATURES)
        expected = [*plain_features([past["user"]], user), *plain_features([past["item"]], item), *tag]
        assert_allclose(made[row], expected, rtol=1e-5, atol=1e-6)


@given(st.lists(st.tuples(st.integers(0, 3), st.lists(st.integers(0, 3), max_size=6)), min_size=1, max_size=5))
def test_matches_with_the_history_are_those_of_the_definition(content: list[tuple[int, list[int]]]) -> None:
    schema = Schema({"user": 1, "item": 4}, history=6)
    module = CountFeatures(schema, history_match=True)
    histories = [history for _, history in content]
    offsets = torch.tensor([0, *np.cumsum([len(history) for history in histories])])
    ids = torch.tensor([item for history in histories for item in history], dtype=torch.int64)
    item = torch.tensor([item for item, _ in content])
    batch = Batch(
        user={"user": torch.zeros(len(item), dtype=torch.int64)},
        item={"item": item},
        history={"item": Bags(ids, offsets)},
        label=torch.zeros(len(item)),
    )
    statistics = RowStatistics.none(module.rows)
    made = torch.func.functional_call(module, with_counts(module, params_of(module), statistics), (batch,))
    for features, (candidate, history) in zip(made[:, -4:].tolist(), content, strict=True):
        places = [place for place, item in enumerate(reversed(history), start=1) if item == candidate]
        expected = [float(bool(places)), np.log1p(len(places)) / 2, 1 / min(places, default=np.inf)]
        assert features == pytest.approx([*expected, np.log1p(len(history)) / 2], abs=1e-6)


@pytest.mark.parametrize("history_match", [False, True])
def test_all_features_are_zero_until_something_is_counted(history_match: bool) -> None:
    stream = tiny_stream()
    module = CountFeatures(stream.schema, history_match)
    made = module(stream.periods[0].samples().batch(slice(None)))
    assert made.shape == (40, 3 * ROW_FEATURES + 4 * history_match)
    assert not made.any()


def test_matches_that_give_labels_away_are_refused() -> None:
    schema = tiny_stream().schema
    drawn = replace(schema, labels="implicit")
    for refused in (drawn, replace(drawn, exclude="had")):
        with pytest.raises(ConfigError, match=r"history_match is true: negatives .* never items that the user has had"):
            CountFeatures(refused, history_match=True)
        assert CountFeatures(refused).width == 3 * ROW_FEATURES
    with pytest.raises(ConfigError, match="the stream has no histories"):
        CountFeatures(replace(schema, history=0), history_match=True)
    assert CountFeatures(replace(drawn, exclude="now"), history_match=True).width == 3 * ROW_FEATURES + 4


def test_several_candidates_have_no_match() -> None:
    stream = tiny_stream()
    batch = stream.periods[0].samples().batch(slice(None))
    several = replace(batch, item={**batch.item, "item": Bags(torch.arange(40) % 15, torch.arange(41))})
    with pytest.raises(ModelError, match="several candidates a sample"):
        CountFeatures(stream.schema, history_match=True)(several)


def test_a_model_without_count_features_is_left_as_it_is() -> None:
    stream = tiny_stream()
    model = tiny_model(stream)
    params = params_of(model)
    assert with_counts(model, params, RowStatistics.none({"user": 1})) == params
