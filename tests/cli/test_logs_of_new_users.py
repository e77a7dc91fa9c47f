"""Logs as people bring them, each prepared with the command that they type first."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from freshrec.data import Stream

Run = Callable[..., tuple[str, str]]

START = datetime(2024, 1, 1, tzinfo=UTC)
TIMES = [START + timedelta(hours=12 * row) for row in range(60)]
SECONDS = [str(int(time.timestamp())) for time in TIMES]
ITEMS = [0, 1, 4, 1, 8, 8, 2, 6, 3, 3, 4, 7] * 5


def written(path: Path, times: list[str], delimiter: str = ",", end: str = "\n") -> Path:
    """A log of 60 rows of 6 users, two a day."""
    rows = [["user", "item", "timestamp"]]
    rows += [[f"u{row % 6}", f"i{ITEMS[row]}", time] for row, time in enumerate(times)]
    path.write_text("".join(delimiter.join(row) + end for row in rows), newline="")
    return path


def micros(stream: Stream) -> set[int]:
    """All times of a stream."""
    return {int(time) for period in stream.periods for time in period.samples().timestamp}


@pytest.mark.parametrize(
    ("written_as", "form"),
    [
        ("%Y%m%d", "YYYYMMDD"),
        ("%y%m%d%H", "YYMMDDHH"),
        ("%Y%m%d%H%M%S", "YYYYMMDDHHMMSS"),
        ("%Y-%m-%d %H:%M:%S UTC", "ISO 8601"),
        ("%Y/%m/%d %H:%M:%S", "ISO 8601"),
        ("%Y%m%dT%H%M%S", "ISO 8601"),
    ],
)
def test_days_are_days_in_every_form_of_times(tmp_path: Path, run_command: Run, written_as: str, form: str) -> None:
    log = written(tmp_path / "log.csv", [time.strftime(written_as) for time in TIMES])
    stdout = run_command("prepare", "--data", log, "--period", "1d", "--out", tmp_path / "out")[0]
    stream = Stream.open(tmp_path / "out")
    assert len(stream.periods) == 30
    whole = [time.replace(hour=0) if written_as == "%Y%m%d" else time for time in TIMES]
    assert micros(stream) == {int(time.timestamp()) * 10**6 for time in whole}
    assert f"Read as CSV with ',' between cells; times as {form}." in stdout
    assert f"2024-01-01 00:00 to {whole[-1]:%Y-%m-%d %H:%M} UTC" in stdout
    assert stream.manifest["inferred"]["time"] == {
        "form": form,
        "first": "2024-01-01T00:00:00+00:00",
        "last": whole[-1].isoformat(),
    }


def test_excel_days_are_refused_with_both_readings_and_read_when_named(tmp_path: Path, run_command: Run) -> None:
    log = written(tmp_path / "log.csv", [str(45292 + row / 2) for row in range(60)])
    command = ("prepare", "--data", log, "--period", "1d", "--out", tmp_path / "out")
    stderr = run_command(*command, code=2)[1]
    assert "as seconds since 1970, 1970-01-01 12:34:52 to 1970-01-01 12:35:21" in stderr
    assert "as Excel's serial days, 2024-01-01 00:00:00 to 2024-01-30 12:00:00" in stderr
    run_command(*command, "--time-unit", "excel")
    assert micros(Stream.open(tmp_path / "out")) == {int(time.timestamp()) * 10**6 for time in TIMES}


def test_the_same_times_are_one_stream_in_every_form(tmp_path: Path) -> None:
    hashes = set()
    for number, form in enumerate(("%Y%m%d%H%M%S", "%Y-%m-%d %H:%M:%S UTC", "%s")):
        times = [time.strftime(form) if form != "%s" else str(int(time.timestamp())) for time in TIMES]
        hashes.add(Stream.from_frame(written(tmp_path / f"{number}.csv", times), periods=6).hash)
    assert len(hashes) == 1


@pytest.mark.parametrize(
    ("name", "delimiter", "end", "shown"),
    [
        ("log.csv", ";", "\n", "';'"),
        ("log.csv", "|", "\r\n", "'|'"),
        ("log.tsv", "\t", "\n", "a tab"),
        ("log.csv", ",", "\r", "','"),
        ("log.txt", ";", "\r", "';'"),
    ],
)
def test_any_delimiter_and_line_end(
    tmp_path: Path, run_command: Run, name: str, delimiter: str, end: str, shown: str
) -> None:
    log = written(tmp_path / name, SECONDS, delimiter, end)
    stdout = run_command("prepare", "--data", log, "--periods", 6, "--out", tmp_path / "out")[0]
    assert "Of 60 rows, 0 were duplicates, 0 filtered out and 0 set aside" in " ".join(stdout.split())
    assert f"Read as CSV with {shown} between cells; times as s." in stdout
    assert micros(Stream.open(tmp_path / "out")) == {int(time.timestamp()) * 10**6 for time in TIMES}


def test_a_delimiter_that_is_not_found_is_asked_for_and_used(tmp_path: Path, run_command: Run) -> None:
    log = written(tmp_path / "log.csv", SECONDS, "^")
    command = ("prepare", "--data", log, "--periods", 6, "--out", tmp_path / "out")
    stderr = run_command(*command, code=2)[1]
    assert "it has 'user^item^timestamp'. Name the character between columns with the setting delimiter" in stderr
    run_command(*command, "--delimiter", "^")
    assert len(Stream.open(tmp_path / "out").periods) == 6


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    """A folder of two Parquet files, as Spark writes them."""
    log = pl.read_csv(written(tmp_path / "log.csv", SECONDS))
    folder = tmp_path / "log"
    folder.mkdir()
    for number in range(2):
        log[number::2].write_parquet(folder / f"part-{number:05}.parquet")
    (folder / "_SUCCESS").touch()
    return folder


def test_a_folder_of_parts_is_read_in_every_way_to_name_it(tmp_path: Path, run_command: Run, parts: Path) -> None:
    one, two = sorted(parts.glob("*.parquet"))
    ways: list[tuple[object, ...]] = [
        ("--data", parts),
        ("--data", f"{parts}/*.parquet"),
        ("--data", f"{parts}/"),
        ("--data", one, "--data", two),
        ("--data", one, two),  # a shell makes this of --data log/*.parquet
    ]
    named = tmp_path / "named.toml"
    named.write_text('[data]\nname = "log"\nperiods = 6\n')
    expected = Stream.from_frame(tmp_path / "log.csv", name="log", periods=6)
    for number, way in enumerate(ways):
        stdout = run_command("prepare", *way, "--config", named, "--out", tmp_path / str(number))[0]
        assert "Read as 2 files of Parquet; times as s." in stdout
        assert Stream.open(tmp_path / str(number)).hash == expected.hash
    lazy = Stream.from_frame(pl.scan_parquet(parts / "*.parquet"), name="log", periods=6)
    assert lazy.hash == expected.hash


def test_a_comparison_reads_parts_and_continues_with_them(tmp_path: Path, run_command: Run, parts: Path) -> None:
    one, two = sorted(parts.glob("*.parquet"))
    command = ("compare", "--methods", "iu", "--periods", 6, "--out", tmp_path / "out", "--data")
    run_command(*command, parts)
    run_command(*command, one, two)
    other = run_command(*command, one, code=2)[1]
    assert "differs in its source" in other


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--data", "empty"), "holds no data files, but nothing. Give a Parquet"),
        (("--data", "none"), "none does not exist. Give a Parquet"),
        (("--data", "log/*.csv"), "no data file matches log/*.csv"),
        (("--data", "s3://bucket/log.parquet"), "s3://bucket/log.parquet is a remote address (s3)"),
        (("--data", "x" * 300), "File name too long"),
        (("--data", "log", "movielens-1m"), "both DATASET (movielens-1m) and --data (log) are given"),
        (("log/part-00000.parquet",), "write --data log/part-00000.parquet"),
        (("a", "b"), "2 names are given as DATASET: a, b. Give one; for files, write --data before them."),
        (("--data", "log", "--delimiter", ";"), "which is Parquet. Leave it out: only CSV has a delimiter."),
        (("--data", "log", "--delimiter", ";;"), "data.delimiter is ';;': expected one character"),
    ],
)
def test_what_is_no_log_is_explained(
    tmp_path: Path,
    run_command: Run,
    parts: Path,
    given: tuple[str, ...],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    for command in (("prepare", "--out", "out"), ("compare", "--out", "out", "--methods", "iu")):
        stderr = run_command(*command, *given, code=2)[1]
        assert said in stderr[stderr.index("Error: ") :]
        assert "manifest.json" not in stderr
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("cells", "options"),
    [
        (["1", "2", "3", "4", "5"], ("--positive-from", "4")),
        (["no", "no", "no", "yes", "yes"], ()),
        (["view", "view", "view", "click", "click"], ()),
    ],
)
def test_labels_are_read_from_ratings_and_words(
    tmp_path: Path, run_command: Run, cells: list[str], options: tuple[str, ...]
) -> None:
    log = pl.read_csv(written(tmp_path / "log.csv", SECONDS)).with_columns(label=pl.Series(cells * 12))
    log.write_csv(tmp_path / "log.csv")
    command = ("prepare", "--data", tmp_path / "log.csv", "--periods", 6, "--out", tmp_path / "out")
    stdout = run_command(*command, *options)[0]
    assert "Labels: explicit" in stdout
    assert sum(period["positives"] for period in Stream.open(tmp_path / "out").manifest["periods"]) == 24
