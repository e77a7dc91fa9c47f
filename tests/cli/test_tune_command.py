import json
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from freshrec.cli.tune import _in_file
from freshrec.data import StreamSettings
from freshrec.evaluation import CompareSettings, read_results

Run = Callable[..., tuple[str, str]]

FAST = ("--methods", "iu,asmg-linear", "--periods", 10, "--epochs", 1, "--learning-rates", "0.01, 0.1", "--budget", 3)


def settings_of(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "config.json").read_text())["settings"]
    return found


def test_a_raw_log_becomes_settings_that_compare_takes(tmp_path: Path, shop_log: Path, run_command: Run) -> None:
    out = tmp_path / "out"
    options = ("--item-field", "colour", "--history", 5)
    stdout, stderr = run_command("tune", "--data", shop_log, "--out", out, *FAST, *options, "--batch-size", 64)
    lines = stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "iu",
        "asmg-linear",
        "Settings, for --config of compare and experiment",
    ]
    assert lines[-1].endswith(str(out / "tuned.toml"))
    assert "asmg-linear: 3 of 3 trials, best AUC 0." in stderr
    content = tomllib.loads((out / "tuned.toml").read_text())
    assert content.pop("data") == {"periods": 10, "history": 5, "item_fields": ["colour"]}
    assert content["base"]["batch_size"] == 64
    run_command("compare", "--data", shop_log, "--config", out / "tuned.toml", "--out", tmp_path / "compared")
    compared = CompareSettings.model_validate(settings_of(tmp_path / "compared"))
    assert compared == CompareSettings.model_validate(content)
    methods = {each.method for each in read_results(tmp_path / "compared" / "results.csv")}
    assert methods == {"iu", "asmg-linear", "constant", "item-odds"}


def test_started_again_it_goes_on_with_what_is_there(tmp_path: Path, shop_log: Path, run_command: Run) -> None:
    out = tmp_path / "out"
    first = run_command("tune", "--data", shop_log, "--out", out, *FAST)
    kept = {path: path.read_bytes() for path in out.rglob("*.toml")}
    again = run_command("tune", "--data", shop_log, "--out", out, *FAST)
    assert again[0] == first[0]
    assert "pre-training" in first[1]
    assert "pre-training" not in again[1]
    assert {path: path.read_bytes() for path in out.rglob("*.toml")} == kept


def test_ctrl_c_says_that_the_same_command_continues_and_it_does(
    tmp_path: Path, shop_log: Path, monkeypatch: pytest.MonkeyPatch, run_command: Run
) -> None:
    from freshrec.updaters import ASMG

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    out = tmp_path / "out"
    with monkeypatch.context() as patched:
        patched.setattr(ASMG, "update", interrupted)
        stderr = run_command("tune", "--data", shop_log, "--out", out, *FAST, code=130)[1]
    assert f"Interrupted. What is finished is kept in {out}: the same command continues there." in stderr
    assert len((out / "trials.csv").read_text().splitlines()) == 1 + 3
    run_command("tune", "--data", shop_log, "--out", out, *FAST)
    whole = tmp_path / "whole"
    run_command("tune", "--data", shop_log, "--out", whole, *FAST)
    assert (out / "tuned.toml").read_bytes() == (whole / "tuned.toml").read_bytes()


def test_options_win_over_the_config_file(tmp_path: Path, shop_log: Path, run_command: Run) -> None:
    config = tmp_path / "settings.toml"
    config.write_text(
        'methods = ["spmf"]\nbudget = 9\nruns = 1\nmetric = "logloss"\n[data]\nperiods = 10\n[base]\nbatch_size = 64\n'
        '[grids."*"]\nlearning_rate = [0.1]\n[grids.spmf]\nepochs = [2, 3]\nreservoir = [0.2]\n'
    )
    out = tmp_path / "out"
    run_command(
        "tune", "--data", shop_log, "--out", out, "--config", config, "--epochs", "1", "--budget", 2, "--seed", 4
    )
    settings = settings_of(out)
    assert (settings["budget"], settings["metric"], settings["seed"]) == (2, "logloss", 4)
    assert settings["grids"] == {
        "iu": {"learning_rate": [0.1], "epochs": [1]},
        "spmf": {"reservoir": [0.2], "learning_rate": [0.1], "epochs": [1]},
    }
    content = tomllib.loads((out / "tuned.toml").read_text())
    assert content["base"] == {
        "loss": "log",
        "learning_rate": 0.1,
        "epochs": 1,
        "batch_size": 64,
        "mixed": False,
        "optimizer": "auto",
    }
    assert content["overrides"] == {"spmf": {"reservoir": 0.2}}


def test_a_prepared_folder_gives_the_same_choice(tmp_path: Path, shop_log: Path, run_command: Run) -> None:
    run_command("prepare", "--data", shop_log, "--out", tmp_path / "made", "--periods", 10)
    run_command("tune", "--data", tmp_path / "made", "--out", tmp_path / "one", *FAST)
    run_command("tune", "--data", shop_log, "--out", tmp_path / "two", *FAST)
    one, two = (tomllib.loads((tmp_path / name / "tuned.toml").read_text()) for name in ("one", "two"))
    assert two.pop("data") == {"periods": 10}
    assert one == two


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            ("--budget", 0, "--learning-rates", "0.1,fast"),
            ["for 2 reasons", "budget is 0", "grids.*.learning_rate.1 is 'fast'"],
        ),
        (("--methods", "iu, magic"), ["methods.1 is 'magic': unknown method 'magic'"]),
        (("--metric", "f1"), ["metric is 'f1': it is not among the metrics. Known are: auc, logloss"]),
        (("--jobs", 0), ["jobs is 0, expected 1 or more"]),
        (("--methods", "bu-7", "--periods", 7), ["bu-7", "there are 5 before the first test period"]),
        (("--item-column", "product"), ["no column 'product'"]),
    ],
)
def test_faults_are_told_without_a_traceback(
    tmp_path: Path, shop_log: Path, options: tuple[object, ...], expected: list[str], run_command: Run
) -> None:
    arguments = ("--methods", "iu", "--periods", 10, *options)
    stdout, stderr = run_command("tune", "--data", shop_log, "--out", tmp_path / "out", *arguments, code=2)
    assert stdout == ""
    assert all(text in stderr for text in expected), stderr
    assert "Traceback" not in stderr


def test_a_folder_of_other_settings_is_refused(tmp_path: Path, shop_log: Path, run_command: Run) -> None:
    out = tmp_path / "out"
    run_command("tune", "--data", shop_log, "--out", out, *FAST)
    told = run_command("tune", "--data", shop_log, "--out", out, *FAST, "--seed", 1, code=2)[1]
    assert "holds a tuning that differs in settings.seed" in told
    told = run_command("compare", "--data", shop_log, "--out", out, "--periods", 10, code=2)[1]
    assert "holds a comparison that differs in" in told


def test_its_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from freshrec.cli import app\n"
        "app(['tune', '--help'], standalone_mode=False)\n"
        "print('loaded:', [name for name in ('torch', 'polars', 'optuna', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Choose settings honestly" in done.stdout
    assert "loaded: []" in done.stdout


def test_settings_of_the_data_that_are_none_are_left_out_of_a_file_or_false() -> None:
    settings = StreamSettings(label_column=None, period="1d", history=7)
    names = ("label_column", "periods", "period", "history", "separator")
    assert _in_file(settings, names) == {"label_column": False, "period": "1d", "history": 7}
    assert StreamSettings.model_validate(_in_file(settings, names)) == settings
