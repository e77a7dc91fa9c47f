"""Scores by slice are means over the periods in which a slice has one, and are drawn where they differ."""

import csv
from pathlib import Path

import numpy as np
import pytest

from freshrec.evaluation import inline
from freshrec.evaluation.measurement_files import Measurements
from freshrec.evaluation.slice_figure import slice_panel
from freshrec.evaluation.slice_scores import slice_scores, write_slices
from freshrec.metrics import METRICS
from freshrec.statistics import Measurement

AUC = METRICS["auc"]
VALUES: dict[tuple[str, str], list[list[float | None]]] = {
    ("iu", "all"): [[0.7, 0.8], [0.6, 0.7]],
    ("sml", "all"): [[0.8, 0.8], [0.7, 0.7]],
    ("iu", "new users"): [[None, 0.6], [None, 0.6]],
    ("sml", "new users"): [[None, 0.5], [None, 0.5]],
    ("iu", "rare"): [[0.5, 0.5], [0.5, 0.5]],
    ("sml", "rare"): [[0.9, 0.9], [0.9, 0.9]],
}
SIZES = {"all": 1000, "new users": 40, "rare": 3}


@pytest.fixture
def measured() -> Measurements:
    return Measurements(
        {
            (method, name, "auc"): {
                (run, 6 + index): Measurement(name, "auc", SIZES[name] + index, value, np.zeros(0))
                for run, periods in enumerate(runs)
                for index, value in enumerate(periods)
            }
            for (method, name), runs in VALUES.items()
        }
    )


def test_means_and_differences(measured: Measurements) -> None:
    iu, sml, new_iu, new_sml, *_ = slice_scores(measured, ["iu", "sml"], [AUC], "iu")
    assert (iu.slice, iu.samples, iu.periods) == ("all", 2001, 2)
    assert iu.value == pytest.approx(0.7)
    assert (iu.difference, iu.low, iu.high) == (None, None, None)
    assert sml.difference == pytest.approx(0.05)
    assert sml.low is not None
    assert sml.high is not None
    assert sml.low < 0 < sml.high
    assert (new_iu.periods, new_iu.value) == (1, 0.6)
    assert new_sml.difference == pytest.approx(-0.1)


def test_without_a_baseline_there_are_values_alone(measured: Measurements) -> None:
    assert {each.difference for each in slice_scores(measured, ["iu", "sml"], [AUC], None)} == {None}


def test_the_file_has_a_line_a_score(measured: Measurements, tmp_path: Path) -> None:
    scores = slice_scores(measured, ["iu", "sml"], [AUC], "iu")
    write_slices(tmp_path / "slices.csv", scores)
    with (tmp_path / "slices.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert [(line["slice"], line["method"]) for line in lines] == [(each.slice, each.method) for each in scores]
    assert (lines[0]["difference"], float(lines[1]["difference"])) == ("", scores[1].difference)


def test_the_figure_has_the_slices_that_are_large_enough(measured: Measurements) -> None:
    panel = slice_panel(slice_scores(measured, ["iu", "sml"], [AUC], "iu"), AUC, "iu", ["sml"])
    assert panel is not None
    assert panel.title == "AUC as a difference to iu, by slice: right of 0 is better"
    svg = inline(panel)
    assert "all  100%" in svg
    assert "new users  4.05%" in svg
    assert "rare" not in svg


def test_without_differences_there_is_no_figure(measured: Measurements) -> None:
    assert slice_panel(slice_scores(measured, ["iu", "sml"], [AUC], None), AUC, "iu", ["sml"]) is None
