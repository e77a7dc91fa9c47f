from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshrec.data import FieldValues, Period, Stream, StreamSettings
from freshrec.data.encode import Encoded, encode
from freshrec.data.log import interactions_of, read_log

from .data_logs import Row, frame, kept, periods_of, repeated_rows, repeats, rows, steady, values_of_periods


def first_seen(pairs: list[tuple[Any, int]]) -> list[str]:
    """Distinct values by first time, then as text: a dictionary and a sort."""
    first: dict[str, int] = {}
    for value, time in pairs:
        first[str(value)] = min(time, first.get(str(value), time))
    return sorted(first, key=lambda value: (first[value], value))


def encoded_of(log: pl.DataFrame, settings: StreamSettings) -> Encoded:
    read = read_log(log, settings)
    taken = interactions_of(read.cells, settings)
    return encode(taken.rows, settings, taken.labels, read.several)


def values_of(column: FieldValues, row: int) -> list[int]:
    return [int(value) for value in column.take(np.array([row])).values]


@given(repeated_rows, repeats)
def test_ids_are_given_by_first_appearance(log: list[Row], again: str) -> None:
    settings = StreamSettings.model_validate({"repeats": again, "periods": 1})
    encoded = encoded_of(frame(log), settings)
    users = first_seen([(user, time) for user, _, time in log])
    items = first_seen([(item, time) for _, item, time in log])
    assert encoded.vocabulary.values == {"user": tuple(users), "item": tuple(items)}
    expected = sorted((time, users.index(str(user)), items.index(str(item))) for user, item, time in kept(log, again))
    columns = (encoded.time // 10**6, encoded.user, encoded.item)
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == expected
    assert encoded.first["item"].tolist() == sorted(encoded.first["item"])


@given(rows, st.data())
def test_what_is_known_at_a_periods_end_is_a_prefix_of_each_table(log: list[Row], data: st.DataObject) -> None:
    tags = data.draw(st.lists(st.sampled_from("abcd"), min_size=len(log), max_size=len(log)))
    stream = Stream.from_frame(frame(log, tag=tags), periods=3, item_fields=("tag",))
    # Of equal rows the one with the first tag is used.
    used = {row: min(tag for other, tag in zip(log, tags, strict=True) if other == row) for row in log}
    for period in stream.periods:
        last = period.samples().timestamp[-1] // 10**6
        seen = [row for row in log if row[2] <= last]
        known = {table: set(stream.vocabulary.values[table][:count]) for table, count in period.known.items()}
        assert known["user"] == {str(user) for user, _, _ in seen}
        assert known["item"] == {str(item) for _, item, _ in seen}
        assert known["tag"] == {used[row] for row in seen}


cell = st.none() | st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=3)


@given(repeated_rows, repeats, st.data())
def test_a_row_carries_its_values(log: list[Row], again: str, data: st.DataObject) -> None:
    cells = data.draw(st.lists(cell, min_size=len(log), max_size=len(log)))
    settings = StreamSettings.model_validate({"user_fields": ["tag"], "repeats": again, "periods": 1})
    columns = frame(log, tag=pl.Series(cells, dtype=pl.List(pl.String)))
    encoded = encoded_of(columns, settings)
    assert encoded.schema.several == {"tag"}
    names, found = encoded.vocabulary.values, []
    column = encoded.fields["tag"].take(np.arange(len(encoded.user)))
    for row, (user, item, time) in enumerate(zip(encoded.user, encoded.item, encoded.time, strict=True)):
        key = (int(str(names["user"][user])), int(str(names["item"][item])), int(time // 10**6))
        found.append((key, [names["tag"][value] for value in values_of(column, row)]))
    expected: list[tuple[Row, list[str | None]]] = []
    for key, rows_of_key in groupby(sorted(zip(log, cells, strict=True), key=lambda pair: pair[0]), itemgetter(0)):
        texts = ["\x1f".join(part for part in tag or () if part) for _, tag in rows_of_key]
        # A missing value is the last one.
        texts.sort(key=lambda text: (not text, text))
        wanted = texts[:1] if again == "once" else texts
        expected += [(key, list(dict.fromkeys(text.split("\x1f"))) if text else [None]) for text in wanted]
    assert sorted(found, key=repr) == sorted(expected, key=repr)


def test_ties_of_a_field_are_settled_by_its_text() -> None:
    log = [(1, 1, 5), (1, 1, 5), (1, 1, 5), (2, 2, 6)]
    for kinds in (["b", None, "a", "z"], ["a", "b", None, "z"], [None, "a", "b", "z"]):
        stream = Stream.from_frame(frame(log, kind=kinds), periods=1, user_fields=("kind",))
        assert stream.vocabulary.values["kind"] == ("a", "z")


def test_of_equal_rows_the_positive_is_used_with_its_values() -> None:
    log = frame([(1, 1, 5), (1, 1, 5), (2, 2, 6), (2, 3, 7)], kind=["a", "b", "c", "c"], label=[0, 1, 0, 1])
    samples = Stream.from_frame(log, periods=1, item_fields=("kind",)).periods[0].samples()
    assert samples.label.tolist() == [1, 0, 1]
    assert samples.fields["kind"].values.tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("cells", "texts"),
    [
        ([1, 2, 1, None], ("1", "2", None)),
        ([1.0, 2.5, 1.0, float("nan")], ("1", "2.5", None)),
        ([True, False, True, None], ("true", "false", None)),
        (["x", "y", "x", ""], ("x", "y", None)),
    ],
)
def test_field_values_are_text_and_a_missing_one_is_a_value(cells: list[Any], texts: tuple[str | None, ...]) -> None:
    log = [(1, 1, 1), (2, 2, 2), (1, 3, 3), (2, 4, 4)]
    stream = Stream.from_frame(frame(log, kind=pl.Series(cells)), periods=2, item_fields=("kind",))
    assert stream.vocabulary.values["kind"] == texts
    positives = [samples.fields["kind"].take(samples.label == 1) for samples in map(Period.samples, stream.periods)]
    assert [value for column in positives for value in column.values.tolist()] == [0, 1, 0, 2]
    assert all(column.offsets is None for column in positives)
    assert stream.schema.rows == {"user": 2, "item": 4, "kind": 3}


def test_a_separator_and_a_list_give_the_same_values() -> None:
    lists = [["a", "b"], ["b"], [], ["c", "a", "c"]] * 50
    listed = Stream.from_frame(steady().with_columns(tag=pl.Series(lists)), periods=4, item_fields=("tag",))
    joined = steady().with_columns(tag=pl.Series(["|".join(cell) for cell in lists]))
    split = Stream.from_frame(joined, periods=4, item_fields=("tag",), separator="|")
    assert values_of_periods(split) == values_of_periods(listed)
    assert split.schema == listed.schema
    assert split.schema.several == {"tag"}


def test_the_items_left_out_leave_no_trace() -> None:
    rare = frame([(99, 99, 1_500_000_000)], kind=[77])
    log = pl.concat([steady(), rare], how="vertical_relaxed")
    settings = StreamSettings(periods=4, item_fields=("kind",), negatives="paper", min_item_count=2)
    without, alone = Stream.from_frame(log, settings), Stream.from_frame(steady(), settings)
    assert without.manifest["rows"]["filtered"] == 1
    assert without.vocabulary == alone.vocabulary
    assert periods_of(without) == periods_of(alone)
