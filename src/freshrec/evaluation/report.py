"""The page that shows a comparison: one file that needs nothing else, for screens, phones and paper."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from markupsafe import Markup

from freshrec.evaluation.drawing import COLOURS, inline
from freshrec.evaluation.figures import METRICS, Metric, close_ups, curves
from freshrec.evaluation.finding import baseline_note, headline, improvement_note, on_other_models, ranked
from freshrec.evaluation.pages import listed, render_page
from freshrec.evaluation.results import Result
from freshrec.evaluation.summary import Summary
from freshrec.evaluation.tables import Cell, best_of, score_cell, summary_table

__all__ = ["render"]

LONG = frozenset({"periods", "digests", "files", "rows", "quarantined"})
"""Parts of a manifest that are told in words or in tables of their own."""

MANY = len(COLOURS)
"""How many lines one figure can tell apart."""


def render(
    results: Sequence[Result],
    summaries: Sequence[Summary],
    config: Mapping[str, Any],
    manifest: Mapping[str, Any],
    models: Mapping[str, type],
    baseline: str = "iu",
) -> str:
    """The whole of report.html; the same input gives the same bytes.

    Args:
        results: the scored periods of one data set.
        summaries: what `summarise` made of them; at least one.
        config: settings and versions, nested as they are, to be listed.
        manifest: how the stream was prepared: `rows` is told in words and `quarantined` in a table where they
            are there, `periods` dates the periods, and short entries are listed.
        models: the base model of every method.
        baseline: the method that improvements are relative to.
    """
    compared = baseline if len(summaries) > 1 and any(each.method == baseline for each in summaries) else None
    competing = [each for each in summaries if not each.trivial] or summaries
    methods = [each.method for each in competing]
    charted = [each for each in results if each.method in methods]
    best = ranked(competing)[0].method
    among = None if len(methods) <= MANY else tuple(dict.fromkeys((compared or best, best)))
    return render_page(
        __package__,
        "report.html.jinja",
        dataset=results[0].dataset,
        baseline=compared,
        base=next((each for each in summaries if each.method == compared), None),
        summaries=summaries,
        competing=competing,
        scores=summary_table(summaries, baseline),
        headline=headline(results, summaries, baseline),
        baseline_note=baseline_note(summaries),
        improvement_note=improvement_note(baseline, summaries[0].runs),
        on_other_models=on_other_models({method: models[method] for method in methods if method in models}, baseline),
        among=among,
        figures=_figures(charted, compared, among),
        close_ups=_close_ups(charted, compared) if among else [],
        periods=_periods(charted, methods, manifest),
        undefined=sorted({each.scored_period for each in results if each.auc is None}),
        rows=manifest.get("rows", {}),
        reasons=manifest.get("quarantined", {}),
        settings=listed(config),
        preparation=listed({key: value for key, value in manifest.items() if key not in LONG}),
    )


@dataclass(frozen=True)
class _PeriodRow:
    """A scored period, each score the mean over runs, in the order of the methods."""

    number: int
    split: str
    begins: str
    samples: int
    auc: list[Cell]
    logloss: list[Cell]


def _periods(results: Sequence[Result], methods: Sequence[str], manifest: Mapping[str, Any]) -> list[_PeriodRow]:
    begins = {each["number"]: str(each["first"] or "")[:10] for each in manifest.get("periods", ())}
    groups: dict[int, list[Result]] = {}
    for each in results:
        groups.setdefault(each.scored_period, []).append(each)
    return [
        _PeriodRow(
            number=number,
            split=group[0].split,
            begins=begins.get(number, ""),
            samples=group[0].samples,
            auc=_cells(max, [[each.auc for each in group if each.method == method] for method in methods]),
            logloss=_cells(min, [[each.logloss for each in group if each.method == method] for method in methods]),
        )
        for number, group in sorted(groups.items())
    ]


def _cells(pick: Callable[[list[float]], float], methods: Sequence[Sequence[float | None]]) -> list[Cell]:
    """The mean over each method's runs, the best marked."""
    runs = [[value for value in values if value is not None] for values in methods]
    means = [fmean(values) if values else None for values in runs]
    best = best_of(pick, means)
    return [score_cell(mean, best=best) for mean in means]


def _metrics(results: Sequence[Result]) -> list[Metric]:
    """Those that there is something to show of."""
    defined = any(each.auc is not None for each in results)
    return [metric for metric in METRICS if metric != "auc" or defined]


def _figures(results: Sequence[Result], compared: str | None, among: Sequence[str] | None) -> list[tuple[str, Markup]]:
    """Captions and figures; differences to the baseline beside the values, where there is one."""
    panels = []
    for metric in _metrics(results):
        panels.append(curves(results, metric, among=among))
        if compared and among is None:
            panels.append(curves(results, metric, compared))
    return [(panel.title, inline(panel)) for panel in panels]


def _close_ups(results: Sequence[Result], compared: str | None) -> list[tuple[str, list[tuple[str, Markup]]]]:
    """For each metric what is shown, and every method's caption and figure."""
    return [
        (
            METRICS[metric].title(compared),
            [(panel.title, inline(panel)) for panel in close_ups(results, metric, compared)],
        )
        for metric in _metrics(results)
    ]
