"""Ids of one value are one id in every type and format, in the log and in every look-up."""

import io
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshrec.data import Stream, StreamSettings
from freshrec.data.canonical import canonical_values
from freshrec.errors import DataError

from .data_logs import assert_same, steady

SETTINGS = StreamSettings(periods=5, item_fields=("kind",))
KINDS: dict[str, Callable[[int], Any]] = {
    "int": int,
    "float": float,
    "text": str,
    "text of a float": lambda number: f"{number}.0",
    "decimal": Decimal,
    "decimal with a fraction of zeros": lambda number: Decimal(f"{number}.000"),
    "numpy int": np.int64,
    "numpy float": np.float64,
    "numpy text": np.str_,
}

TYPES: dict[str, Any] = {
    "int8": pl.Int8,
    "uint64": pl.UInt64,
    "float32": pl.Float32,
    "float64": pl.Float64,
    "text": pl.String,
    "categorical": pl.Categorical,
    "decimal": pl.Decimal(18, 0),
    "decimal with places": pl.Decimal(18, 3),
}


@given(st.lists(st.tuples(st.integers(-(2**53), 2**53), st.sampled_from(sorted(KINDS))), max_size=20))
def test_a_whole_number_of_any_type_is_one_value(drawn: list[tuple[int, str]]) -> None:
    assert canonical_values([KINDS[kind](number) for number, kind in drawn]) == [str(number) for number, _ in drawn]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("07", "07"),
        ("007.0", "007.0"),
        ("7.50", "7.50"),
        ("1.0.0", "1.0.0"),
        (" 7", " 7"),
        ("-0.00", "0"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (np.float32(0.1), "0.1"),
        (2**70, str(2**70)),
        (2**200, str(2**200)),
        (True, "true"),
        (np.bool_(False), "false"),
        (Decimal("1E+2"), "100"),
        (Decimal("NaN"), None),
        (float("nan"), None),
        (pd.NA, None),
        (pd.NaT, None),
        (UUID(int=5), "00000000-0000-0000-0000-000000000005"),
    ],
)
def test_other_values_have_a_text_of_their_own(value: object, text: str | None) -> None:
    assert canonical_values([value]) == canonical_values(iter([value])) == [text]


def test_columns_are_looked_up_as_lists_are() -> None:
    for column in (pl.Series([7.0, None, 1.5]), pd.Series([7, None, 1.5], dtype=object), np.array([7, np.nan, 1.5])):
        assert canonical_values(column) == ["7", None, "1.5"]


@pytest.mark.parametrize("value", [{"a": 1}, [1], b"7", object()])
def test_a_value_that_is_no_scalar_is_refused(value: object) -> None:
    with pytest.raises(DataError, match=rf"{type(value).__name__} values cannot be ids or categories\. Give text"):
        canonical_values([1, value])


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("column", ["user", "item", "kind"])
def test_a_column_of_any_type_gives_the_same_stream(column: str, kind: str) -> None:
    log, dtype = steady(), TYPES[kind]
    cells = pl.col(column).cast(pl.Int64).cast(pl.String) if kind == "categorical" else pl.col(column)
    plain = Stream.from_frame(log, SETTINGS)
    stream = Stream.from_frame(log.with_columns(cells.cast(dtype)), SETTINGS)
    assert_same(stream, plain)
    for name, value in KINDS.items():
        assert stream.vocabulary.ids(column, [value(2), value(99)]).tolist() == [
            plain.vocabulary.values[column].index("2"),
            -1,
        ], name


def test_a_frame_of_floats_is_the_same_log_in_every_format(tmp_path: Path) -> None:
    log = steady().with_columns(pl.col("user", "item", "kind").cast(pl.Float64))
    plain = Stream.from_frame(steady(), SETTINGS)
    log.to_pandas().to_csv(tmp_path / "log.csv", index=False)
    log.write_parquet(tmp_path / "log.parquet")
    assert "3.0,7.0" in (tmp_path / "log.csv").read_text()
    for source in (tmp_path / "log.csv", tmp_path / "log.parquet", log, log.to_pandas()):
        assert_same(Stream.from_frame(source, SETTINGS), plain)


def test_the_very_floats_of_a_log_are_found_in_its_vocabulary() -> None:
    log = steady().with_columns(pl.col("user").cast(pl.Float64))
    vocabulary = Stream.from_frame(log, SETTINGS).vocabulary
    for column in (log["user"], log["user"].to_numpy(), log["user"].to_list(), log.to_pandas()["user"]):
        assert [vocabulary.values["user"][number] for number in vocabulary.ids("user", column)] == [
            str(int(user)) for user in log["user"]
        ]


def test_a_decimal_with_a_fraction_is_no_id() -> None:
    log = steady().with_columns(pl.col("user").cast(pl.Decimal(18, 1)))
    row = log[:1].with_columns(pl.lit(Decimal("0.5")).cast(pl.Decimal(18, 1)).alias("user"))
    stream = Stream.from_frame(pl.concat([log, row]), SETTINGS)
    assert stream.manifest["quarantined"] == {"user is not a whole number": 1}


def mixed(log: pl.DataFrame, column: str) -> pd.DataFrame:
    """The log with a column that holds every kind of scalar in turn."""
    frame, kinds = log.to_pandas(), list(KINDS.values())
    frame[column] = pd.Series([kinds[row % len(kinds)](number) for row, number in enumerate(log[column])], dtype=object)
    return frame


@pytest.mark.parametrize("column", ["user", "item", "kind", "timestamp"])
def test_a_column_of_objects_of_several_types_is_text(column: str) -> None:
    log = steady()
    plain = Stream.from_frame(log, SETTINGS)
    frame = mixed(log, column)
    assert_same(Stream.from_frame(frame, SETTINGS), plain)
    objects = log.with_columns(pl.Series(column, frame[column].to_list(), dtype=pl.Object))
    assert_same(Stream.from_frame(objects, SETTINGS), plain)


def test_labels_of_several_types_are_labels() -> None:
    log = steady()
    labels = [0, "1", True, 1.0, "0.0"] * 40
    frame = log.to_pandas().assign(label=pd.Series(labels, dtype=object))
    plain = log.with_columns(label=pl.Series([0, 1, 1, 1, 0] * 40))
    assert_same(Stream.from_frame(frame, SETTINGS), Stream.from_frame(plain, SETTINGS))


def test_a_column_of_objects_that_are_no_scalars_is_named() -> None:
    frame = steady().to_pandas()
    frame["item"] = pd.Series([1, "a", [2], {"b": 3}] * 50, dtype=object)
    with pytest.raises(DataError, match=r"column 'item' holds objects of the types dict, int, list, str\. Convert it"):
        Stream.from_frame(frame, SETTINGS)


def test_ids_that_are_objects_of_one_type_keep_it() -> None:
    log = steady()
    users = [UUID(int=user + 1) for user in log["user"]]
    expected = Stream.from_frame(log.with_columns(user=pl.Series([str(user) for user in users])), SETTINGS)
    frame = log.to_pandas().assign(user=pd.Series(users, dtype=object))
    assert_same(Stream.from_frame(frame, SETTINGS), expected)
    read = pd.read_csv(io.StringIO(log.write_csv()), dtype=object)
    assert_same(Stream.from_frame(read, SETTINGS), Stream.from_frame(log, SETTINGS))
