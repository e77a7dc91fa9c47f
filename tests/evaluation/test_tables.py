from collections.abc import Callable

import pytest

from freshrec.evaluation.results import Result
from freshrec.evaluation.summary import summarise
from freshrec.evaluation.tables import Cell, best_of, percent, score_cell, summary_table

Maker = Callable[..., list[Result]]


def shown(results: list[Result]) -> list[list[str]]:
    table = summary_table(summarise(results))
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
        ["asmg", "0.7750 ± 0.0071", "+9.93% ± 0.10", "0.5000 ± 0.0000", "0.00% ± 0.00"],
    ]


@pytest.mark.parametrize("methods", [("iu",), ("bu-3", "bu-5")])
def test_without_something_to_improve_on_there_is_no_improvement(scored: Maker, methods: tuple[str, ...]) -> None:
    head, *rows = shown([each for method in methods for each in scored(method, [0.7])])
    assert head == ["Method", "AUC ↑", "Log loss ↓"]
    assert rows[0] == [methods[0], "0.7000", "0.5000"]


def test_the_best_is_marked_and_equals_are_not(scored: Maker) -> None:
    table = summary_table(summarise([*scored("iu", [0.7]), *scored("bu-3", [0.6])]))
    assert [[cell.best for cell in row] for row in table.rows] == [[False, True, False, False, False], [False] * 5]
    assert best_of(max, [0.7, 0.7]) is None
    assert best_of(min, [None, 0.3, 0.2]) == 0.2
    assert best_of(max, [None]) is None


def test_what_is_undefined_is_a_dash() -> None:
    assert score_cell(None, None, None) == Cell("–")
    assert percent(None) == "–"
    assert score_cell(0.5, 0.1, 0.5) == Cell("0.5000", "± 0.1000", best=True)
