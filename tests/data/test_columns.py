"""A row carries its columns: what values a sample, its negative and its history have, by brute force over the log."""

from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshrec.data import Bags, Samples, Stream, StreamSettings, join, prepare
from freshrec.data.cells import parse_number
from freshrec.data.numbers import RunningQuantiles, bins_of
from freshrec.errors import ConfigError, DataError
from freshrec.seeds import derive

from .data_logs import Row, assert_same, content, frame, repeats, rows

cell = st.none() | st.sampled_from("abcd")
cells = st.lists(st.none() | st.lists(st.sampled_from("abc"), max_size=2), min_size=60, max_size=60)


def shown(stream: Stream, samples: Samples, name: str, past: bool = False) -> list[tuple[str | None, ...]]:
    """The raw values of a field in each sample, or in each positive."""
    column = (samples.past_fields if past else samples.fields)[name]
    raw = stream.vocabulary.values[name]
    parts = zip(column.values.tolist(), strict=True) if column.offsets is None else _parts(column)
    return [tuple(raw[value] for value in values) for values in parts]


def _parts(column: Any) -> list[list[int]]:
    bounds = column.offsets.tolist()
    return [column.values[begin:end].tolist() for begin, end in pairwise(bounds)]


@given(rows, st.data(), st.sampled_from(["causal", "paper"]), repeats)
def test_values_are_those_of_the_row_or_the_newest_of_the_item(
    log: list[Row], data: st.DataObject, negatives: str, again: str
) -> None:
    """Item, user and row of the log are told by the values, which are made of them: `text` is unique to its row."""
    log = sorted(set(log), key=lambda row: (row[2], row[0], row[1]))
    tags = data.draw(cells)[: len(log)]
    log = log[: len(tags)]
    kinds = data.draw(st.lists(cell, min_size=len(log), max_size=len(log)))
    columns = frame(
        log, kind=pl.Series(kinds, dtype=pl.String), tag=pl.Series(tags), city=[f"c{n}" for n in range(len(log))]
    )
    stream = Stream.from_frame(
        columns,
        periods=3,
        history=3,
        item_fields=("kind", "tag"),
        user_fields=("city",),
        negatives=negatives,
        repeats=again,
        negatives_per_positive=2,
    )
    users, items = stream.vocabulary.values["user"], stream.vocabulary.values["item"]
    ids = {raw: number for number, raw in enumerate(items)}
    order = sorted(range(len(log)), key=lambda n: (log[n][2], users.index(str(log[n][0])), ids[str(log[n][1])]))
    tidy = [tuple(dict.fromkeys(tag)) if tag else (None,) for tag in tags]
    place = {(str(user), str(item), time): n for n, (user, item, time) in enumerate(log)}
    for period in stream.periods:
        samples = period.samples()
        assert set(samples.fields) == {"kind", "tag", "city"}
        of_user = shown(stream, samples, "city")
        of_item = list(zip(shown(stream, samples, "kind"), shown(stream, samples, "tag"), strict=True))
        past = list(zip(shown(stream, samples, "kind", True), shown(stream, samples, "tag", True), strict=True))
        positive = -1
        for row, (user, item, time, label) in enumerate(
            zip(samples.user, samples.item, samples.timestamp // 10**6, samples.label, strict=True)
        ):
            name = items[item]
            if label:
                positive = place[(str(users[user]), str(name), int(time))]
                source = positive
            else:
                seen = [n for n in order if str(log[n][1]) == name and log[n][2] <= time]
                source = seen[-1] if seen else next(n for n in order if str(log[n][1]) == name)
            assert of_user[row] == (f"c{positive}",)
            assert of_item[row] == ((kinds[source],), tidy[source])
            before = [n for n in order if str(log[n][0]) == users[user] and log[n][2] < time][-3:]
            window = slice(samples.start[row], samples.end[row])
            assert [items[i] for i in samples.positives[window]] == [str(log[n][1]) for n in before]
            assert past[window] == [((kinds[n],), tidy[n]) for n in before]


def numbered(count: int = 300) -> pl.DataFrame:
    """A log whose columns tell their row: hourly, with a number of the row and one of the item, some missing."""
    n = np.arange(count)
    return frame(
        [(int(k * 3 % 10), int(k * 7 % 20), 1_500_000_000 + 3600 * int(k)) for k in n],
        device=[None if k % 11 == 0 else f"d{k % 4}" for k in n],
        bid=[None if k % 7 == 0 else float(k % 13) for k in n],
        price=[float(k * 7 % 20) + (20.0 if k > 200 else 0.0) for k in n],
    )


SETTINGS: dict[str, Any] = {"periods": 5, "fields": ("device",), "numbers": ("bid",), "item_numbers": ("price",)}


def test_numbers_of_the_row_and_of_the_item_have_the_scale_of_finished_periods() -> None:
    log = numbered()
    stream = Stream.from_frame(log, **SETTINGS, clock="Europe/Berlin", negatives_per_positive=2)
    assert stream.schema.numbers == ("bid", "price")
    assert stream.schema.fields == ("device", "hour", "weekday")
    begin, items = 0, stream.vocabulary.values["item"]
    for period in stream.periods:
        samples = period.samples()
        positive = samples.label == 1
        rows_here = np.repeat(
            np.arange(begin, begin + positive.sum()), np.diff([*np.flatnonzero(positive), len(samples)])
        )
        for name, raw in (("bid", log["bid"][rows_here]), ("price", _newest_prices(log, samples, items, rows_here))):
            before = log[name][:begin].drop_nulls().to_numpy()
            made = samples.numbers[name]
            assert made.dtype == np.float32
            if not begin:
                assert not made.any()
                continue
            expected = (raw.cast(pl.Float64).to_numpy() - before.mean()) / before.std()
            assert made == pytest.approx(np.nan_to_num(expected), abs=1e-5)
        device = stream.vocabulary.values["device"]
        assert [device[i] for i in samples.fields["device"].values] == log["device"][rows_here].to_list()
        begin += int(positive.sum())


def _newest_prices(log: pl.DataFrame, samples: Samples, items: Any, source: np.ndarray) -> pl.Series:
    """Of a positive its own price, of a negative that of the last row before or at its time."""
    prices = []
    for row, place in enumerate(source):
        name = int(items[samples.item[row]])
        prices.append(log[: int(place) + 1].filter(pl.col("item") == name)["price"][-1])
    return pl.Series(prices)


def test_hour_and_weekday_are_those_of_the_time_zone() -> None:
    log = numbered()
    for zone in ("Europe/Berlin", "UTC"):
        stream = Stream.from_frame(log, periods=5, clock=zone)
        for period in stream.periods:
            samples = period.samples()
            for name, form in (("hour", "%-H"), ("weekday", "%A")):
                told = [stream.vocabulary.values[name][value] for value in samples.fields[name].values]
                times = [datetime.fromtimestamp(time / 1e6, ZoneInfo(zone)) for time in samples.timestamp]
                assert told == [time.strftime(form) for time in times]


def test_numbers_in_bins_are_fields_of_row_and_item() -> None:
    log = numbered()
    stream = Stream.from_frame(log, **SETTINGS, bins=4, label_column=None)
    assert stream.schema.numbers == ()
    assert stream.schema.fields == ("device", "bid")
    assert stream.schema.item_fields == ("price",)
    begin = 0
    for period in stream.periods:
        samples = period.samples()
        size = int(samples.label.sum())
        for name in ("bid", "price"):
            told = [stream.vocabulary.values[name][value] for value in samples.fields[name].values]
            quantiles = RunningQuantiles(derive(0, "bins", name))
            expected = bins_of(log[name].to_numpy(), np.array([0, begin, begin + size]), 4, quantiles)[0][begin:]
            if not begin:
                expected = np.zeros(size, np.int32)
            positives = [value for value, label in zip(told, samples.label, strict=True) if label]
            assert positives == [str(value) if value else None for value in expected]
        begin += size


def test_columns_are_the_same_in_a_prepared_folder_and_as_a_batch(tmp_path: Path) -> None:
    log = numbered().with_columns(tags=pl.Series([["a"], ["b", "a"], ["c"]] * 100))
    changes: dict[str, Any] = {**SETTINGS, "fields": ("device", "tags"), "clock": "UTC"}
    stream = Stream.from_frame(log, **changes)
    prepared = prepare(log, tmp_path / "stream", StreamSettings(**changes))
    assert_same(stream, prepared)
    samples = prepared.periods[2].samples()
    batch = samples.batch(np.array([5, 3]))
    assert list(batch.row) == ["device", "tags", "hour", "weekday"]
    assert list(batch.numbers) == ["bid", "price"]
    assert batch.numbers["bid"].tolist() == samples.numbers["bid"][[5, 3]].tolist()
    part = batch.part(1, 2)
    assert part.numbers["bid"].tolist() == [samples.numbers["bid"][3]]
    tags = part.row["tags"]
    assert isinstance(tags, Bags)
    assert tags.ids.tolist() == samples.fields["tags"].take(np.array([3])).values.tolist()
    joined = join([prepared.periods[1].samples(), samples])
    assert joined.numbers["price"].tolist()[-len(samples) :] == samples.numbers["price"].tolist()
    assert content(joined.take(slice(len(joined) - len(samples), None)))["field:tags"] == content(samples)["field:tags"]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (["1", "2.5", "x", "-3e2", "", "NULL"], "bid is not a number"),
        ([1.0, 2.0, float("inf"), 3.0, None, float("nan")], "bid is not a finite number"),
    ],
)
def test_a_cell_that_is_no_number_sets_its_row_aside(cells: list[Any], reason: str) -> None:
    log = numbered(60).drop("bid").with_columns(bid=pl.Series(cells * 10))
    with pytest.raises(DataError, match=rf"10 of 60 rows are malformed.*{reason}"):
        Stream.from_frame(log, periods=3, numbers=("bid",))
    parsed = parse_number(pl.Series(cells), "bid", ("NULL",))
    assert parsed.reason.to_list() == [reason if place == 2 else None for place in range(6)]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"bins": 4}, "bins is 4, but no column of numbers is named"),
        ({"clock": "Mars/Base"}, "setting 'clock' is 'Mars/Base'.*IANA time zone"),
        ({"clock": "UTC", "fields": ("hour",)}, "a column is called 'hour', which is the name of a field of clock"),
        ({"fields": ("a",), "numbers": ("a",)}, "column 'a' is named by two settings"),
    ],
)
def test_settings_of_columns_that_contradict_each_other(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        StreamSettings.model_validate(changes)
