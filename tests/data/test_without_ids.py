"""Label, time and columns make a stream: without users, without items, or without both."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from freshrec.data import Stream, StreamSettings, lacking_ids, prepare, settle, turnover_sentence
from freshrec.errors import ConfigError, DataError
from freshrec.evaluation.scores import write_scores
from freshrec.metrics import GAUC
from freshrec.models import EmbeddingMLP, MatrixFactorisation
from freshrec.models.trivial import ItemLogit
from freshrec.statistics import Activity, slices_of

from .data_logs import assert_same

WITHOUT: dict[str, Any] = {"user_column": None, "item_column": None}
COLUMNS: dict[str, Any] = {"periods": 4, "fields": ("device",), "numbers": ("bid",)}
LOG = pl.DataFrame(
    {
        "user": [n % 6 for n in range(80)],
        "item": [n % 7 for n in range(80)],
        "timestamp": [1_500_000_000 + n // 4 * 3600 for n in range(80)],
        "device": [f"d{n % 3}" for n in range(80)],
        "bid": [float(n % 5) for n in range(80)],
        "label": [int(n % 3 == 0) for n in range(80)],
    }
)


@pytest.mark.parametrize("lacking", [("user",), ("item",), ("user", "item")])
def test_a_stream_has_what_the_log_has(lacking: tuple[str, ...], tmp_path: Path) -> None:
    """Every row is a sample, equal ones too; tables are those of the columns that there are."""
    changes = {**COLUMNS, **{f"{name}_column": None for name in lacking}}
    log = LOG.drop(lacking)
    stream = Stream.from_frame(log, **changes)
    assert set(stream.schema.rows) == {"user", "item", "device"} - {*lacking}
    assert stream.schema.history == 0
    assert stream.manifest["rows"] == {
        "in": 80,
        "used": 80,
        **dict.fromkeys(("duplicates", "late", "filtered", "quarantined", "waiting"), 0),
    }
    assert sum(period.size for period in stream.periods) == 80
    samples = stream.periods[1].samples()
    batch = samples.batch(slice(None))
    assert set(batch.fields) == {"user", "item", "device"} - {*lacking}
    assert batch.history == {}
    device = stream.vocabulary.values["device"]
    rows = sorted(zip([device[i] for i in samples.fields["device"].values], samples.label.tolist(), strict=True))
    assert rows == sorted(LOG["device", "label"][20:40].rows())
    assert_same(stream, prepare(log, tmp_path / "stream", StreamSettings.model_validate(changes)))
    assert set(stream.until(2).schema.rows) == set(stream.schema.rows)
    mixed = Stream.from_frame(log.sample(fraction=1.0, shuffle=True, seed=1), **changes)
    assert_same(stream, mixed)


@pytest.mark.parametrize("cuts", [[20], [4, 32, 60]])
def test_rows_may_come_day_by_day(cuts: list[int], tmp_path: Path) -> None:
    settings = StreamSettings.model_validate({**COLUMNS, "periods": None, "period": "4h", **WITHOUT})
    whole = prepare(LOG, tmp_path / "whole", settings)
    parts = [LOG[begin:end] for begin, end in pairwise([0, *cuts, 80])]
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        prepare(part, tmp_path / "folded", None if number else settings, append=number > 0, finished=last)
    assert_same(Stream.open(tmp_path / "folded"), whole)


def test_without_users_each_sample_stands_for_itself() -> None:
    stream = Stream.from_frame(LOG, **COLUMNS, **WITHOUT)
    assert all(period.samples().user.tolist() == [*range(20)] for period in stream.periods)
    samples = stream.periods[1].samples()
    assert GAUC().of(samples.label, np.arange(20.0), samples.user) is None
    assert set(slices_of(samples, Activity(), Activity())) == {
        "all",
        "history 0",
        "history 1-4",
        "history 5-19",
        "history 20+",
    }
    without_items = Stream.from_frame(LOG, **COLUMNS, item_column=None).periods[1].samples()
    found = set(slices_of(without_items, Activity(), Activity()))
    assert "new users" in found
    assert not any("item" in name or "popularity" in name for name in found)


def test_what_it_lacks_is_said(tmp_path: Path) -> None:
    stream = Stream.from_frame(LOG, **COLUMNS, **WITHOUT)
    assert [sentence[:21] for sentence in lacking_ids(stream.manifest)] == [
        "The log has no users:",
        "The log has no items:",
    ]
    assert turnover_sentence(stream.manifest) == ""
    only_users = Stream.from_frame(LOG, **COLUMNS, item_column=None)
    assert turnover_sentence(only_users.manifest) == (
        "Turnover, means of periods 3 to 4: 0.0 new users; busiest user 20.0%."
    )
    assert lacking_ids(Stream.from_frame(LOG, **COLUMNS).manifest) == []
    samples = stream.periods[1].samples()
    write_scores(tmp_path, 0, 2, samples, stream.vocabulary, {"iu": np.zeros(20, np.float32)})
    written = pl.read_parquet(next((tmp_path / "scores").iterdir()))
    assert written["user"].null_count() == written["item"].null_count() == 20


def test_models_of_what_there_is() -> None:
    schema = Stream.from_frame(LOG, **COLUMNS, **WITHOUT).schema
    assert {name for name, _ in EmbeddingMLP(schema, dim=4).named_parameters() if "table" in name} == {
        "device_table.weight"
    }
    with pytest.raises(ConfigError, match="the stream has no users and no items"):
        MatrixFactorisation(schema)
    samples = Stream.from_frame(LOG, **COLUMNS, **WITHOUT).periods[0].samples()
    assert ItemLogit(schema)(samples.batch(slice(None))).tolist() == [0.0] * 20
    plain = Stream.from_frame(LOG, periods=4, **WITHOUT)
    with pytest.raises(ConfigError, match="no users, no items and no columns"):
        EmbeddingMLP(plain.schema)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"label_column": None}, "user_column and label_column are None: negatives are drawn for a user"),
        ({"history": 5}, "user_column is None, but history is 5"),
        ({"repeats": "once"}, "user_column is None, but repeats is 'once'"),
        ({"user_fields": ("device",)}, "user_column is None, but user_fields has 'device'"),
        ({"item_column": None, "item_numbers": ("bid",)}, "item_column is None, but 'bid' is said to be of the item"),
        (
            {"item_column": None, "min_item_count": 3, "negatives": "paper"},
            "item_column is None, but min_item_count is 3",
        ),
    ],
)
def test_settings_that_need_users_or_items_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        StreamSettings.model_validate({"user_column": None, **changes})


def test_defaults_without_ids() -> None:
    for settings in (
        StreamSettings(user_column=None),
        StreamSettings.model_validate({"item_column": False}),
        settle(StreamSettings(history=30), {"user_column": None}),
    ):
        assert (settings.history, settings.repeats) == (0, "all")


def test_a_log_of_positives_alone_is_refused() -> None:
    with pytest.raises(DataError, match="the log has positives only, and negatives are drawn for a user, among items"):
        Stream.from_frame(LOG.filter(pl.col("label") == 1), periods=2, user_column=None)
