import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import matplotlib as mpl
import pytest

from freshrec.evaluation.figures import curves
from freshrec.evaluation.results import Result

Maker = Callable[..., list[Result]]
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


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]


def lines(svg: str) -> list[ET.Element]:
    """The methods' lines, told from axes and legend by their width and by being clipped to the axes."""
    paths = ET.fromstring(svg).iter(f"{SVG}path")
    return [path for path in paths if "width: 1.6" in path.get("style", "") and path.get("clip-path")]


def line(svg: str, index: int) -> str:
    return lines(svg)[index].get("d", "")


def heights(path: str) -> list[float]:
    return [float(y) for _, y in re.findall(r"[ML] ([\d.]+) ([\d.]+)", path)]


def test_the_same_results_give_the_same_bytes(results: list[Result]) -> None:
    assert curves(results, "auc") == curves(results, "auc")


def test_it_stands_inside_a_page_and_follows_its_width_and_ink(results: list[Result]) -> None:
    svg = curves(results, "auc")
    root = ET.fromstring(svg)
    assert svg.startswith("<svg")
    assert root.get("width") is None
    assert root.get("viewBox") is not None
    assert root.get("role") == "img"
    assert root.get("aria-label") == "AUC of iu, asmg-gru-multi, bu-3, by scored period"
    assert "currentColor" in svg
    assert "#010203" not in svg
    assert "#000000" not in svg
    assert "#ffffff" not in svg
    assert "<style" not in svg


def test_ids_of_two_figures_on_one_page_differ(results: list[Result]) -> None:
    figures = [curves(results, "auc"), curves(results, "logloss"), curves(results, "auc", "iu")]
    ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in figures]
    assert all(ids)
    assert len(set.union(*ids)) == sum(map(len, ids))
    for svg, known in zip(figures, ids, strict=True):
        assert set(re.findall(r'(?:href="|url\()#([^")]+)', svg)) <= known


def test_axes_methods_and_spans_are_named(results: list[Result]) -> None:
    shown = texts(curves(results, "logloss"))
    for name in ("Scored period", "Log loss (nats)", "iu", "asmg-gru-multi", "bu-3", "validation", "test"):
        assert shown.count(name) == 1


def test_a_split_without_periods_is_not_marked(scored: Maker) -> None:
    shown = texts(curves(scored("iu", [0.6, 0.7]), "auc"))
    assert "test" in shown
    assert "validation" not in shown


def test_a_line_is_the_mean_over_runs(scored: Maker) -> None:
    apart = [*scored("iu", [0.5, 0.6, 0.7], run=0), *scored("iu", [0.7, 0.6, 0.5], run=1)]
    level, *_, last = heights(line(curves(apart, "auc"), 0))
    assert level == pytest.approx(last, abs=0.02)


def test_higher_values_are_drawn_higher_and_an_undefined_period_breaks_the_line(scored: Maker) -> None:
    path = line(curves(scored("iu", [0.5, 0.6, None, 0.7, 0.8]), "auc"), 0)
    drawn = heights(path)
    assert drawn == sorted(drawn, reverse=True)
    assert len(drawn) == 4
    assert path.count("M") == 2


def test_a_difference_is_taken_run_by_run(scored: Maker) -> None:
    results = [
        *scored("iu", [0.5, 0.6], run=0),
        *scored("iu", [0.7, 0.8], run=1),
        *scored("bu-3", [0.52, 0.62], run=0),
        *scored("bu-3", [0.72, 0.82], run=1),
    ]
    svg = curves(results, "auc", "iu")
    assert "AUC minus iu's" in texts(svg)
    assert len(set(heights(line(svg, 0)))) == 1
    assert heights(line(svg, 1))[0] < heights(line(svg, 0))[0]


def test_every_method_looks_different(scored: Maker) -> None:
    names = [f"method {index}" for index in range(28)]
    svg = curves([each for name in names for each in scored(name, [0.5, 0.6])], "auc")
    assert len({path.get("style") for path in lines(svg)}) == len(names)
    assert set(texts(svg)) >= set(names)


def test_bands_only_where_runs_differ(scored: Maker) -> None:
    one = curves(scored("iu", [0.6, 0.7]), "auc")
    two = curves([*scored("iu", [0.6, 0.7]), *scored("iu", [0.65, 0.7], run=1)], "auc")
    assert "FillBetween" not in one
    assert "FillBetween" in two


def test_names_are_shown_as_they_are(scored: Maker) -> None:
    svg = curves([*scored("<b>&", [0.6]), *scored("$x$", [0.7])], "auc")
    assert {"<b>&", "$x$"} <= set(texts(svg))


def test_matplotlibs_settings_are_left_as_they_were(results: list[Result]) -> None:
    before = dict(mpl.rcParams)
    curves(results, "auc")
    assert dict(mpl.rcParams) == before
