from collections.abc import Callable
from dataclasses import replace

import pytest

from freshrec.evaluation.results import Result
from freshrec.evaluation.summary import Score, Summary, summarise
from freshrec.evaluation.tables import (
    Cell,
    best_of,
    head,
    interval_cell,
    other_metrics_table,
    percent,
    score_cell,
    summary_table,
)
from freshrec.metrics import METRICS

Maker = Callable[..., list[Result]]
AUC, LOGLOSS = SCORED = METRICS["auc"], METRICS["logloss"]


def summaries_of(results: list[Result]) -> list[Summary]:
    return summarise(results, SCORED, "iu")


def shown(results: list[Result]) -> list[list[str]]:
    table = summary_table(summaries_of(results), SCORED, "iu")
    return [[column.title for column in table.columns], *([str(cell) for cell in row] for row in table.rows)]


def test_it_is_laid_out_as_the_papers_table_1(scored: Maker) -> None:
    runs = [
        each
        for run in (0, 1)
        for each in (*scored("iu", [0.70 + run / 100], run=run), *scored("asmg", [0.77 + run / 100], run=run))
    ]
    assert shown(runs) == [
        ["Method", "AUC ↑", "imp%", "Log loss ↓", "imp%"],
        ["iu", "0.7050 ± 0.0071", "–", "0.5000 ± 0.0000", "–"],
        ["asmg", "0.7750 ± 0.0071", "+9.93%", "0.5000 ± 0.0000", "0.00%"],
    ]


def test_an_improvement_has_its_interval() -> None:
    assert str(interval_cell(Score(0.8, improvement=1.234, low=-0.5, high=3.0))) == "+1.23% [−0.50%, +3.00%]"
    assert str(interval_cell(Score(0.8, improvement=1.234))) == "+1.23%"
    assert str(interval_cell(Score(0.8))) == "–"


def test_a_method_that_is_worse_than_guessing_is_marked(scored: Maker) -> None:
    results = [*scored("iu", [0.4]), *scored("sml", [0.6]), *scored("constant", [0.5])]
    table = summary_table(summarise(results, SCORED, "iu", ("constant",)), SCORED, "iu")
    assert [str(row[0]) for row in table.rows] == ["iu (worse than guessing)", "sml", "constant (baseline)"]


@pytest.mark.parametrize("methods", [("iu",), ("bu-3", "bu-5")])
def test_without_something_to_improve_on_there_is_no_improvement(scored: Maker, methods: tuple[str, ...]) -> None:
    head, *rows = shown([each for method in methods for each in scored(method, [0.7])])
    assert head == ["Method", "AUC ↑", "Log loss ↓"]
    assert rows[0] == [methods[0], "0.7000", "0.5000"]


def test_the_best_is_marked_and_equals_are_not(scored: Maker) -> None:
    table = summary_table(summaries_of([*scored("iu", [0.7]), *scored("bu-3", [0.6])]), SCORED, "iu")
    assert [[cell.best for cell in row] for row in table.rows] == [[False, True, False, False, False], [False] * 5]
    assert best_of(AUC, [0.7, 0.7]) is None
    assert best_of(LOGLOSS, [None, 0.3, 0.2]) == 0.2
    assert best_of(AUC, [None]) is None


def test_what_is_undefined_is_a_dash() -> None:
    assert score_cell(None, None, None) == Cell("–")
    assert percent(None) == "–"
    assert score_cell(0.5, 0.1, 0.5) == Cell("0.5000", "± 0.1000", best=True)


def test_the_head_of_a_column_says_which_values_are_better() -> None:
    assert [head(METRICS[name]) for name in ("auc", "logloss", "calibration_ratio")] == [
        "AUC ↑",
        "Log loss ↓",
        "Calibration ratio → 1",
    ]


def test_the_other_metrics_have_a_table_of_their_own(scored: Maker) -> None:
    scores = {"auc": 0.7, "logloss": 0.5, "gauc": 0.6, "calibration_ratio": 1.25}
    better = {"auc": 0.75, "logloss": 0.5, "gauc": 0.65, "calibration_ratio": 0.9}
    metrics = [METRICS[name] for name in scores]
    results = [
        replace(each, scores=values)
        for method, values in (("iu", scores), ("sml", better))
        for each in scored(method, [0.5])
    ]
    table = other_metrics_table(summarise(results, metrics, "iu"), metrics)
    assert table is not None
    assert [column.title for column in table.columns] == [
        "Method",
        "RelaImpr of AUC",
        "GAUC ↑",
        "RelaImpr of GAUC",
        "Calibration ratio → 1",
    ]
    assert [[str(cell) for cell in row] for row in table.rows] == [
        ["iu", "–", "0.6000", "–", "1.2500"],
        ["sml", "+25.00%", "0.6500", "+50.00%", "0.9000"],
    ]
    assert [cell.best for cell in table.rows[1]] == [False, False, True, False, True]
    alone = [each for each in results if each.method == "iu"]
    assert other_metrics_table(summarise(alone, metrics[:2], "iu"), metrics[:2]) is None
