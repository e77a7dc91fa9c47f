"""Every usual spelling of a missing value is one, in ids, times, labels and fields."""

from pathlib import Path

import polars as pl
import pytest

from freshrec.data import Stream, StreamSettings, prepare

from .data_logs import assert_same, steady, values_of_periods

SETTINGS = StreamSettings(periods=5, item_fields=("kind",))
SPELLINGS = ["", "  ", "\\N", "NULL", "null", "NaN", "nan", "None", "N/A", "#N/A", "<NA>", "NaT", " NULL "]
REASONS = {"user": "user is missing", "timestamp": "time is missing", "label": "label is missing"}


def texts() -> pl.DataFrame:
    return steady().with_columns(label=pl.int_range(pl.len()) % 2).select(pl.all().cast(pl.String))


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("column", ["user", "item", "timestamp", "label"])
def test_a_row_without_a_value_is_set_aside(spelling: str, column: str) -> None:
    log = texts()
    row = log[:1].with_columns(pl.lit(spelling).alias(column))
    stream = Stream.from_frame(pl.concat([log, row]), SETTINGS)
    assert stream.manifest["quarantined"] == {REASONS.get(column, f"{column} is missing"): 1}
    assert values_of_periods(stream) == values_of_periods(Stream.from_frame(log, SETTINGS))


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_field_without_a_value_has_the_missing_one(spelling: str, tmp_path: Path) -> None:
    kind = pl.col("kind")
    null = Stream.from_frame(texts().with_columns(pl.when(kind != "1").then(kind).alias("kind")), SETTINGS)
    log = texts().with_columns(pl.when(kind != "1").then(kind).otherwise(pl.lit(spelling)).alias("kind"))
    assert_same(Stream.from_frame(log, SETTINGS), null)
    missing = null.vocabulary.values["kind"].index(None)
    stored = prepare(log, tmp_path / "shop", SETTINGS)
    for stream in (null, stored, stored.until(2)):
        assert stream.vocabulary.ids("kind", [spelling, None, "0"]).tolist()[:2] == [missing, missing]


def test_missing_parts_of_a_cell_with_several_values_are_left_out() -> None:
    plain = texts().with_columns(kind=pl.col("kind").str.split("|"))
    for cell in (pl.concat_str("kind", pl.lit("|NULL|")), pl.concat_list("kind", pl.lit("NULL"))):
        settings = SETTINGS.model_copy(update={"separator": "|"})
        assert_same(Stream.from_frame(texts().with_columns(kind=cell), settings), Stream.from_frame(plain, settings))


def test_other_spellings_can_be_named() -> None:
    log = texts()
    named = log.with_columns(pl.when(pl.col("kind") == "1").then(pl.lit("-")).otherwise("kind").alias("kind"))
    stream = Stream.from_frame(named, SETTINGS, null_values=("-",))
    assert None in stream.vocabulary.values["kind"]
    users = log.with_columns(pl.when(pl.col("user") == "3").then(pl.lit("None")).otherwise("user").alias("user"))
    assert "None" in Stream.from_frame(users, SETTINGS, null_values=()).vocabulary.values["user"]
