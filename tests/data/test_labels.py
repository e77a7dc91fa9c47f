"""Labels in every form, and ratings."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshrec.data import Stream, StreamSettings, peek_labels
from freshrec.data.labels import NEGATIVE, POSITIVE, parse_label
from freshrec.errors import ConfigError, DataError

from .data_logs import assert_same, periods_of, steady

SETTINGS = StreamSettings(periods=5)


@pytest.mark.parametrize(
    ("negative", "positive"),
    [
        ("no", "yes"),
        ("N", "Y"),
        ("False", "TRUE"),
        ("f", "t"),
        (" view ", "click"),
        ("Impression", "Clicked"),
        ("viewed", "clicked"),
        ("0", "yes"),
        ("0.0", "1.0"),
    ],
)
def test_words_are_labels(negative: str, positive: str) -> None:
    plain = Stream.from_frame(steady().with_columns(label=pl.Series([0, 1] * 100)), SETTINGS)
    worded = steady().with_columns(label=pl.Series([negative, positive] * 100))
    assert_same(Stream.from_frame(worded, SETTINGS), plain)
    assert plain.manifest["labels"] == "explicit"


def test_no_word_has_two_meanings() -> None:
    assert not set(POSITIVE) & set(NEGATIVE)


@given(
    st.lists(st.one_of(st.none(), st.floats(-5, 5), st.integers(-5, 5).map(float)), min_size=1),
    st.sampled_from([-1.0, 0.0, 1.0, 2.5, 4.0]),
    st.booleans(),
)
def test_ratings_are_positives_from_a_number_on(ratings: list[float | None], least: float, as_text: bool) -> None:
    cells = pl.Series(ratings, dtype=pl.Float64)
    read = parse_label(cells.cast(pl.String) if as_text else cells, "stars", (), least)
    assert read.reason.to_list() == ["label is missing" if rating is None else None for rating in ratings]
    labels = [label for label, rating in zip(read.value, ratings, strict=True) if rating is not None]
    assert labels == [int(rating >= least) for rating in ratings if rating is not None]


@pytest.mark.parametrize("dtype", [pl.Int8, pl.Float32, pl.Decimal(4, 1), pl.String])
def test_ratings_of_every_type_are_read(tmp_path: Path, dtype: Any) -> None:
    stars = pl.Series([1, 2, 3, 4, 5] * 40)
    plain = Stream.from_frame(steady().with_columns(label=(stars >= 4).cast(pl.Int8)), SETTINGS)
    rated = steady().with_columns(stars=stars.cast(dtype))
    settings = StreamSettings(periods=5, label_column="stars", positive_from=4)
    stream = Stream.from_frame(rated, settings)
    assert stream.manifest["labels"] == "explicit"
    assert periods_of(stream) == periods_of(plain)
    if dtype != pl.Decimal:
        rated.write_parquet(tmp_path / "log.parquet")
        assert peek_labels([tmp_path / "log.parquet"], settings) == "explicit"


def test_what_is_no_rating_is_set_aside() -> None:
    stars = pl.Series(["4", "five", "NaN", "yes", *["2"] * 196])
    stream = Stream.from_frame(steady().with_columns(label=stars), SETTINGS, positive_from=4)
    assert stream.manifest["quarantined"] == {"label is not a number": 2, "label is missing": 1}


def test_ratings_that_are_not_there_are_missed() -> None:
    with pytest.raises(DataError, match="has no column 'label'"):
        Stream.from_frame(steady(), SETTINGS, positive_from=4)


def test_ratings_without_a_name_for_the_least_are_refused_with_the_hint() -> None:
    rated = steady().with_columns(label=pl.Series([1, 2, 3, 4, 5] * 40))
    with pytest.raises(
        DataError, match=r"label is not 0 or 1 \(160, .* name the least positive one with positive_from"
    ):
        Stream.from_frame(rated, SETTINGS)


def test_ratings_and_no_labels_contradict() -> None:
    with pytest.raises(ConfigError, match="positive_from is 4, but label_column is None"):
        StreamSettings(label_column=None, positive_from=4)
    with pytest.raises(ConfigError, match="positive_from"):
        StreamSettings(positive_from=float("nan"))
