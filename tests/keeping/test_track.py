"""What a store serves, what it keeps, and what it refuses."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from freshrec.data import StreamSettings
from freshrec.errors import ConfigError, CorruptError, OutputError
from freshrec.keeping import Gate, Track, TrackSettings
from freshrec.keeping.gate import rank_correlation
from freshrec.serving import read_version
from freshrec.settings import SettingsError

from .logs import DATA, OPEN, PERIODS, PRETRAIN, growing_log, small_track


@pytest.fixture
def track(tmp_path: Path) -> Track:
    return small_track(tmp_path / "store", keep=3)


def test_every_period_is_published_and_the_newest_is_served(track: Track) -> None:
    entries = track.commit.entries
    assert [entry.period for entry in entries] == list(range(1, PERIODS + 1))
    assert [entry.version for entry in entries] == [None] * PRETRAIN + list(range(PRETRAIN, PERIODS))
    assert track.versions() == [7, 8, 9]  # the newest three
    pointer = track.serving
    assert pointer is not None
    assert (pointer.version, pointer.period, pointer.pinned) == (9, 9, False)
    assert all(entry.scores["auc"] is not None for entry in entries[PRETRAIN:])


def test_nothing_new_changes_no_byte(track: Track) -> None:
    before = contents(track.folder)
    assert Track.open(track.folder).advance() == []
    assert contents(track.folder) == before


def test_a_store_made_again_is_the_same_and_one_of_other_settings_is_refused(track: Track) -> None:
    before = contents(track.folder)
    small_track(track.folder, keep=3)
    assert contents(track.folder) == before
    with pytest.raises(OutputError, match="store of other settings"):
        small_track(track.folder, keep=3, seed=1)


def test_a_folder_of_something_else_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"holds notes\.txt and is no store"):
        small_track(tmp_path / "mine")
    with pytest.raises(CorruptError, match=r"no store: it has no store\.json"):
        Track.open(tmp_path / "mine")


def test_going_back_a_version_lasts_until_the_next_and_pinned_for_good(track: Track) -> None:
    rows: dict[str, list[Any]] = {"user": ["u1", "u2", "u3"], "item": [1, 2, 3]}
    by = {version: track.scorer(version).score(rows) for version in (8, 9)}
    assert (by[8] != by[9]).any()
    track.rollback(8)
    np.testing.assert_array_equal(track.scorer().score(rows), by[8])
    assert Track.open(track.folder).advance() == []
    assert track.serving is not None and track.serving.version == 8  # noqa: PT018
    track.rollback(7, pinned=True)
    assert track.serving.pinned
    assert track.unpin().version == 9
    with pytest.raises(ConfigError, match=r"no version 3 .* it has \[7, 8, 9\]"):
        track.rollback(3)
    with pytest.raises(ConfigError, match="no version 3"):
        track.scorer(3)


def test_a_pinned_version_stays_when_others_are_published(tmp_path: Path) -> None:
    """Also where it is older than those that are kept."""
    track = small_track(tmp_path / "store", keep=1, pretrain=PRETRAIN)
    assert track.versions() == [9]
    # A store that stands at period 5, with period 4 pinned, goes on.
    earlier = small_track_until(tmp_path / "earlier", 5, keep=1)
    assert earlier.versions() == [5]
    earlier.rollback(5, pinned=True)
    with_all_periods(earlier, track)
    assert len(earlier.advance()) == PERIODS - 5
    assert earlier.serving is not None and earlier.serving.version == 5  # noqa: PT018
    assert earlier.versions() == [5, 9]


def test_a_period_of_another_size_is_refused_and_not_learned(tmp_path: Path) -> None:
    """The one before serves on, and the next period goes on from the state before."""
    gate = OPEN.model_copy(update={"size": 1.0})  # no two periods have the same number of samples
    track = small_track(tmp_path / "store", gate=gate)
    refused = [entry for entry in track.commit.entries if entry.decision == "refused"]
    assert refused
    assert all("the median of the last" in entry.reason for entry in refused)
    learned = track.commit.learned
    assert learned == max(entry.period for entry in track.commit.entries if entry.decision == "published")
    assert track.serving is not None and track.serving.version == learned  # noqa: PT018
    versions = {entry.version for entry in track.commit.entries if entry.period > learned + 1}
    assert versions <= {learned}


def test_a_spoilt_model_is_refused_and_put_beside(tmp_path: Path) -> None:
    track = small_track(tmp_path / "store", gate=Gate(correlation=1.0, size=10))
    entry = track.commit.entries[PRETRAIN]
    assert entry.decision == "refused"
    assert entry.reason
    assert track.versions() == [PRETRAIN]
    refused = track.folder / "serving" / f"{PRETRAIN + 1:08d}-refused"
    assert read_version(refused).number == PRETRAIN + 1


def test_what_the_gate_refuses() -> None:
    rng = np.random.default_rng(0)
    served = rng.normal(size=1000).astype(np.float32)
    gate = Gate()
    assert gate.problem_of_scores(served, served) is None
    assert gate.problem_of_scores((1.5 * served + 0.3).astype(np.float32), served) is None
    for new, words in (
        (3 * served, "spread 3.00 times"),
        (0.2 * served, "spread 0.20 times"),
        (served + 5, "mean logit moved by"),
        (-served, "rank correlation with the served model is -1.00"),
        (np.where(served > 2, np.nan, served), "not finite"),
    ):
        problem = gate.problem_of_scores(new.astype(np.float32), served)
        assert problem is not None
        assert words in problem
    constant = np.full(3, 1.540378, np.float32)
    assert gate.problem_of_scores(served[:3], constant) is None
    assert "spread 0.00 times" in str(gate.problem_of_scores(constant, served[:3]))
    assert gate.problem_of_size(100, [90, 100, 110]) is None
    assert gate.problem_of_size(100, [10, 10]) is None  # too few periods to tell
    assert gate.problem_of_size(0, []) == "the period is empty"
    assert "times as many" in str(gate.problem_of_size(221, [90, 100, 110, 110]))
    assert "times as few" in str(gate.problem_of_size(45, [90, 100, 110]))
    assert gate.problem_of_size(45, [1000] * 5 + [40] * 7) is None  # the last seven count


def test_rank_correlation_is_that_of_spearman() -> None:
    """Ties share their rank: Spearman's formula on ranks by hand."""
    one, other = np.array([1, 2, 2, 4], np.float32), np.array([10, 30, 20, 40], np.float32)
    assert rank_correlation(one, other) == pytest.approx(0.9486832980505138)
    assert rank_correlation(one, np.zeros(4, np.float32)) == 0


@pytest.mark.parametrize("name", ["state/checkpoint.json", "store.json", "stream/manifest.json", "serving/CURRENT"])
def test_a_changed_record_is_noticed(track: Track, name: str) -> None:
    path = track.folder / name
    path.write_bytes(path.read_bytes().replace(b"9", b"8", 1)[:-3])
    with pytest.raises(CorruptError):
        Track.open(track.folder).verify()
        Track.open(track.folder).advance()


def test_verify_reads_every_file(track: Track) -> None:
    assert track.verify() == PERIODS + 3
    for path in [*(track.folder / "serving").rglob("*.safetensors"), *(track.folder / "stream").glob("*samples*")]:
        data = path.read_bytes()
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        with pytest.raises(CorruptError, match=path.name):
            track.verify()
        path.write_bytes(data)
    assert track.verify() == PERIODS + 3


def test_a_stream_whose_ids_moved_is_refused(track: Track, tmp_path: Path) -> None:
    """A row that came late, and the stream made anew: the state would go on with each user in another's row."""
    late = growing_log().with_columns(user=growing_log()["user"].replace("u1", "u0"))
    other = Track.create(tmp_path / "other", late, DATA, track.settings)
    with_all_periods(track, other)
    with pytest.raises(CorruptError, match="is not the one that the state has learned"):
        Track.open(track.folder).advance()


def test_a_stream_that_lacks_learned_periods_is_refused(track: Track, tmp_path: Path) -> None:
    shorter = small_track_until(tmp_path / "shorter", 5, keep=3)
    with_all_periods(track, shorter)
    for look in (Track.open(track.folder).verify, Track.open(track.folder).advance):
        with pytest.raises(CorruptError, match=r"period 6 of .* is not the one that the state has learned"):
            look()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"periods": 5}, "a store goes on. Give the length of a period"),
        ({"period": "1d", "negatives": "paper"}, "items of the future"),
    ],
)
def test_streams_that_a_store_cannot_keep(tmp_path: Path, settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Track.create(tmp_path / "store", growing_log(), StreamSettings(**settings), TrackSettings(method="iu"))


def test_settings_that_cannot_be_used() -> None:
    with pytest.raises(SettingsError, match="unknown method"):
        TrackSettings(method="rgs")
    with pytest.raises(SettingsError, match="hidden"):
        TrackSettings(method="rsg", settings={"hidden": 0})
    assert TrackSettings(method="iu", model="matrix-factorisation").base_model.__name__ == "MatrixFactorisation"


def contents(folder: Path) -> dict[str, bytes]:
    """All that counts in a store.

    Seconds differ from run to run, and stand in the record of the state alone. An older state that a crash has left is
    removed by the next commit.
    """
    found = {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    record = json.loads(found.pop("state/checkpoint.json"))["record"]
    for entry in record["content"]["entries"]:
        entry["seconds"] = sorted(entry["seconds"])
    named = {record["file"], *(each["file"] for each in record["own"].values())}
    left = {name for name in found if name.startswith("state/") and name.removeprefix("state/") not in named}
    return {name: data for name, data in found.items() if name not in left} | {
        "record": json.dumps(record, sort_keys=True).encode()
    }


def small_track_until(folder: Path, period: int, **settings: Any) -> Track:
    """A track whose stream has the first periods alone."""
    whole = small_track(folder.with_name(f"{folder.name}-whole"), **settings)
    times = [each.samples().timestamp for each in whole.stream.periods]
    last = int(times[period - 1].max()) // 10**6
    log = growing_log().filter(growing_log()["timestamp"] <= last)
    chosen = whole.settings
    return Track.create(folder, log, DATA, chosen)


def with_all_periods(track: Track, other: Track) -> None:
    """Give a store the stream of another one, which begins alike."""
    (track.folder / "stream").rename(track.folder / "before")
    (other.folder / "stream").rename(track.folder / "stream")
