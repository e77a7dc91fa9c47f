from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from freshrec.data import Stream, StreamSettings

Run = Callable[..., tuple[str, str]]


def test_it_is_one_call_of_prepare(tmp_path: Path, run_command: Run, shop_log: Path) -> None:
    out = tmp_path / "made"
    cut = ("--periods", 4, "--history", 5, "--item-field", "colour")
    drawn = ("--seed", 9, "--negatives-per-positive", 2)
    stdout, stderr = run_command("prepare", "--data", shop_log, "--out", out, *cut, *drawn)
    settings = StreamSettings(
        name="shop", periods=4, item_fields=("colour",), history=5, seed=9, negatives_per_positive=2
    )
    stream = Stream.open(out)
    assert stream.hash == Stream.from_frame(shop_log, settings).hash
    samples = sum(period.size for period in stream.periods)
    assert stdout.splitlines()[0] == (
        f"{out} holds 4 periods with {samples:,} samples of 480 interactions. "
        "Of 480 rows, 0 were duplicates, 0 filtered out and 0 set aside as malformed."
    )
    assert "[4/4] prepared" in stderr


def test_it_says_whose_labels_the_log_has(tmp_path: Path, run_command: Run, shop_log: Path) -> None:
    stdout, stderr = run_command("prepare", "--data", shop_log, "--out", tmp_path / "made", "--periods", 4)
    assert "Labels: implicit; every row is a positive, and negatives are drawn." in stdout.splitlines()
    assert "Note:" not in stderr


CLICKS = "\n".join(
    f"u{row % 6},i{row * 7 % 9},{1_704_067_200 + 43_200 * row},{row % 3 // 2},{row % 2}" for row in range(60)
)


@pytest.fixture
def clicks(tmp_path: Path) -> Path:
    """A log with a column of clicks that no setting names, and one that is called label and holds ratings."""
    path = tmp_path / "clicks.csv"
    path.write_text(f"user,item,timestamp,click,mobile\n{CLICKS}\n")
    return path


def test_a_column_of_clicks_that_is_not_used_is_noted(tmp_path: Path, run_command: Run, clicks: Path) -> None:
    stdout, stderr = run_command("prepare", "--data", clicks, "--out", tmp_path / "a", "--periods", 6)
    assert "Labels: implicit;" in stdout
    notes = [line for line in stderr.splitlines() if line.startswith("Note:")]
    assert notes == [
        f"Note: every row is taken as a positive, and column {name!r}, whose values can be labels, is not used. If it "
        f"says which rows were clicked or liked, prepare again with --label-column {name}."
        for name in ("click", "mobile")
    ]
    named = ("--label-column", "click")
    stdout, stderr = run_command("prepare", "--data", clicks, "--out", tmp_path / "b", "--periods", 6, *named)
    assert "Labels: explicit; positives and negatives are those of the log." in stdout.splitlines()
    assert "Note:" not in stderr
    assert "Note:" not in run_command("prepare", "--data", clicks, "--out", tmp_path / "d", "--no-labels")[1]
    used = ("--user-field", "mobile", "--item-field", "click")
    assert "Note:" not in run_command("prepare", "--data", clicks, "--out", tmp_path / "c", "--periods", 6, *used)[1]


def test_compare_notes_it_too(tmp_path: Path, run_command: Run, clicks: Path) -> None:
    clicks.write_text(clicks.read_text().replace(",mobile", ",x"))
    stderr = run_command("compare", "--data", clicks, "--out", tmp_path / "out", "--periods", 6, "--methods", "iu")[1]
    assert "column 'click', whose values can be labels, is not used" in stderr


def test_ratings_are_refused_with_a_way_out_and_taken_without_labels(
    tmp_path: Path, run_command: Run, clicks: Path
) -> None:
    rated = clicks.with_name("rated.csv")
    lines = [f"{line},{1 + row % 5}" for row, line in enumerate(CLICKS.splitlines())]
    rated.write_text("\n".join(("user,item,timestamp,a,b,label", *lines, "")))
    command = ("prepare", "--data", rated, "--out", tmp_path / "made", "--periods", 6)
    assert "take every row as a positive with label_column = None (--no-labels)." in run_command(*command, code=2)[1]
    stdout, _ = run_command(*command, "--no-labels")
    assert "Labels: implicit;" in stdout
    config = tmp_path / "settings.toml"
    config.write_text("[data]\nlabel_column = false\nperiods = 6\n")
    run_command("prepare", "--data", rated, "--out", tmp_path / "other", "--config", config)
    assert Stream.open(tmp_path / "other").hash == Stream.open(tmp_path / "made").hash


def test_two_ways_to_cut_are_refused_and_one_replaces_that_of_a_data_set(tmp_path: Path, run_command: Run) -> None:
    command = ("prepare", "impressions", "--path", tmp_path / "log.csv", "--out", tmp_path / "made")
    rows = "\n".join(f"u{row % 5},i{row % 7},{1_704_067_200 + 43_200 * row},{row % 2},a,b" for row in range(60))
    (tmp_path / "log.csv").write_text(f"user,item,timestamp,click,item_category,user_segment\n{rows}\n")
    stderr = run_command(*command, "--periods", 12, "--period", "1d", code=2)[1]
    assert "periods is 12 and period is '1d': a log is cut in one way." in stderr
    run_command(*command, "--periods", 12)
    assert len(Stream.open(tmp_path / "made").periods) == 12


def test_a_config_file_serves_and_options_win(tmp_path: Path, run_command: Run, shop_log: Path) -> None:
    config = tmp_path / "settings.toml"
    config.write_text('runs = 3\n[data]\nperiods = 5\nhistory = 7\nname = "corner"\n')
    run_command("prepare", "--data", shop_log, "--out", tmp_path / "made", "--config", config, "--periods", 2)
    stream = Stream.open(tmp_path / "made")
    assert (stream.name, len(stream.periods), stream.schema.history) == ("corner", 2, 7)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--periods", 0), "data.periods is 0"),
        (("--negatives", "some"), "'causal' or 'paper'"),
        (("--item-field", "color"), "no column 'color'; it has"),
        (("--min-item-count", 2), "min_item_count is 2"),
    ],
)
def test_what_cannot_be_used_is_said_and_nothing_is_made(
    tmp_path: Path, options: tuple[object, ...], expected: str, run_command: Run, shop_log: Path
) -> None:
    stdout, stderr = run_command("prepare", "--data", shop_log, "--out", tmp_path / "made", *options, code=2)
    assert stdout == ""
    assert "Traceback" not in stderr
    assert expected in stderr[stderr.index("Error: ") :]
    assert not (tmp_path / "made").exists()


def test_all_faults_of_a_file_are_told_with_their_paths(tmp_path: Path, run_command: Run, shop_log: Path) -> None:
    config = tmp_path / "settings.toml"
    config.write_text('[data]\nperiods = 0\nnegativs = "paper"\n')
    stderr = run_command("prepare", "--data", shop_log, "--out", tmp_path / "made", "--config", config, code=2)[1]
    first, *faults = stderr.splitlines()
    assert first == "Error: settings cannot be used, for 2 reasons:"
    assert [fault.split(":")[0] for fault in faults] == ["  data.periods is 0", "  data.negativs is 'paper'"]
    assert not (tmp_path / "made").exists()


def test_a_prepared_folder_is_not_prepared_again(tmp_path: Path, run_command: Run, shop_log: Path) -> None:
    run_command("prepare", "--data", shop_log, "--out", tmp_path / "made", "--periods", 2)
    stderr = run_command("prepare", "--data", tmp_path / "made", "--out", tmp_path / "other", code=2)[1]
    assert "is prepared already. Give a raw log" in stderr


def test_ctrl_c_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_command: Run, shop_log: Path
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("freshrec.data.preparation.Preparation.period", interrupted)
    stderr = run_command("prepare", "--data", shop_log, "--out", tmp_path / "made", code=130)[1]
    assert "Interrupted. Nothing was left in the folder; the same command starts again." in stderr
    assert not (tmp_path / "made").exists()


def test_rows_of_further_days_are_added(tmp_path: Path, run_command: Run) -> None:
    rows = range(200)
    log = pl.DataFrame(
        {
            "user": [f"u{row % 7}" for row in rows],
            "item": [row * 3 % 11 for row in rows],
            "timestamp": [1_704_067_200 + 1800 * row for row in rows],
        }
    )
    for name, part in (("mon", log[:90]), ("tue", log[90:150]), ("wed", log[150:])):
        part.write_csv(tmp_path / f"{name}.csv")
    out, once = tmp_path / "made", tmp_path / "once"
    stdout = run_command("prepare", "--data", tmp_path / "mon.csv", "--period", "1d", "--open", "--out", out)[0]
    assert "Step 1: 90 new rows and 0 that had waited. Used: 48; duplicates: 0; late: 0; waiting: 42." in stdout
    stdout = run_command("prepare", "--data", tmp_path / "tue.csv", "--append", "--open", "--out", out)[0]
    assert "Step 2: 60 new rows and 42 that had waited. Used: 96; duplicates: 0; late: 0; waiting: 6." in stdout
    stderr = run_command("prepare", "--data", tmp_path / "wed.csv", "--append", "--out", out, "--history", 5, code=2)[1]
    assert "history is 5, but" in stderr
    assert "was prepared with 30. Leave it out" in stderr
    run_command("prepare", "--data", tmp_path / "wed.csv", "--append", "--out", out)
    run_command("prepare", "--data", tmp_path / "*.csv", "--period", "1d", "--out", once)
    # The names of logs differ, and nothing else.
    digests = [[period["digest"] for period in Stream.open(each).manifest["periods"]] for each in (out, once)]
    assert digests[0] == digests[1]
    stderr = run_command("prepare", "--data", tmp_path / "wed.csv", "--append", "--out", tmp_path / "none", code=2)[1]
    assert "none does not exist" in stderr


def test_nothing_is_added_to_shares_of_a_finished_log(tmp_path: Path, run_command: Run, shop_log: Path) -> None:
    run_command("prepare", "--data", shop_log, "--periods", 3, "--out", tmp_path / "made")
    before = {file.name: file.read_bytes() for file in (tmp_path / "made").iterdir()}
    stderr = run_command("prepare", "--data", shop_log, "--append", "--out", tmp_path / "made", code=2)[1]
    assert "the stream was cut into 3 periods of equal count of a finished log" in stderr
    after = {file.name: file.read_bytes() for file in (tmp_path / "made").iterdir() if file.name != ".lock"}
    assert after == before
