from collections.abc import Callable
from pathlib import Path

import pytest

from freshrec.evaluation import read_results

Run = Callable[..., tuple[str, str]]


def test_a_figure_from_a_raw_log(tmp_path: Path, shop_log: Path, run_command: Run) -> None:
    out = tmp_path / "out"
    options = ("--data", shop_log, "--out", out, "--periods", 12, "--runs", 1, "--item-field", "colour")
    stdout, stderr = run_command("experiment", "figure3", *options)
    assert stdout.startswith("Figure 3: performance at each test period\n")
    assert "asmg-gru-multi" in stdout
    assert "Best AUC of the 3 test periods: " in stdout
    assert stdout.endswith(f"Report: {out / 'report.html'}\n")
    assert "run 1/1: pre-training" in stderr
    results = read_results(out / "comparison" / "results.csv")
    assert {each.dataset for each in results} == {"shop"}
    assert len({each.method for each in results}) == 7
    assert (out / "figure3.svg").read_text().startswith("<?xml")
    assert (out / "figure3.png").read_bytes().startswith(b"\x89PNG")
    assert "](figure3.svg)" in (out / "figure3.md").read_text()
    command = f"freshrec experiment figure3 --data {shop_log} --out {out} --runs 1 --item-field colour --periods 12"
    assert command in (out / "report.html").read_text()


def test_settings_come_from_the_file_that_compare_takes(tmp_path: Path, shop_log: Path, run_command: Run) -> None:
    config = tmp_path / "tuned.toml"
    config.write_text(
        'methods = ["iu", "asmg-gru-multi"]\nruns = 3\ndim = 3\n[data]\nperiods = 10\n[base]\nbatch_size = 64\n'
        "[overrides.asmg-gru-multi]\nepochs = 2\nwindow = 2\n[overrides.spmf]\nreservoir = 0.2\n"
    )
    out = tmp_path / "out"
    stdout, _ = run_command("experiment", "table3", "--data", shop_log, "--out", out, "--config", config, "--runs", 1)
    assert "asmg-gru-full" in stdout
    assert "Training on all " in stdout
    text = (out / "report.html").read_text()
    for name, value in (("asmg-gru-full › epochs", 2), ("Dim", 3), ("Runs", 1)):
        assert f"<dt>{name}</dt> <dd>{value}</dd>" in text
    assert "reservoir" not in text
    assert not (out / "comparison").exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("table9",), "'table9' came, expected exhibits of the paper. Choose among table1"),
        (("table1", "--runs", 0), "runs is 0"),
        (("table1", "--periods", 5), "window is 3"),
        ((), "Missing argument 'NAMES'"),
    ],
)
def test_faults_are_told_without_a_traceback(
    tmp_path: Path, shop_log: Path, arguments: tuple[object, ...], expected: str, run_command: Run
) -> None:
    command = ("experiment", *arguments, "--data", shop_log, "--out", tmp_path / "out")
    stdout, stderr = run_command(*command, code=2)
    assert stdout == ""
    assert expected in stderr
    assert "Traceback" not in stderr


def test_ctrl_c_says_that_the_same_command_continues(
    tmp_path: Path, shop_log: Path, monkeypatch: pytest.MonkeyPatch, run_command: Run
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("freshrec.updaters.IU.update", interrupted)
    out = tmp_path / "out"
    command = ("experiment", "figure3", "--data", shop_log, "--out", out, "--periods", 12)
    stderr = run_command(*command, code=130)[1]
    assert f"Interrupted. What is finished is kept in {out}: the same command continues there." in stderr
