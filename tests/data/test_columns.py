"""A row carries its columns: what values a sample, its negative and its history have, by brute force over the log."""

from itertools import pairwise
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from freshrec.data import Samples, Stream

from .data_logs import Row, frame, repeats, rows

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
