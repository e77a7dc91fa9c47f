"""Counts and features of rows, against a plain definition over the list of all look-ups."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from freshrec.models import MatrixFactorisation
from freshrec.params import params_of
from freshrec.store import pack, unpack
from freshrec.testing import tiny_model, tiny_stream
from freshrec.training import ROW_FEATURES, LookupCounts, RowStatistics

ROWS = 4
lookups_of_a_period = st.lists(st.tuples(st.integers(0, ROWS - 1), st.booleans()), max_size=6)


def statistics_of(periods: list[list[tuple[int, bool]]]) -> RowStatistics:
    statistics = RowStatistics.none({"table": ROWS})
    for period in periods:
        rows = torch.tensor([row for row, _ in period], dtype=torch.int64)
        liked = torch.tensor([row for row, positive in period if positive], dtype=torch.int64)
        counts = [torch.bincount(each, minlength=ROWS).float() for each in (rows, liked)]
        statistics = statistics.after({"table": LookupCounts(*counts)})
    return statistics


def plain_features(periods: list[list[tuple[int, bool]]], row: int) -> list[float]:
    """Written down from the definition, in float64, from one row's look-ups alone."""
    now = len(periods)
    counts, times = [], []
    for liked in (False, True):
        each = [sum(one == row and positive >= liked for one, positive in period) for period in periods]
        decayed = sum(count * 0.5 ** (now - number) for number, count in enumerate(each, start=1))
        counts += [each[-1] if each else 0, decayed, sum(each)]
        times.append([number for number, count in enumerate(each, start=1) if count])
    since = [now - at if at else 0 for at in (max(times[0], default=0), min(times[0], default=0))]
    since.append(now - max(times[1]) if times[1] else 0)
    return [*np.log1p([*counts, *since]) / 2, 0.5 * (not times[0]), 0.5 * (not times[1])]


@given(st.lists(lookups_of_a_period, max_size=5))
def test_features_are_those_of_the_definition(periods: list[list[tuple[int, bool]]]) -> None:
    statistics = statistics_of(periods)
    expected = [plain_features(periods, row) for row in range(ROWS)]
    assert statistics.period == len(periods)
    assert_allclose(statistics.features("table"), expected, rtol=1e-6)
    rows = torch.tensor([2, 0, 2])
    assert torch.equal(statistics.features("table", rows), statistics.features("table")[rows])
    seen = {row for period in periods for row, _ in period}
    assert statistics.seen("table").tolist() == [row in seen for row in range(ROWS)]


def test_the_newest_periods_counts_can_be_read() -> None:
    statistics = statistics_of([[(0, True)], [(1, True), (1, False), (2, False)]])
    assert statistics.lookups("table").tolist() == [0, 2, 1, 0]
    assert statistics.positives("table").tolist() == [0, 1, 0, 0]


def test_statistics_are_a_value() -> None:
    before = statistics_of([[(0, True)]])
    kept = before.tables["table"].clone()
    after = before.after({"table": LookupCounts(torch.ones(ROWS), torch.ones(ROWS))})
    assert torch.equal(before.tables["table"], kept)
    assert (before.period, after.period) == (1, 2)


def test_no_rows_and_no_table_have_no_features() -> None:
    none = torch.zeros(0, dtype=torch.int64)
    assert statistics_of([]).features("table", none).shape == (0, ROW_FEATURES)
    assert RowStatistics.none({"table": 0}).features("table").shape == (0, ROW_FEATURES)


def test_they_come_back_from_a_store() -> None:
    statistics = statistics_of([[(0, True)], [], [(3, False)]])
    restored = unpack(RowStatistics, *pack(statistics))
    assert restored.period == 3
    assert torch.equal(restored.tables["table"], statistics.tables["table"])


def test_periods_are_counted_one_after_another() -> None:
    stream = tiny_stream()
    model = MatrixFactorisation(stream.schema, dim=2)
    params, none = params_of(model), RowStatistics.none({"user_table.weight": 12, "item_table.weight": 15})
    whole = none.including(stream.periods[:3], model, params)
    parts = none.including(stream.periods[:1], model, params).including(stream.periods[1:3], model, params)
    assert whole.period == parts.period == 3
    samples = stream.periods[2].samples()
    assert whole.lookups("item_table.weight").tolist() == np.bincount(samples.item, minlength=15).tolist()
    liked = samples.user[samples.label == 1]
    assert whole.positives("user_table.weight").tolist() == np.bincount(liked, minlength=12).tolist()
    for name in whole.tables:
        assert torch.equal(whole.tables[name], parts.tables[name])


@pytest.mark.parametrize("change", ["later labels", "order of a period"])
def test_later_periods_and_orders_within_a_period_change_nothing(change: str) -> None:
    stream = tiny_stream()
    model = tiny_model(stream)
    none = RowStatistics.none(
        {name: len(params_of(model)[name]) for name in ("user_table.weight", "item_table.weight")}
    )
    none = RowStatistics.none({n: len(v) for n, v in params_of(model).items() if "table" in n})
    before = none.including(stream.periods[:4], model, params_of(model))
    if change == "later labels":
        stream.periods[4].samples().label[:] = 0
    else:
        samples = stream.periods[3].samples()
        order = np.random.default_rng(0).permutation(len(samples))
        last = replace(stream.periods[3], load=lambda: samples.take(order))
        stream = replace(stream, periods=(*stream.periods[:3], last))
    after = none.including(stream.periods[:4], model, params_of(model))
    assert all(torch.equal(before.tables[name], after.tables[name]) for name in before.tables)
