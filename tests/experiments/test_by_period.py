import csv
import io
from collections.abc import Callable

import pytest

from freshrec.evaluation import Result, Score, inline, plate
from freshrec.experiments import EXHIBITS, Measured
from freshrec.experiments.readings import period_readings
from freshrec.metrics import METRICS

Make = Callable[..., Measured]
Maker = Callable[..., list[Result]]


def test_figure_3_has_both_metrics_on_test_periods_alone(measured: Make) -> None:
    shown = EXHIBITS["figure3"].shown(measured())
    assert [panel.name for panel in shown.panels] == ["figure3-auc", "figure3-logloss"]
    svg = inline(shown.panels[0])
    for text in ("Scored period", "AUC", *EXHIBITS["figure3"].methods):
        assert f">{text}</text>" in svg
    assert ">bu-3</text>" not in svg
    assert "validation" not in svg
    auc, _ = shown.tables
    assert [column.title for column in auc.columns] == ["Method", "24", "25", "26"]
    assert [str(cell) for cell in auc.rows[0]] == ["iu", "0.7050", "0.7250", "0.7450"]
    assert [cell.best for cell in auc.rows[-1]] == [False, True, True, True]


def test_the_file_has_a_line_for_each_method_period_and_metric(measured: Make) -> None:
    lines = list(csv.DictReader(io.StringIO(EXHIBITS["figure3"].shown(measured()).csv.decode())))
    assert len(lines) == 7 * 3 * 2
    assert (lines[0]["method"], lines[0]["metric"], lines[0]["scored_period"]) == ("iu", "auc", "24")
    assert float(lines[0]["mean"]) == pytest.approx(0.705)
    assert float(lines[0]["std"]) == pytest.approx(0.01 / 2**0.5)


def test_what_the_figure_shows_is_counted() -> None:
    points = {
        "iu": {1: Score(0.5), 2: Score(0.5), 3: Score(None)},
        "sml": {1: Score(0.6), 2: Score(0.4), 3: Score(None)},
        "spmf": {1: Score(0.4), 2: Score(0.4), 3: Score(None)},
        "asmg": {1: Score(0.7), 2: Score(0.6), 3: Score(None)},
    }
    assert period_readings(points, METRICS["auc"]) == [
        "Best AUC of the 2 test periods: asmg in all 2.",
        "AUC better than iu's: asmg in all 2; sml in 1; spmf in none.",
    ]
    assert period_readings(points, METRICS["logloss"]) == [
        "Best log loss of the 2 test periods: spmf, sml in 1.",
        "Log loss better than iu's: spmf in all 2; sml in 1; asmg in none.",
    ]


def test_where_a_metric_is_undefined_that_is_said_and_drawn_empty(scored: Maker) -> None:
    names = EXHIBITS["figure3"].methods
    results = [each for name in names for each in scored(name, [None, None], [0.5, 0.4])]
    shown = EXHIBITS["figure3"].shown(Measured("shop", tuple(results)))
    assert shown.sentences[0] == "AUC is undefined in all of these periods."
    assert str(shown.tables[0].rows[0][1]) == "–"
    assert plate(shown.panels).png.startswith(b"\x89PNG")
    assert "a single run" in shown.note
