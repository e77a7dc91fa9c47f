from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshrec.data import Stream, StreamSettings
from freshrec.data.log import interactions_of, read_log
from freshrec.errors import DataError

from .data_logs import Row, frame, kept, repeated_rows, repeats, steady


@given(repeated_rows, repeats, st.data())
def test_every_row_is_accounted_for(log: list[Row], again: str, data: st.DataObject) -> None:
    least = data.draw(st.integers(1, 3))
    settings = StreamSettings.model_validate({"negatives": "paper", "min_item_count": least, "repeats": again})
    bad = data.draw(st.integers(0, len(log) // 20))
    source = pl.concat([frame(log), frame([(1, 1, -5)] * bad) if bad else frame(log).clear()])
    taken = kept(log, again)
    used = [row for row in taken if sum(other[1] == row[1] for other in taken) >= least]
    try:
        read = read_log(source, settings)
        chosen = interactions_of(read.cells, settings)
    except DataError:
        assert not used
        return
    counts = {"in": read.size, "used": chosen.rows.height, "duplicates": chosen.duplicates}
    assert counts | {"filtered": chosen.filtered, "quarantined": read.quarantine.height} == {
        "in": len(log) + bad,
        "used": len(used),
        "duplicates": len(log) - len(taken),
        "filtered": len(taken) - len(used),
        "quarantined": bad,
    }


@pytest.mark.parametrize("order", [[0, 1, 0], [1, 0, 0], [0, 0, 1]])
def test_of_duplicates_the_positive_wins(order: list[int]) -> None:
    log = frame([(1, 1, 5), (1, 1, 5), (1, 1, 5), (2, 2, 6)], label=[*order, 0])
    chosen = interactions_of(read_log(log, StreamSettings()).cells, StreamSettings())
    assert chosen.duplicates == 2
    assert chosen.rows.sort("time").select("time", "label").rows() == [(5_000_000, 1), (6_000_000, 0)]


@pytest.mark.parametrize("order", [[0, 1, 0], [1, 0, 0], [0, 0, 1]])
def test_where_repeats_are_wanted_each_keeps_its_label(order: list[int]) -> None:
    log = frame([(1, 1, 5), (1, 1, 5), (1, 1, 5), (2, 2, 6)], label=[*order, 0])
    stream = Stream.from_frame(log, periods=1, repeats="all")
    assert {name: count for name, count in stream.manifest["rows"].items() if count} == {"in": 4, "used": 4}
    assert stream.manifest["labels"] == "explicit"
    samples = stream.periods[0].samples()
    # The negatives come first, in whichever order the rows came.
    assert (samples.user.tolist(), samples.label.tolist()) == ([0, 0, 0, 1], [0, 0, 1, 0])
    assert samples.positives.tolist() == [0]


@pytest.mark.parametrize(
    ("labels", "column", "kind"),
    [
        ([0, 1], "label", "explicit"),
        ([1, 1], "label", "implicit"),
        (None, "label", "implicit"),
        ([0, 1], None, "implicit"),
    ],
)
def test_labels_decide_whether_negatives_are_drawn(labels: list[int] | None, column: str | None, kind: str) -> None:
    log = steady()
    log = log if labels is None else log.with_columns(label=pl.Series(labels * 100))
    stream = Stream.from_frame(log, periods=4, label_column=column)
    assert stream.manifest["labels"] == kind
    negatives = sum(period["negatives"] for period in stream.manifest["periods"])
    assert stream.manifest["samples"] == (200 if kind == "explicit" else 200 + negatives)


@pytest.mark.parametrize(
    ("log", "settings", "said"),
    [
        (
            steady().with_columns(label=0),
            {},
            "all labels in column 'label' are 0: there is no positive to learn from.",
        ),
        (
            steady().with_columns(user=7),
            {},
            "column 'user' holds one user only, '7': there is nothing to tell apart.",
        ),
        (steady().with_columns(item=pl.lit("x")), {}, "column 'item' holds one item only, 'x'"),
        (
            steady(),
            {"negatives": "paper", "min_item_count": 11},
            "no item has 11 interactions, so none is left.",
        ),
        (steady(30), {}, "the log has 30 interactions at 30 instants, too few for 31 periods"),
        (
            steady().with_columns(timestamp=5),
            {"periods": 2},
            "20 interactions at 1 instants, too few for 2 periods",
        ),
        (
            steady().with_columns(timestamp=pl.int_range(pl.len()) * 10**6),
            {"period": "1m"},
            "periods of 1m; 10000 are",
        ),
    ],
)
def test_a_log_that_cannot_be_used_is_explained(log: pl.DataFrame, settings: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError) as raised:
        Stream.from_frame(log, **settings)
    assert said in str(raised.value)
