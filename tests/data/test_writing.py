import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshrec.data import Stream, StreamSettings, prepare
from freshrec.errors import CorruptError, DataError, FreshrecError, OutputError
from freshrec.files import write_bytes

from .data_logs import assert_same, content, steady

LOG = steady().with_columns(
    tags=pl.concat_list(pl.col("kind").cast(pl.String), pl.col("item").cast(pl.String)),
    city=pl.when(pl.col("user") > 3).then(pl.col("user")),
)
SETTINGS = StreamSettings(periods=4, item_fields=("tags", "kind"), user_fields=("city",))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("prepared") / "stream"
    prepare(LOG, path, SETTINGS)
    return path


def copy(folder: Path, to: Path) -> Path:
    to.mkdir()
    for file in folder.iterdir():
        (to / file.name).write_bytes(file.read_bytes())
    return to


def use_all(path: Path) -> Stream:
    stream = Stream.open(path)
    for period in stream.periods:
        period.samples()
    return stream


def test_a_prepared_stream_is_the_one_in_memory(folder: Path, tmp_path: Path) -> None:
    memory = Stream.from_frame(LOG, SETTINGS)
    assert_same(Stream.open(folder), memory)
    assert_same(
        Stream.open(str(folder)),
        prepare(LOG.sample(fraction=1, shuffle=True, seed=1), tmp_path / "s", SETTINGS),
    )
    described = Stream.open(folder).manifest
    assert {name: described[name] for name in memory.manifest} == memory.manifest
    assert set(described) - set(memory.manifest) == {"files", "seal", "state"}


def test_the_folder_holds_what_the_manifest_says(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    assert {file.name for file in folder.iterdir()} == {"manifest.json", *manifest["files"]}
    assert manifest["settings"] == {**SETTINGS.model_dump(mode="json"), "exclude": "now"}
    assert pl.read_parquet(folder / "period_00002_samples.parquet").height == manifest["periods"][1]["size"]
    assert str(folder.parent) not in (folder / "manifest.json").read_text()


def test_preparing_twice_writes_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    prepare(LOG, tmp_path / "again", SETTINGS)
    for file in folder.iterdir():
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes()


def test_malformed_rows_are_kept_beside_the_stream(tmp_path: Path) -> None:
    bad = LOG[:1].with_columns(timestamp=pl.lit(-3, pl.Int64))
    prepare(pl.concat([LOG, bad]), tmp_path / "s", SETTINGS)
    kept = pl.read_parquet(tmp_path / "s" / "step_00001_quarantine.parquet")
    assert kept.rows(named=True) == [
        {"row": 201, "column": "timestamp", "reason": "time is before 1970", "cell": "-3", "file": None}
    ]


FILES = [
    "manifest.json",
    "values_00001_00001.arrow",
    "index_00001_00001.safetensors",
    "period_00003_samples.parquet",
    "period_00003_positives.safetensors",
]


@pytest.mark.parametrize("harm", ["truncate", "flip", "append", "delete", "empty", "swap"])
@pytest.mark.parametrize("name", FILES)
def test_damage_is_found_before_anything_is_used(folder: Path, tmp_path: Path, name: str, harm: str) -> None:
    file = copy(folder, tmp_path / "s") / name
    data = file.read_bytes()
    middle = len(data) // 2
    match harm:
        case "truncate":
            file.write_bytes(data[:middle])
        case "flip":
            file.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
        case "append":
            file.write_bytes(data + b"x")
        case "empty":
            file.write_bytes(b"")
        case "swap":
            file.write_bytes((folder / "step_00001_quarantine.parquet").read_bytes())
        case _:
            file.unlink()
    kind = DataError if (name, harm) == ("manifest.json", "delete") else CorruptError
    with pytest.raises(kind, match=rf"{file.name}|has no manifest"):
        use_all(tmp_path / "s")


def test_periods_that_changed_places_are_found(folder: Path, tmp_path: Path) -> None:
    path = copy(folder, tmp_path / "s")
    one, two = path / "period_00001_samples.parquet", path / "period_00002_samples.parquet"
    data = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(data)
    with pytest.raises(CorruptError, match="period_00001_samples"):
        Stream.open(path).periods[0].samples()


@given(st.data())
@settings(max_examples=150)
def test_no_flipped_byte_of_the_manifest_goes_unnoticed(folder: Path, data: st.DataObject) -> None:
    file, whole = folder / "manifest.json", Stream.open(folder)
    original = file.read_bytes()
    place = data.draw(st.integers(0, len(original) - 1))
    changed = bytearray(original)
    changed[place] ^= data.draw(st.integers(1, 255))
    try:
        file.write_bytes(changed)
        harmed = use_all(folder)
    except FreshrecError:
        return
    finally:
        file.write_bytes(original)
    assert harmed.hash == whole.hash
    assert [content(p.samples()) for p in harmed.periods] == [content(p.samples()) for p in whole.periods]


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        (None, "has no manifest.json. Give a folder that `freshrec prepare` wrote"),
        ("[]", "is not the manifest of a prepared stream"),
        ('{"format": "something"}', "is not the manifest of a prepared stream"),
        ('{"format": "freshrec-stream-99"}', "has format 'freshrec-stream-99'; this freshrec reads"),
    ],
)
def test_another_folder_is_not_opened(tmp_path: Path, manifest: str | None, said: str) -> None:
    if manifest is not None:
        (tmp_path / "manifest.json").write_text(manifest)
    with pytest.raises(DataError) as raised:
        Stream.open(tmp_path)
    assert said in str(raised.value)


def test_a_path_that_is_no_folder_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError, match="file is not a folder"):
        Stream.open(tmp_path / "file")
    with pytest.raises(DataError, match="none does not exist"):
        Stream.open(tmp_path / "none")


def test_a_log_that_is_refused_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="too few for 900 periods"):
        prepare(LOG, tmp_path / "s", StreamSettings(periods=900))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("writes", range(8))
def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int) -> None:
    written: list[Path] = []

    def failing(path: Path, data: bytes) -> str:
        if len(written) == writes:
            raise OutputError(f"cannot write {path}: No space left on device.")
        written.append(path)
        return write_bytes(path, data)

    monkeypatch.setattr("freshrec.data.folder_step.write_bytes", failing)
    with pytest.raises(OutputError, match="No space left"):
        prepare(LOG, tmp_path / "s", SETTINGS)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_never_written_over(folder: Path) -> None:
    with pytest.raises(OutputError, match="exists already"):
        prepare(LOG, folder, SETTINGS)
    assert_same(Stream.open(folder), Stream.from_frame(LOG, SETTINGS))


def test_progress_is_told_of_every_period(tmp_path: Path) -> None:
    class Heard:
        def __init__(self) -> None:
            self.words: list[tuple[str, int, int]] = []

        def overall(self, text: str, done: int, total: int) -> None:
            self.words.append((text, done, total))

        def step(self, text: str, done: int, total: int) -> None:
            pass

    heard = Heard()
    prepare(LOG, tmp_path / "s", SETTINGS, heard)
    assert heard.words == [
        ("read the log", 0, 1),
        *((f"period {number}", number - 1, 4) for number in range(1, 5)),
        ("prepared", 4, 4),
    ]
