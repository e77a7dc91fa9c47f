import csv
import io
import re
from collections.abc import Callable

import pytest

from freshrec.evaluation import Result, Score, inline
from freshrec.experiments import EXHIBITS, Measured
from freshrec.experiments.readings import sweep_readings
from freshrec.experiments.sweeps import SWEEPS, Sweep
from freshrec.metrics import METRICS

Make = Callable[..., Measured]
Maker = Callable[..., list[Result]]

LENGTHS = Sweep.over("a", "window", "Sequence length", "snapshots", (1, 2, 3), hidden=4)


def test_a_sweep_names_its_variants_by_their_settings() -> None:
    assert LENGTHS.variants == {1: "asmg-k1-h4", 2: "asmg-k2-h4", 3: "asmg-k3-h4"}
    assert LENGTHS.settings["asmg-k2-h4"] == {"hidden": 4, "window": 2}
    assert set(SWEEPS[0].settings) & set(SWEEPS[1].settings) == {"asmg-k3-h4"}


@pytest.mark.parametrize(("name", "axis"), [("figure4", "AUC"), ("figure6", "Log loss (nats)")])
def test_two_panels_with_labelled_axes_and_iu_as_reference(measured: Make, name: str, axis: str) -> None:
    shown = EXHIBITS[name].shown(measured())
    assert [panel.title for panel in shown.panels] == ["(a) Sequence length", "(b) Hidden size"]
    labels = {"Sequence length (snapshots)": ["1", "6"], "Hidden size (units)": ["4", "8", "12", "16"]}
    for panel, (label, ticks) in zip(shown.panels, labels.items(), strict=True):
        svg = inline(panel)
        texts = re.findall(r">([^<>]+)</text>", svg)
        assert {axis, label, "iu", "asmg-gru-multi", *ticks} <= set(texts)
        assert "LineCollection" in svg  # bars of the spread between two runs


def test_values_are_tabled_with_their_improvement(measured: Make) -> None:
    lengths, sizes = EXHIBITS["figure4"].shown(measured()).tables
    assert [str(cell) for cell in lengths.rows[3]] == ["4", "0.7550 ± 0.0071", "+4.14% ± 0.04"]
    assert [cell.best for cell in lengths.rows[3]] == [False, True, False]
    assert [str(cell) for cell in lengths.rows[-1]] == ["iu", "0.7250 ± 0.0071", "–"]
    assert [row[0].text for row in sizes.rows] == ["4", "8", "12", "16", "iu"]


def test_the_file_has_a_line_for_each_point_and_reference(measured: Make) -> None:
    lines = list(csv.DictReader(io.StringIO(EXHIBITS["figure6"].shown(measured()).csv.decode())))
    assert [(each["panel"], each["value"], each["method"]) for each in lines[:3]] == [
        ("a", "", "iu"),
        ("a", "1", "asmg-k1-h4"),
        ("a", "2", "asmg-k2-h4"),
    ]
    assert len(lines) == 7 + 5
    assert {each["metric"] for each in lines} == {"logloss"}
    assert float(lines[0]["mean"]) == pytest.approx(0.475)


def scores(*means: float | None, base: float | None = 0.6, std: float | None = None) -> dict[str, Score]:
    return {"iu": Score(base), **dict(zip(LENGTHS.settings, (Score(mean, std) for mean in means), strict=True))}


def test_what_a_sweep_shows() -> None:
    assert sweep_readings(LENGTHS, scores(0.5, 0.7, 0.65, std=0.05), METRICS["auc"]) == [
        "(a) AUC is best with a sequence length of 2 (0.7000) and worst with 1 (0.5000); 2 of the 3 are better than iu "
        "(0.6000).",
        "The two are 4.0 times the larger of their standard deviations between runs apart.",
    ]
    (single,) = sweep_readings(LENGTHS, scores(0.5, 0.7, 0.65), METRICS["logloss"])
    assert "Log loss is best with a sequence length of 1 (0.5000) and worst with 2 (0.7000); 1 of the 3 is" in single
    assert "none of the 3 is better" in sweep_readings(LENGTHS, scores(0.5, 0.5, 0.5), METRICS["auc"])[0]
    assert "all 3 are better" in sweep_readings(LENGTHS, scores(0.7, 0.7, 0.7), METRICS["auc"])[0]


def test_an_undefined_metric_is_said_and_drawn_empty(scored: Maker) -> None:
    assert sweep_readings(LENGTHS, scores(None, None, None, base=None), METRICS["auc"]) == [
        "(a) AUC is undefined in all of these periods."
    ]
    results = [each for name in EXHIBITS["figure4"].methods for each in scored(name, [None])]
    shown = EXHIBITS["figure4"].shown(Measured("shop", tuple(results)))
    assert "Sequence length" in inline(shown.panels[0])
