"""Rows taken in any number of steps give the stream of all rows at once, and every row is accounted for."""

import json
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshrec.data import Period, Preparer, Stream, StreamSettings, folder_step, prepare
from freshrec.errors import ConfigError, DataError, OutputError
from freshrec.files import locked

from .data_logs import assert_same, content

MINUTE = 60

Row = tuple[int, int, int]
event = st.tuples(st.integers(1, 5), st.integers(1, 7), st.integers(0, 900))
events = st.lists(event, min_size=8, max_size=40).filter(
    lambda log: all(len({row[column] for row in log}) > 2 for column in range(3))
)
cuts = st.lists(st.integers(2, 40), max_size=4)
ways = st.fixed_dictionaries(
    {
        "period": st.sampled_from(["1m", "3m"]),
        "exclude": st.sampled_from(["had", "now"]),
        "had_within": st.none() | st.just(2),
        "history": st.sampled_from([0, 1, 3]),
        "negatives_per_positive": st.sampled_from([1, 2]),
        "repeats": st.sampled_from(["once", "all"]),
        "bins": st.none() | st.just(3),
        "clock": st.none() | st.just("Europe/Berlin"),
    }
).map(lambda way: way | {"had_within": way["had_within"] if way["exclude"] == "had" else None})
counted = st.sampled_from([None, 1, 4])


def frame(log: list[Row], labels: list[int] | None = None) -> pl.DataFrame:
    """Fields of users and items change over time: their values follow the time of the row."""
    ordered = sorted(log, key=lambda row: row[2])
    columns: dict[str, Any] = {
        "user": [f"u{user}" for user, _, _ in ordered],
        "item": [item for _, item, _ in ordered],
        "timestamp": [1_704_067_200 + time for _, _, time in ordered],
        "age": [f"a{user % 2 + time // 300}" for user, _, time in ordered],
        "price": [f"p{item}{time // 400}" for _, item, time in ordered],
        "tags": [[f"t{item % 3}", f"t{time // 350}"] for _, item, time in ordered],
        "device": [f"d{time % 3}" for *_, time in ordered],
        "bid": [None if time % 11 == 0 else time % 17 / 4 for *_, time in ordered],
        "cost": [item + time // 200 for _, item, time in ordered],
    }
    return pl.DataFrame(columns | ({} if labels is None else {"label": labels}))


def cut_up(log: pl.DataFrame, places: list[int]) -> list[pl.DataFrame]:
    bounds = [0, *sorted({min(place, log.height) for place in places if place < log.height}), log.height]
    return [log[first:last] for first, last in pairwise(bounds)]


def settings_of(way: dict[str, Any], rows: int | None) -> StreamSettings:
    chosen = way | ({} if rows is None else {"period": None, "period_rows": rows})
    return StreamSettings(
        user_fields=("age",),
        item_fields=("price", "tags"),
        fields=("device",),
        numbers=("bid",),
        item_numbers=("cost",),
        **chosen,
    )


def fold(parts: list[pl.DataFrame], out: Path, chosen: StreamSettings | None) -> Stream:
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        stream = prepare(part, out, chosen if number == 0 else None, append=number > 0, finished=last)
    return stream


def bytes_of(folder: Path) -> dict[str, bytes]:
    """The files of a folder that belong to its periods, without what a later step replaced."""
    named = json.loads((folder / "manifest.json").read_bytes())["files"]
    return {name: (folder / name).read_bytes() for name in named if not name.startswith("step_")}


@given(events, cuts, ways, counted, st.none() | st.randoms(use_true_random=False))
@settings(max_examples=15)
def test_a_log_in_pieces_is_the_log_at_once(
    log: list[Row], places: list[int], way: dict[str, Any], rows: int | None, random: Any
) -> None:
    labels = None if random is None else [0, 1, *(random.randrange(2) for _ in log[2:])]
    whole, chosen = frame(log, labels), settings_of(way, rows)
    with TemporaryDirectory() as name:
        folder = Path(name)
        once = prepare(whole, folder / "once", chosen)
        often = fold(cut_up(whole, places), folder / "often", chosen)
        assert once.hash == often.hash
        assert once.manifest["periods"] == often.manifest["periods"]
        assert bytes_of(folder / "once") == bytes_of(folder / "often")
        assert_accounts_add_up(often)
        assert often.manifest["rows"] == once.manifest["rows"] | {"late": 0, "waiting": 0}
        assert_same(often, Stream.from_frame(whole, chosen))


@given(events, cuts, ways)
@settings(max_examples=8)
def test_a_preparer_in_memory_gives_the_same_periods(log: list[Row], places: list[int], way: dict[str, Any]) -> None:
    whole, chosen, preparer = frame(log), settings_of(way, None), Preparer()
    state, periods = preparer.start(chosen), tuple[Period, ...]()
    for part in cut_up(whole, places):
        more, state = preparer.next(part, state)
        periods += more
    more, state = preparer.finish(state)
    stream = Stream.from_frame(whole, chosen)
    assert state.chain == stream.hash
    assert [content(each.samples()) for each in (*periods, *more)] == [content(p.samples()) for p in stream.periods]


@given(events, st.randoms(use_true_random=False), cuts, st.sampled_from(["once", "all"]))
@settings(max_examples=10)
def test_late_and_repeated_rows_are_counted_and_change_nothing(
    log: list[Row], random: Any, places: list[int], repeats: str
) -> None:
    """Rows in any order: an append leaves all files of earlier periods as they were, and every row is accounted for."""
    chosen = StreamSettings(period="2m", repeats=repeats, lateness="1m", item_fields=("price",))
    whole = frame(log)
    shuffled = whole[random.sample(range(whole.height), whole.height)]
    parts = [whole[:4], *cut_up(shuffled, places)]
    with TemporaryDirectory() as name:
        out, before = Path(name) / "out", dict[str, bytes]()
        for number, part in enumerate(parts):
            stream = prepare(part, out, None if number else chosen, append=number > 0, finished=False)
            files = bytes_of(out)
            assert {each: data for each, data in files.items() if each in before} == {
                each: data for each, data in before.items() if each in files
            }
            assert {each for each in before if each.startswith("period_")} <= set(files)
            before = files
            assert_accounts_add_up(stream)
        rows = stream.manifest["rows"]
        assert rows["in"] == 4 + whole.height
        end = stream.manifest["periods"][-1]["end"] if stream.periods else 0
        used = sum(entry["positives"] for entry in stream.manifest["periods"])
        assert rows["used"] == used
        distinct = whole.select("user", "item", "timestamp").unique()
        if repeats == "once":
            assert used + rows["late"] + rows["waiting"] >= distinct.height
            waiting = pl.read_parquet(next(out.glob(f"step_{len(parts):05d}_waiting.parquet")))
            assert (waiting["time"] >= end).all()


def assert_accounts_add_up(stream: Stream) -> None:
    for rows in (stream.manifest["rows"], *(step["rows"] for step in stream.manifest["steps"])):
        assert rows["in"] == sum(count for name, count in rows.items() if name != "in"), rows
    steps = stream.manifest["steps"]
    assert stream.manifest["rows"]["in"] == sum(step["rows"]["in"] - step["waited"] for step in steps)


LOG = frame([(number % 5, number % 7, 10 * number) for number in range(60)])


def test_a_row_that_comes_again_is_a_duplicate_and_another_one_is_late(tmp_path: Path) -> None:
    prepare(LOG, tmp_path / "s", StreamSettings(period="1m"), finished=False)
    new = LOG[:1].with_columns(user=pl.lit("new"))
    stream = prepare(pl.concat([LOG[:3], new, LOG[-1:]]), tmp_path / "s", append=True, finished=False)
    assert stream.manifest["steps"][1]["rows"] == {
        "in": 11,
        "used": 0,
        "duplicates": 4,
        "late": 1,
        "filtered": 0,
        "waiting": 6,
        "quarantined": 0,
    }
    assert pl.read_parquet(tmp_path / "s" / "step_00002_late.parquet")["user"].to_list() == ["new"]
    assert stream.vocabulary.ids("user", ["new"]).tolist() == [-1]


def test_a_period_waits_for_late_rows(tmp_path: Path) -> None:
    last = LOG[-1:].with_columns(user=pl.lit("late"))
    for lateness, periods, late in ((None, 9, 1), ("2m", 7, 0)):
        out = tmp_path / f"{lateness}"
        stream = prepare(LOG[:-1], out, StreamSettings(period="1m", lateness=lateness), finished=False)
        assert len(stream.periods) == periods
        early = last.with_columns(pl.col("timestamp") - MINUTE)
        assert prepare(early, out, append=True, finished=False).manifest["rows"]["late"] == late


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"periods": 3}, "cut into 3 periods of equal count"),
        ({"period": "1m", "negatives": "paper"}, "drawn from all items of a finished log"),
    ],
)
def test_rows_cannot_follow_where_they_would_change_the_past(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    prepare(LOG, tmp_path / "s", StreamSettings(**changes))
    with pytest.raises(ConfigError, match=said):
        prepare(LOG, tmp_path / "s", append=True)


def test_later_rows_agree_with_the_first_ones(tmp_path: Path) -> None:
    labelled = LOG.with_columns(label=pl.Series([0, 1] * 30))
    prepare(LOG, tmp_path / "implicit", StreamSettings(period="1m"))
    prepare(labelled, tmp_path / "explicit", StreamSettings(period="1m"))
    with pytest.raises(DataError, match="labels that are 0"):
        prepare(labelled, tmp_path / "implicit", append=True)
    with pytest.raises(DataError, match="have no labels"):
        prepare(LOG, tmp_path / "explicit", append=True)
    with pytest.raises(ConfigError, match=r"history is 3, but .* was prepared with 30"):
        prepare(LOG, tmp_path / "implicit", StreamSettings(period="1m", history=3), append=True)


@pytest.mark.parametrize("writes", [0, 5, 9, 12])
def test_an_append_that_fails_leaves_the_folder_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    chosen = StreamSettings(period="1m", exclude="had", item_fields=("price",))
    for name in ("s", "expected"):
        prepare(LOG[:40], tmp_path / name, chosen, finished=False)
    before, written = Stream.open(tmp_path / "s"), list[Path]()

    def failing(write: Any) -> Any:
        def maybe(path: Path, content: Any) -> str:
            if len(written) == writes:
                raise OutputError(f"cannot write {path}: No space left on device.")
            written.append(path)
            return str(write(path, content))

        return maybe

    with monkeypatch.context() as patch:
        for name in ("write_bytes", "write_arrays"):
            patch.setattr(folder_step, name, failing(getattr(folder_step, name)))
        with pytest.raises(OutputError, match="No space left"):
            prepare(LOG[40:], tmp_path / "s", append=True)
    assert_same(Stream.open(tmp_path / "s"), before)
    for name in ("s", "expected"):
        prepare(LOG[40:], tmp_path / name, append=True)
    assert bytes_of(tmp_path / "s") == bytes_of(tmp_path / "expected")


def test_files_that_no_manifest_names_are_removed_by_the_next_append(tmp_path: Path) -> None:
    out = tmp_path / "s"
    prepare(LOG[:30], out, StreamSettings(period="1m"), finished=False)
    (out / "period_00099_samples.parquet").write_bytes(b"left by a process that was killed")
    (out / "notes.txt").write_text("mine")
    for part in (LOG[30:40], LOG[40:50], LOG[50:]):
        prepare(part, out, append=True, finished=False)
    named = json.loads((out / "manifest.json").read_bytes())["files"]
    left = {file.name for file in out.iterdir()} - {*named, "manifest.json", "notes.txt", ".lock"}
    # Only what the last append replaced is still there, for those who have just read the manifest before it.
    assert left
    assert all(name.startswith(("newest_", "step_", "values_", "index_")) for name in left)
    assert (out / "notes.txt").read_text() == "mine"


def test_one_process_at_a_time_adds_rows(tmp_path: Path) -> None:
    prepare(LOG[:30], tmp_path / "s", StreamSettings(period="1m"))
    before = bytes_of(tmp_path / "s")
    with locked(tmp_path / "s"), pytest.raises(OutputError, match="another process"):
        prepare(LOG[30:], tmp_path / "s", append=True)
    assert bytes_of(tmp_path / "s") == before
