import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from typing import Any

import pytest

from freshrec.evaluation.report import render
from freshrec.evaluation.results import Result
from freshrec.evaluation.summary import summarise
from freshrec.metrics import METRICS
from freshrec.models import EmbeddingMLP, MatrixFactorisation

Maker = Callable[..., list[Result]]

CONFIG = {
    "data": {"name": "shop", "hash": "5ca1ab1e", "settings": {"item_fields": ["colour", "size"]}},
    "settings": {"runs": 2, "base": {"learning_rate": 0.01}, "overrides": {}},
    "methods": {
        "my_iu": {"method": "iu", "updater": "freshrec.updaters.iu:IU", "settings": {"base": {"batch_size": 1024}}}
    },
    "models": {"mine.models:Net": {"dim": 8}},
    "pretraining_epochs": {"mine.models:Net": {"0": 4}},
    "versions": {"torch": "9.9.9"},
}
MANIFEST = {
    "name": "shop",
    "rows": {"in": 12345, "used": 12000, "duplicates": 300, "filtered": 40, "quarantined": 5},
    "quarantined": {"label is <2>": 5},
    "settings": {"user_column": "household", "item_fields": ["colour", "size"]},
    "periods": [{"number": 24, "first": "2017-09-10T00:00:00+00:00", "last": "2017-09-18T00:00:00+00:00"}],
}


class Text(HTMLParser):
    """What a reader sees, a line a cell, and the elements that are open when they should not be."""

    VOID = frozenset({"meta"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.shown: list[str] = []
        self.rows: list[list[str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        """An element without content is never open."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            return
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data
        self.shown.append(data)

    def __str__(self) -> str:
        return " ".join("".join(self.shown).split())

    def row(self, *start: str) -> list[str]:
        return self.all_rows(*start)[0]

    def all_rows(self, *start: str) -> list[list[str]]:
        cells = [[" ".join(cell.split()) for cell in row] for row in self.rows]
        return [row for row in cells if row[: len(start)] == list(start)]


@pytest.fixture
def results(scored: Maker) -> list[Result]:
    return [
        each
        for run in range(2)
        for method, area, loss, seconds in (("iu", 0.7, 0.5, 2.0), ("asmg", 0.77, 0.45, 5.0))
        for each in (
            *scored(method, [area - 0.1], [loss], run=run, first=23, split="validation", seconds=seconds),
            *scored(method, [area + run / 100, None], [loss, loss], run=run, seconds=seconds),
        )
    ]


def page(
    results: list[Result], config: Any = CONFIG, manifest: Any = MANIFEST, models: Mapping[str, type] | None = None
) -> str:
    metrics = METRICS["auc"], METRICS["logloss"]
    return render(results, summarise(results, metrics, "iu"), metrics, "iu", config, manifest, models or {})


def test_methods_on_another_base_model_are_said_to_be(scored: Maker) -> None:
    results = [*scored("iu", [0.7]), *scored("sml-mf", [0.8])]
    models = {"iu": EmbeddingMLP, "sml-mf": MatrixFactorisation}
    assert "sml-mf has another base model than iu" in page(results, models=models)
    assert "another base model" not in page(results, models=dict.fromkeys(models, EmbeddingMLP))


def test_it_is_one_well_formed_page_that_loads_nothing(results: list[Result]) -> None:
    html = page(results)
    assert Text(html).open == []
    assert not re.search(r"<script|<link|<img|<iframe|@import|javascript:|\bon\w+=", html)
    assert set(re.findall(r'(?:href|src)="([^"]{1})', html)) <= {"#"}
    assert re.findall(r"url\((?!#)", html) == []
    assert "default-src 'none'" in html


def test_the_same_input_gives_the_same_bytes(results: list[Result]) -> None:
    assert page(results) == page(results)


def test_it_serves_phones_dark_rooms_and_paper(results: list[Result]) -> None:
    html = page(results)
    assert 'name="viewport" content="width=device-width' in html
    assert "@media (prefers-color-scheme: dark)" in html
    assert "@media print" in html


def test_the_table_is_laid_out_as_table_1(results: list[Result]) -> None:
    text = Text(page(results))
    assert text.row("Method")[:5] == ["Method", "AUC ↑", "imp%", "Log loss ↓", "imp%"]
    assert text.row("iu") == ["iu", "0.7050 ± 0.0071", "–", "0.5000 ± 0.0000", "–"]
    assert text.row("asmg") == ["asmg", "0.7750 ± 0.0071", "+9.93%", "0.4500 ± 0.0000", "+10.00%"]


def test_the_best_is_marked_and_a_loss_has_a_true_minus(scored: Maker) -> None:
    html = page([*scored("iu", [0.7]), *scored("bu-3", [0.6])])
    assert "<strong>0.7000</strong>" in html
    assert "<strong>0.6000</strong>" not in html
    assert Text(html).row("bu-3")[2] == "−14.29%"


def test_equals_are_not_marked(scored: Maker) -> None:
    assert "<strong>" not in page([*scored("iu", [0.7]), *scored("bu-3", [0.7])])
    assert "<strong>" not in page(scored("iu", [0.7]))


def test_a_single_run_has_no_spread_and_a_single_method_no_improvement(scored: Maker) -> None:
    text = Text(page(scored("iu", [0.7])))
    assert text.row("Method") == ["Method", "AUC ↑", "Log loss ↓"]
    assert text.row("iu") == ["iu", "0.7000", "0.5000"]
    assert "a single run, so without a spread" in str(text)


def test_every_scored_period_is_listed_with_its_date(results: list[Result]) -> None:
    text = Text(page(results))
    assert text.all_rows("24") == [["24", "2017-09-10 00:00", "1,000", "0.7050", "0.7750", "0.5000", "0.4500"]]
    assert text.row("25") == ["25", "", "1,001", "–", "–", "0.5000", "0.4500"]
    assert text.row("23")[3:5] == ["0.6000", "0.6700"]


def test_of_more_than_three_methods_each_metric_has_a_table_of_periods(scored: Maker) -> None:
    names = ("iu", "bu-3", "bu-5", "bu-7")
    text = Text(page([each for rank, name in enumerate(names) for each in scored(name, [0.5 + rank / 100, 0.6])]))
    assert text.all_rows("24") == [
        ["24", "2017-09-10 00:00", "1,000", "0.5000", "0.5100", "0.5200", "0.5300"],
        ["24", "2017-09-10 00:00", "1,000", *["0.5000"] * 4],
    ]


def test_undefined_aucs_are_said_in_words(results: list[Result], scored: Maker) -> None:
    told = "AUC is undefined in period 25 (all labels are equal): it is shown as – and left out of every mean."
    assert told in str(Text(page(results)))
    assert "undefined" not in str(Text(page(scored("iu", [0.7]))))


def test_cost_is_told_beside_the_baselines(results: list[Result]) -> None:
    text = Text(page(results))
    cost = [row for row in text.rows if row[0] == "asmg"][-1]
    assert cost == ["asmg", "5.00 s", "2.50", "1.25 s"]


def test_what_became_of_the_rows_is_said(results: list[Result]) -> None:
    text = Text(page(results))
    assert (
        "12,345 rows came in; 12,000 of them are used. Duplicates: 300; filtered out by the settings: 40; set aside as "
        "malformed: 5." in str(text)
    )
    assert text.row("label is <2>") == ["label is <2>", "5"]


@pytest.mark.parametrize("manifest", [{}, {"rows": {"in": 3, "used": 3}}, {"rows": {"in": 3}, "new": {"a": [1]}}])
def test_a_manifest_that_says_less_or_more_will_do(results: list[Result], manifest: Any) -> None:
    text = str(Text(page(results, manifest=manifest)))
    assert ("3 rows came in" if manifest else "does not say how it was prepared") in text


def test_settings_and_versions_are_listed(results: list[Result]) -> None:
    text = str(Text(page(results)))
    for pair in ("Base Learning rate 0.01", "Runs 2", "Torch 9.9.9", "Item fields colour, size", "Hash 5ca1ab1e"):
        assert pair in text


def test_every_setting_of_every_method_is_folded_away(results: list[Result]) -> None:
    text = str(Text(page(results)))
    folded = text[text.index("Every setting of every method and base model") :]
    assert "my_iu Method iu Updater IU Base › batch size 1,024" in folded
    assert "mine.models:Net Dim 8" in folded
    assert "Epochs of pre-training mine.models:Net › run 0 4" in folded
    assert "Every setting" not in str(Text(page(results, config={"settings": {"runs": 2}})))


def test_warm_up_periods_are_folded_away(scored: Maker) -> None:
    results = [*scored("iu", [0.5, 0.6], first=4, split="warmup"), *scored("iu", [0.7])]
    html = page(results)
    first, folded = html.index("<details>"), html.index("Warm-up: 2 periods before validation")
    assert first < folded
    text = Text(html)
    assert [row[0] for row in text.rows if row[0] in ("4", "5", "24")] == ["24", "4", "5"]


def test_names_cannot_inject_markup(scored: Maker) -> None:
    html = page(scored("<script>alert(1)</script>", [0.7]), config={"a": {"<b>": "<i>"}})
    assert "<script>" not in html
    assert "<b>" not in html
    assert "<i>" not in html


def test_the_figures_are_inside_and_well_formed(results: list[Result], scored: Maker) -> None:
    figures = re.findall(r"<svg.*?</svg>", page(results), re.DOTALL)
    assert len(figures) == 4
    assert all(ET.fromstring(figure).get("role") == "img" for figure in figures)
    undefined = re.findall("<svg", page(scored("iu", [None])))
    assert len(undefined) == 1


def test_many_methods_are_shown_one_by_one(scored: Maker) -> None:
    names = ["iu", *(f"method-{number}" for number in range(8))]
    html = page([each for rank, name in enumerate(names) for each in scored(name, [0.5 + rank / 100, 0.6])])
    text = str(Text(html))
    assert "iu and method-7 stand out here; the thin lines are all other methods" in text
    assert "AUC as a difference to iu: above 0 is better" in text
    assert len(re.findall("<svg", html)) == 2 + 2 * (len(names) - 1)
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
