import itertools
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from freshrec.data import Stream, StreamSettings
from freshrec.data.log import read_log
from freshrec.errors import DataError

from .data_logs import assert_same, steady, values_of_periods

SETTINGS = StreamSettings(periods=5, item_fields=("kind",))

TEXT_CELLS = [
    ("user", None, "user is missing"),
    ("user", "", "user is missing"),
    ("item", "  ", "item is missing"),
    ("item", "a\ufffd", "item is not valid UTF-8"),
    ("user", "u" * 1025, "user is longer than 1024 bytes"),
    ("kind", "k" * 65_537, "kind is longer than 65536 bytes"),
    ("timestamp", None, "time is missing"),
    ("timestamp", "soon", "time cannot be read"),
    ("timestamp", "-5", "time is before 1970"),
    ("timestamp", "99999999999999999999", "time is after the year 9999"),
    ("label", None, "label is missing"),
    ("label", "2", "label is not 0 or 1"),
    ("label", "-1", "label is not 0 or 1"),
    ("label", "0.5", "label is not 0 or 1"),
    ("label", "maybe", "label is not 0 or 1"),
]

NUMBER_CELLS = [
    ("user", float("nan"), "user is missing"),
    ("user", None, "user is missing"),
    ("item", 1.5, "item is not a whole number"),
    ("item", float("inf"), "item is not a whole number"),
    ("user", 2.0**53 + 2, "user is not a whole number"),
    ("timestamp", float("nan"), "time is missing"),
    ("timestamp", -1.0, "time is before 1970"),
    ("label", float("nan"), "label is missing"),
    ("label", 0.5, "label is not 0 or 1"),
    ("label", 2.0, "label is not 0 or 1"),
]


def clean(dtype: Any) -> pl.DataFrame:
    labelled = steady().with_columns(label=pl.int_range(pl.len()) % 2)
    return labelled.select(pl.all().cast(dtype))


def broken(log: pl.DataFrame, column: str, cell: Any, at: int) -> pl.DataFrame:
    """The log with one more row in place `at` (counted from 1), good but for one cell."""
    row = log[50].with_columns(pl.Series(column, [cell], dtype=log.schema[column]))
    return pl.concat([log[: at - 1], row, log[at - 1 :]])


@pytest.mark.parametrize(
    ("dtype", "column", "cell", "reason"),
    [
        *((pl.String, *case) for case in TEXT_CELLS),
        *((pl.Float64, *case) for case in NUMBER_CELLS),
    ],
    ids=str,
)
def test_one_malformed_row_is_set_aside_and_changes_nothing_else(
    dtype: Any, column: str, cell: Any, reason: str
) -> None:
    log = clean(dtype)
    stream = Stream.from_frame(broken(log, column, cell, at=17), SETTINGS)
    assert stream.manifest["quarantined"] == {reason: 1}
    nonzero = {name: count for name, count in stream.manifest["rows"].items() if count}
    assert nonzero == {"in": 201, "used": 200, "quarantined": 1}
    good = Stream.from_frame(log, SETTINGS)
    assert stream.manifest["periods"] == good.manifest["periods"]
    assert values_of_periods(stream) == values_of_periods(good)
    found = read_log(broken(log, column, cell, at=17), SETTINGS).quarantine
    shown = None if cell is None else str(cell)[:200] if cell != cell else pl.Series([cell]).cast(pl.String)[0][:200]
    assert [row[:3] for row in found.rows()] == [(17, column, reason)]
    assert str(found["cell"][0]).lower() == str(shown).lower()


def test_a_row_with_too_many_cells_is_set_aside(tmp_path: Path) -> None:
    log = steady()
    lines = log.write_csv().splitlines(keepends=True)
    lines.insert(3, "1,2,1500000000,0,surplus\n")
    (tmp_path / "log.csv").write_text("".join(lines))
    read = read_log(tmp_path / "log.csv", SETTINGS)
    assert read.quarantine.rows() == [(3, "", "row has more cells than the header", "surplus", "log.csv")]
    stream, good = Stream.from_frame(tmp_path / "log.csv", SETTINGS), Stream.from_frame(log, SETTINGS)
    assert stream.manifest["periods"] == good.manifest["periods"]


def test_the_first_reason_of_a_row_counts() -> None:
    log = clean(pl.String)
    worst = log[0].with_columns(pl.lit(None, pl.String).alias(name) for name in log.columns)
    assert Stream.from_frame(pl.concat([log, worst]), SETTINGS).manifest["quarantined"] == {"user is missing": 1}


def test_up_to_a_twentieth_is_set_aside_and_more_is_refused() -> None:
    log = clean(pl.String)[:190]
    bad = log[:1].with_columns(label=pl.lit("2"))
    ten, eleven = pl.concat([log, *[bad] * 10]), pl.concat([log, *[bad] * 11])
    assert Stream.from_frame(ten, SETTINGS).manifest["rows"]["quarantined"] == 10
    with pytest.raises(DataError) as raised:
        Stream.from_frame(eleven, SETTINGS)
    assert str(raised.value) == (
        "11 of 201 rows are malformed, more than 5%: label is not 0 or 1 (11, first in row 191, column 'label', "
        "which holds '2'). Check that the settings name the right columns and time unit, or repair these rows. Of "
        "ratings, name the least positive one with positive_from (--positive-from), or take every row as a positive "
        "with label_column = None (--no-labels)."
    )


def test_a_refusal_counts_every_reason_with_its_first_row() -> None:
    log = clean(pl.String)[:100]
    for (column, cell, _), at in zip(TEXT_CELLS[:13], itertools.count(2, 3), strict=False):
        log = broken(log, column, cell, at)
    renamed = log.rename({"user": "who"})
    with pytest.raises(DataError) as raised:
        Stream.from_frame(renamed, SETTINGS, user_column="who")
    said = str(raised.value)
    assert said.startswith("13 of 113 rows are malformed, more than 5%: user is missing (2, first in row 2")
    for reason in {reason for _, _, reason in TEXT_CELLS[:12]}:
        assert reason in said
    assert "user is missing (2, first in row 2, column 'who');" in said
    assert "time cannot be read (1, first in row 23, column 'timestamp', which holds 'soon')" in said


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        (
            "user",
            True,
            "column 'user' holds Boolean, where strings or integers are expected. Convert it, or name another",
        ),
        ("item", b"x", "column 'item' holds Binary, where strings or integers are expected"),
        ("timestamp", True, "column 'timestamp' holds Boolean, where numbers, ISO 8601 text"),
        ("label", [1], "column 'label' holds List(Int64), where 0 and 1 are expected"),
        (
            "kind",
            {"a": 1},
            "column 'kind' holds Struct({'a': Int64}), where categories (text, numbers, or lists of them)",
        ),
    ],
)
def test_a_column_of_the_wrong_type_is_refused(column: str, values: Any, said: str) -> None:
    log = steady().with_columns(label=1).with_columns(pl.Series(column, [values] * 200))
    with pytest.raises(DataError) as raised:
        Stream.from_frame(log, SETTINGS)
    assert said in str(raised.value)


@pytest.mark.parametrize("labels", [[0, 1], [0.0, 1.0], [False, True], ["0", "1"], ["False", "TRUE"], ["0.0", " 1"]])
def test_labels_are_read_in_any_usual_form(labels: list[Any]) -> None:
    plain = Stream.from_frame(steady().with_columns(label=pl.Series([0, 1] * 100)), SETTINGS)
    assert_same(Stream.from_frame(steady().with_columns(label=pl.Series(labels * 100)), SETTINGS), plain)
