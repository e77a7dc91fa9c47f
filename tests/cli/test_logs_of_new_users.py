"""Logs as people bring them, each prepared with the command that they type first."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from freshrec.data import Stream

Run = Callable[..., tuple[str, str]]

START = datetime(2024, 1, 1, tzinfo=UTC)
TIMES = [START + timedelta(hours=12 * row) for row in range(60)]
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
    assert f"Times were read as {form}." in stdout
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
