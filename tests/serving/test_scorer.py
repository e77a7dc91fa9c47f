"""A published version scores raw rows as the model that was published scores samples."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from freshrec.data import Stream, StreamSettings
from freshrec.errors import ConfigError, CorruptError, DataError
from freshrec.evaluation import CompareSettings, compare
from freshrec.keeping import Track, TrackSettings
from freshrec.seeds import numpy_rng
from freshrec.serving import Scorer, load

DATA = StreamSettings(period_rows=84, history=4, user_fields=("segment",), item_fields=("tags",), separator="|")
GATE = {"spread": 1e9, "shift": 1e9, "correlation": -1}


def log(rows: int = 500) -> pl.DataFrame:
    """Users and items that come all the time, a segment of the user and tags of the item."""
    rng = numpy_rng(1, "log")
    time = np.arange(rows)
    user = (rng.random(rows) * (10 + time / 30)).astype(np.int64)
    item = (rng.random(rows) * (12 + time / 20)).astype(np.int64)
    return pl.DataFrame(
        {
            "user": [f"u{each}" for each in user],
            "item": item,
            "timestamp": 1_600_000_000 + time * 60,
            "segment": [("young", "old")[each % 2] for each in user],
            "tags": [("a|b", "b", "c", "a|c|d")[each % 4] for each in item],
        }
    )


@pytest.fixture(scope="module", params=["rsg", "iu-counts"])
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Track, Stream, Path]:
    """A track on all but the last period, the whole stream, and the logits of a comparison on it."""
    folder, method = tmp_path_factory.mktemp("kept"), request.param
    stream = Stream.from_frame(log(), DATA)
    settings = CompareSettings(methods=(method,), dim=3, pretrain=2, baselines=False, scores=True)
    compare(stream, settings, folder / "compared")
    track = Track.create(folder / "store", log(), DATA, TrackSettings(method=method, dim=3, pretrain=2, gate=GATE))
    return track, stream, folder / "compared" / "scores" / "run_0_period_00006.parquet"


def test_samples_are_scored_as_in_a_comparison(kept: tuple[Track, Stream, Path]) -> None:
    """Bit for bit, where their ids were known when the model was published."""
    track, stream, path = kept
    scorer, samples = track.scorer(5), stream.periods[5].samples()
    assert scorer.version.number == 5
    rows = scorer.version.schema.rows
    known = (samples.user < rows["user"]) & (samples.item < rows["item"])
    known &= np.array(
        [(samples.positives[a:b] < rows["item"]).all() for a, b in zip(samples.start, samples.end, strict=True)]
    )
    assert 20 < known.sum() < len(samples)
    (name,) = set(pl.read_parquet_schema(path)) & {"rsg", "iu-counts"}
    expected = pl.read_parquet(path)[name].to_numpy()
    np.testing.assert_array_equal(scorer.logits_of(samples)[known], expected[known])


def test_raw_rows_are_scored_as_samples(kept: tuple[Track, Stream, Path]) -> None:
    """With the history of each sample, and with fields as in the log or left out."""
    track, stream, _ = kept
    scorer, samples, vocabulary = track.scorer(), stream.periods[5].samples(), stream.vocabulary
    raw = {table: vocabulary.raw(table, getattr(samples, table)).to_list() for table in ("user", "item")}
    items = vocabulary.raw("item", samples.positives).to_list()
    rows: dict[str, list[Any]] = {
        **raw,
        "history": [items[a:b] for a, b in zip(samples.start, samples.end, strict=True)],
    }
    expected = scorer.logits_of(samples)
    np.testing.assert_array_equal(scorer.logits(rows), expected)
    by_user, by_item = (
        {str(key): value for key, value in log().select(key, value).iter_rows()}
        for key, value in (("user", "segment"), ("item", "tags"))
    )
    given = {
        **rows,
        "segment": [by_user[each] for each in raw["user"]],
        "tags": [by_item[each].split("|") for each in raw["item"]],
    }
    np.testing.assert_array_equal(scorer.logits(given), expected)
    np.testing.assert_allclose(scorer.score(rows), 1 / (1 + np.exp(-expected.astype(np.float64))), rtol=1e-6)


def test_without_a_history_it_is_the_newest_one(kept: tuple[Track, Stream, Path]) -> None:
    track, _, _ = kept
    scorer = track.scorer()
    ends = log().sort("timestamp").group_by("user", maintain_order=True).agg(pl.col("item").tail(4))
    rows: dict[str, list[Any]] = {"user": ends["user"].to_list(), "item": [3] * ends.height}
    given = scorer.score({**rows, "history": ends["item"].to_list()})
    np.testing.assert_array_equal(scorer.score(rows), given)
    assert (scorer.score({**rows, "history": [[]] * ends.height}) != given).any()


def test_unknown_ids_have_one_row(kept: tuple[Track, Stream, Path]) -> None:
    """Whoever they are, they are scored alike, and counted."""
    track, _, _ = kept
    scorer = track.scorer()
    rows: dict[str, list[Any]] = {"user": ["u1", "new", "newer", None], "item": [3, 3, 3, "not seen"]}
    scores = scorer.score(rows)
    assert scores[1] == scores[2]
    assert scores[0] != scores[1]
    assert np.isfinite(scores).all()
    assert scorer.unknown(rows) == {"user": 3, "item": 1}


def test_a_field_of_the_request_wins_over_the_newest_value(kept: tuple[Track, Stream, Path]) -> None:
    track, _, _ = kept
    scorer = track.scorer()
    rows: dict[str, list[Any]] = {"user": ["u1", "u1"], "item": [3, 3]}
    one, other = scorer.score({**rows, "segment": ["old", "young"]})
    assert one == scorer.score(rows)[0]  # u1 is old
    assert one != other


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({"user": ["u1"]}, "no column 'item'"),
        ({"user": ["u1"], "item": [1], "colour": ["red"]}, "does not know the column 'colour'"),
        ({"user": ["u1"], "item": [1, 2]}, "differ in length"),
        ({"user": [["u1"]], "item": [1]}, "list values cannot be ids"),
    ],
)
def test_rows_that_cannot_be_scored(
    kept: tuple[Track, Stream, Path], rows: dict[str, list[object]], words: str
) -> None:
    with pytest.raises(DataError, match=words):
        kept[0].scorer().score(rows)


def test_loading_from_any_place(kept: tuple[Track, Stream, Path], tmp_path: Path) -> None:
    track, _, _ = kept
    rows: dict[str, list[Any]] = {"user": ["u1", "u2"], "item": [1, 2]}
    version = max(track.versions())
    expected = track.scorer().score(rows)
    for scorer in (
        load(track.folder),
        load(track.folder / "serving"),
        load(track.folder, version),
        load(track.folder / "serving" / f"{version:08d}"),
    ):
        assert isinstance(scorer, Scorer)
        np.testing.assert_array_equal(scorer.score(rows), expected)
        assert not scorer.module.training
        assert not any(each.requires_grad for each in scorer.module.parameters())
    with pytest.raises(ConfigError, match="no version 99"):
        load(track.folder, 99)
    with pytest.raises(CorruptError, match="no published version and no store"):
        load(tmp_path)


@pytest.mark.parametrize(
    "name", ["version.json", "weights.safetensors", "vocabulary.safetensors", "context.safetensors"]
)
@pytest.mark.parametrize("damage", ["flip", "shorten", "remove"])
def test_a_damaged_version_is_never_loaded(
    kept: tuple[Track, Stream, Path], tmp_path: Path, name: str, damage: str
) -> None:
    track, _, _ = kept
    source, folder = track.folder / "serving" / f"{max(track.versions()):08d}", tmp_path / "version"
    folder.mkdir()
    for each in source.iterdir():
        (folder / each.name).write_bytes(each.read_bytes())
    data = bytearray((folder / name).read_bytes())
    if damage == "flip":
        data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data[:-1] if damage == "shorten" else data)
    if damage == "remove":
        (folder / name).unlink()
    with pytest.raises(CorruptError):
        load(folder)


@pytest.mark.parametrize("ids", [True, False])
@pytest.mark.parametrize("bins", [None, 4])
def test_raw_columns_become_the_inputs_that_samples_have(tmp_path: Path, ids: bool, bins: int | None) -> None:
    """Numbers have the scale of the periods that the model has seen, as they have in the samples of the next one."""
    rows = log(400).with_columns(
        device=pl.Series([f"d{n % 3}" for n in range(400)]),
        bid=pl.Series([None if n % 9 == 0 else float(n % 13) for n in range(400)]),
        label=pl.Series([int(n % 5 < 2) for n in range(400)]),
    )
    without: dict[str, Any] = {} if ids else {"user_column": None, "item_column": None}
    data = StreamSettings(period_rows=84, fields=("device",), numbers=("bid",), clock="UTC", bins=bins, **without)
    stream = Stream.from_frame(rows, data)
    settings = TrackSettings(method="iu", dim=3, pretrain=2, gate=GATE)
    scorer = Track.create(tmp_path / "store", rows, data, settings).scorer(3)
    samples = stream.periods[3].samples()
    begin = sum(period.size for period in stream.periods[:3])
    raw = rows[begin : begin + len(samples)]
    times = raw["timestamp"].cast(pl.Int64) * 1000
    clock = pl.from_epoch(times, time_unit="ms").dt
    columns = {
        **{name: raw[name].to_list() for name in ("user", "item") if ids},
        "device": raw["device"].to_list(),
        "bid": ["NULL" if each is None else str(each) for each in raw["bid"]],
        "hour": [str(hour) for hour in clock.hour()],
        "weekday": clock.strftime("%A").to_list(),
        **({"history": [[]] * len(raw)} if ids else {}),
    }
    assert set(columns) == set(scorer.columns)
    made = scorer.samples(columns)
    bare = replace(samples, end=samples.start)
    if bins is None:
        assert made.numbers["bid"].tolist() == samples.numbers["bid"].tolist()
    else:
        assert made.fields["bid"].values.tolist() == samples.fields["bid"].values.tolist()
    np.testing.assert_array_equal(scorer.logits(columns), scorer.logits_of(bare))
    with pytest.raises(DataError, match="column 'bid' holds numbers, and one cannot be read"):
        scorer.score({**columns, "bid": ["much"] * len(raw)})
