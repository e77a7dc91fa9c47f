import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace

import pytest

from freshrec.evaluation.drawing import inline
from freshrec.evaluation.figures import close_ups, curves
from freshrec.evaluation.results import Result
from freshrec.metrics import METRICS, Metric

Maker = Callable[..., list[Result]]
AUC, LOGLOSS = METRICS["auc"], METRICS["logloss"]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def results(scored: Maker) -> list[Result]:
    return [
        each
        for method, gain in (("iu", 0.0), ("asmg-gru-multi", 0.02), ("bu-3", -0.01))
        for run in range(2)
        for each in (
            *scored(method, [0.6 + gain, 0.61], run=run, first=20, split="warmup"),
            *scored(method, [0.62, 0.63 + gain], run=run, first=22, split="validation"),
            *scored(method, [0.7 + gain + run / 100, None, 0.72], run=run),
        )
    ]


def drawn(results: list[Result], metric: Metric, baseline: str | None = None) -> str:
    return inline(curves(results, metric, baseline))


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]


def lines(svg: str, width: float = 1.6) -> list[ET.Element]:
    """The methods' lines, told from axes and legend by their width and by being clipped to the axes."""
    paths = ET.fromstring(svg).iter(f"{SVG}path")
    return [path for path in paths if f"width: {width}" in path.get("style", "") and path.get("clip-path")]


def line(svg: str, index: int) -> str:
    return lines(svg)[index].get("d", "")


def heights(path: str) -> list[float]:
    return [float(y) for _, y in re.findall(r"[ML] ([\d.]+) ([\d.]+)", path)]


def test_a_panel_says_what_it_shows(results: list[Result]) -> None:
    panel = curves(results, AUC)
    assert (panel.name, panel.title) == ("auc", "AUC: higher is better")
    assert panel.label == "AUC of iu, asmg-gru-multi, bu-3, by scored period"
    difference = curves(results, LOGLOSS, "iu", prefix="figure3-")
    assert (difference.name, difference.title) == (
        "figure3-logloss-difference",
        "Log loss as a difference to iu: below 0 is better",
    )


def test_axes_methods_and_spans_are_named(results: list[Result]) -> None:
    shown = texts(drawn(results, LOGLOSS))
    for name in ("Scored period", "Log loss (nats)", "iu", "asmg-gru-multi", "bu-3", "validation", "test"):
        assert shown.count(name) == 1


def test_splits_are_marked_where_there_are_several(results: list[Result], scored: Maker) -> None:
    assert not {"test", "validation"} & set(texts(drawn(scored("iu", [0.6, 0.7]), AUC)))
    late = [each for each in results if each.split != "validation"]
    assert "test" in texts(drawn(late, AUC))
    assert "validation" not in texts(drawn(late, AUC))


def test_a_line_is_the_mean_over_runs(scored: Maker) -> None:
    apart = [*scored("iu", [0.5, 0.6, 0.7], run=0), *scored("iu", [0.7, 0.6, 0.5], run=1)]
    level, *_, last = heights(line(drawn(apart, AUC), 0))
    assert level == pytest.approx(last, abs=0.02)


def test_higher_values_are_drawn_higher_and_an_undefined_period_breaks_the_line(scored: Maker) -> None:
    path = line(drawn(scored("iu", [0.5, 0.6, None, 0.7, 0.8]), AUC), 0)
    shown = heights(path)
    assert shown == sorted(shown, reverse=True)
    assert len(shown) == 4
    assert path.count("M") == 2


def test_a_metric_that_is_nowhere_defined_leaves_the_axes_empty(scored: Maker) -> None:
    assert heights(line(drawn(scored("iu", [None, None]), AUC), 0)) == []


def test_a_difference_is_taken_run_by_run(scored: Maker) -> None:
    results = [
        *scored("iu", [0.5, 0.6], run=0),
        *scored("iu", [0.7, 0.8], run=1),
        *scored("bu-3", [0.52, 0.62], run=0),
        *scored("bu-3", [0.72, 0.82], run=1),
    ]
    svg = drawn(results, AUC, "iu")
    assert "AUC minus iu" in texts(svg)
    assert len(set(heights(line(svg, 0)))) == 1
    assert heights(line(svg, 1))[0] < heights(line(svg, 0))[0]


def test_every_method_looks_different(scored: Maker) -> None:
    names = [f"method {index}" for index in range(28)]
    svg = drawn([each for name in names for each in scored(name, [0.5, 0.6])], AUC)
    assert len({path.get("style") for path in lines(svg)}) == len(names)
    assert set(texts(svg)) >= set(names)


def test_runs_are_points_only_where_they_differ(scored: Maker) -> None:
    one = drawn(scored("iu", [0.6, 0.7]), AUC)
    two = drawn([*scored("iu", [0.6, 0.7]), *scored("iu", [0.65, 0.7], run=1)], AUC)
    assert one.count("PathCollection") == 0
    assert two.count("PathCollection") == 1


def test_a_line_is_the_median_so_that_one_run_cannot_bend_it(scored: Maker) -> None:
    runs = [[0.7, 0.8], [0.7, 0.8], [0.5, 0.5]]
    with_outlier = drawn([each for run, auc in enumerate(runs) for each in scored("iu", auc, run=run)], AUC)
    flat = drawn(
        [each for run in range(3) for each in scored("iu", [0.7, 0.7] if run < 2 else [0.5, 0.5], run=run)], AUC
    )
    assert len(set(heights(line(with_outlier, 0)))) == 2
    assert len(set(heights(line(flat, 0)))) == 1


def test_some_methods_among_others(results: list[Result]) -> None:
    svg = inline(curves(results, AUC, among=("iu", "bu-3")))
    assert (len(lines(svg)), len(lines(svg, 0.7))) == (2, 1)
    assert {"iu", "bu-3"} <= set(texts(svg))
    assert "asmg-gru-multi" not in texts(svg)


def test_close_ups_show_each_method_but_the_baseline_on_one_scale(results: list[Result]) -> None:
    panels = close_ups(results, AUC, "iu")
    assert [panel.title for panel in panels] == ["asmg-gru-multi", "bu-3"]
    pictures = [inline(panel) for panel in panels]
    assert [(len(lines(svg)), len(lines(svg, 0.7))) for svg in pictures] == [(1, 2), (1, 2)]
    axes = [[text for text in texts(svg) if re.fullmatch(r"\W?[\d.]+", text)] for svg in pictures]
    assert axes[0] == axes[1]
    assert [panel.title for panel in close_ups(results, AUC)] == ["iu", "asmg-gru-multi", "bu-3"]


def test_names_are_shown_as_they_are(scored: Maker) -> None:
    svg = drawn([*scored("<b>&", [0.6]), *scored("$x$", [0.7])], AUC)
    assert {"<b>&", "$x$"} <= set(texts(svg))


def test_a_metric_with_an_ideal_says_it(results: list[Result]) -> None:
    ratio = METRICS["calibration_ratio"]
    scored = [replace(each, scores={ratio.name: 1.1}) for each in results]
    assert curves(scored, ratio).title == "Calibration ratio: 1 is best"
    assert curves(scored, ratio, "iu").name == "calibration-ratio-difference"
