from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from freshrec.metrics import METRICS

Run = Callable[..., tuple[str, str]]
FAST = ("--methods", "iu", "--periods", 4)


def test_each_metric_has_a_line_with_the_direction_that_is_better(run_command: Run) -> None:
    lines = dict(line.split(maxsplit=1) for line in run_command("metrics")[0].splitlines())
    assert list(lines) == list(METRICS)
    assert lines["logloss"] == "log loss: lower is better"
    assert lines["calibration_ratio"] == "calibration ratio: nearer to 1 is better"


def test_the_first_metrics_are_shown_and_all_are_written(tmp_path: Path, shop_log: Path, run_command: Run) -> None:
    arguments = ("--data", shop_log, "--out", tmp_path / "out", *FAST, "--metrics", "gauc,calibration_ratio,auc")
    stdout = run_command("compare", *arguments)[0]
    assert [title in stdout for title in ("GAUC ↑", "Calibration ratio → 1", "AUC ↑ ")] == [True, True, True]
    assert "Log loss" not in stdout
    frame = pl.read_csv(tmp_path / "out" / "results.csv")
    assert frame.columns[7:10] == ["gauc", "calibration_ratio", "auc"]
    page = (tmp_path / "out" / "report.html").read_text()
    assert "Other metrics" in page


def test_improvements_are_over_the_named_baseline(tmp_path: Path, shop_log: Path, run_command: Run) -> None:
    arguments = ("compare", "--data", shop_log, "--out", tmp_path / "out", "--periods", 4, "--methods", "iu,bu-3")
    run_command(*arguments)
    run_command(*arguments, "--baseline", "item-odds")
    summary = pl.read_csv(tmp_path / "out" / "summary.csv")
    missing = dict(summary.select("method", pl.col("auc_improvement").is_null()).rows())
    assert missing == {"iu": False, "bu-3": False, "constant": False, "item-odds": True}
    assert "imp% is the improvement over item-odds" in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--metrics", "acu"), "metrics is ['acu']: unknown metric 'acu'. Did you mean 'auc'?"),
        (("--metrics", "auc,auc"), "2 metrics have the name 'auc'. Name each once"),
        (("--metrics", "freshrec.metrics:Metric"), "Can't instantiate abstract class"),
        (("--baseline", "item-ods"), "it is not among the methods. Did you mean 'item-odds'?"),
        (("--baseline", "constant", "--no-baselines"), "baseline is 'constant': it is not among the methods."),
    ],
)
def test_wrong_names_are_refused_with_the_nearest(
    tmp_path: Path, shop_log: Path, run_command: Run, options: tuple[object, ...], expected: str
) -> None:
    stderr = run_command("compare", "--data", shop_log, "--out", tmp_path / "out", *FAST, *options, code=2)[1]
    assert expected in stderr
    assert "Traceback" not in stderr
    assert not (tmp_path / "out").exists()
