import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from freshrec.evaluation import read_results

Run = Callable[..., tuple[str, str]]

FAST = ("--methods", "iu", "--periods", 4)


def settings_of(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "config.json").read_text())["settings"]
    return found


def test_a_raw_log_becomes_a_report(tmp_path: Path, shop_log: Path, run_command: Run) -> None:
    out = tmp_path / "out"
    stdout, stderr = run_command("compare", "--data", shop_log, "--out", out, *FAST, "--runs", 2, "--seed", 5)
    assert stdout.endswith(f"Report: {out / 'report.html'}\n")
    assert "<!doctype html>" in (out / "report.html").read_text()
    results = read_results(out / "results.csv")
    assert {each.dataset for each in results} == {"shop"}
    assert {each.run for each in results} == {0, 1}
    assert "Method" in stdout
    assert "iu" in stdout
    assert "run 2/2" in stderr
    assert "run 2/2" not in stdout
    assert (settings_of(out)["runs"], settings_of(out)["seed"]) == (2, 5)


def test_started_again_it_goes_on_with_what_is_there(tmp_path: Path, shop_log: Path, run_command: Run) -> None:
    out = tmp_path / "out"
    first = run_command("compare", "--data", shop_log, "--out", out, *FAST)
    kept = (out / "results.csv").read_bytes()
    again = run_command("compare", "--data", shop_log, "--out", out, *FAST)
    assert again[0] == first[0]
    assert "read the log" in first[1]
    assert "read the log" not in again[1]
    assert (out / "results.csv").read_bytes() == kept


def test_a_prepared_folder_gives_the_same_scores(tmp_path: Path, shop_log: Path, run_command: Run) -> None:
    run_command("prepare", "--data", shop_log, "--out", tmp_path / "made", "--periods", 4)
    run_command("compare", "--data", tmp_path / "made", "--out", tmp_path / "one", "--methods", "iu")
    run_command("compare", "--data", shop_log, "--out", tmp_path / "two", *FAST)
    one, two = (read_results(tmp_path / name / "results.csv") for name in ("one", "two"))
    assert [each.scores for each in one] == [each.scores for each in two]


def test_options_win_over_the_config_file(tmp_path: Path, shop_log: Path, run_command: Run) -> None:
    config = tmp_path / "settings.toml"
    config.write_text('methods = ["iu"]\nruns = 2\ndim = 3\n[data]\nperiods = 4\n[base]\nepochs = 2\nbatch_size = 64\n')
    out = tmp_path / "out"
    options = ("--runs", 1, "--epochs", 3, "--learning-rate", 0.5)
    run_command("compare", "--data", shop_log, "--out", out, "--config", config, *options)
    settings = settings_of(out)
    assert (settings["methods"], settings["runs"], settings["dim"]) == (["iu"], 1, 3)
    given = {"learning_rate": 0.5, "epochs": 3, "batch_size": 64}
    assert settings["base"] == {"loss": "log", **given, "optimizer": "auto", "mixed": False}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--runs", 0, "--epochs", -1), ["for 2 reasons", "runs is 0", "base.epochs is -1"]),
        (("--methods", "iu, magic"), ["unknown method 'magic'"]),
        (("--periods", "two"), ["Invalid value for '--periods'"]),
        (("--periods", 2), ["the stream has 2 periods; at least 3"]),
        (("--item-column", "product"), ["no column 'product'"]),
    ],
)
def test_faults_are_told_without_a_traceback(
    tmp_path: Path, shop_log: Path, options: tuple[object, ...], expected: list[str], run_command: Run
) -> None:
    stdout, stderr = run_command("compare", "--data", shop_log, "--out", tmp_path / "out", *options, code=2)
    assert stdout == ""
    assert all(text in stderr for text in expected)
    assert "Traceback" not in stderr


def test_a_folder_of_other_settings_is_refused(tmp_path: Path, shop_log: Path, run_command: Run) -> None:
    out = tmp_path / "out"
    run_command("compare", "--data", shop_log, "--out", out, *FAST)
    assert (
        "differs in settings" in run_command("compare", "--data", shop_log, "--out", out, *FAST, "--seed", 1, code=2)[1]
    )
    assert (
        "differs in history"
        in run_command("compare", "--data", shop_log, "--out", out, *FAST, "--history", 1, code=2)[1]
    )


def test_ctrl_c_says_that_the_same_command_continues_and_it_does(
    tmp_path: Path, shop_log: Path, monkeypatch: pytest.MonkeyPatch, run_command: Run
) -> None:
    from freshrec.updaters import IU

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    out = tmp_path / "out"
    with monkeypatch.context() as patched:
        patched.setattr(IU, "update", interrupted)
        stderr = run_command("compare", "--data", shop_log, "--out", out, *FAST, code=130)[1]
    assert f"Interrupted. What is finished is kept in {out}: the same command continues there." in stderr
    assert not (out / "report.html").exists()
    run_command("compare", "--data", shop_log, "--out", out, *FAST)
    assert (out / "report.html").exists()


def test_scores_are_written_on_request(tmp_path: Path, shop_log: Path, run_command: Run) -> None:
    run_command("compare", "--data", shop_log, "--out", tmp_path / "out", *FAST, "--scores")
    (path, *_) = sorted((tmp_path / "out" / "scores").iterdir())
    columns = ["run", "period", "user", "item", "time", "label", "iu", "constant", "item-odds"]
    assert pl.read_parquet(path).columns == columns


def test_a_method_that_is_worse_than_guessing_is_named_on_stderr_and_in_all_places(
    tmp_path: Path, shop_log: Path, run_command: Run
) -> None:
    """A model that hardly learns is below the item's own rate, which the labels of this log depend on."""
    log = tmp_path / "rates.csv"
    rows = pl.read_csv(shop_log).with_columns(label=(pl.col("item") < 8).cast(pl.Int8))
    rows.write_csv(log)
    out = tmp_path / "out"
    rate = ("--learning-rate", 1e-9, "--epochs", 1)
    stdout, stderr = run_command("compare", "--data", log, "--out", out, *FAST, *rate)
    assert "Caution: iu is worse than guessing: AUC 0." in stderr
    assert "iu (worse than guessing)" in stdout
    assert "iu is worse than guessing" in (out / "report.html").read_text()
    summary = pl.read_csv(out / "summary.csv")
    assert summary.filter(pl.col("worse_than_guessing"))["method"].to_list() == ["iu"]
