from collections.abc import Callable
from pathlib import Path

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

    monkeypatch.setattr("freshrec.data.preparation.Preparation.samples", interrupted)
    stderr = run_command("prepare", "--data", shop_log, "--out", tmp_path / "made", code=130)[1]
    assert "Interrupted. Nothing was left in the folder; the same command starts again." in stderr
    assert not (tmp_path / "made").exists()
