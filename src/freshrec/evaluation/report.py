"""The page that shows a comparison: one file that needs nothing else, for screens, phones and paper."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from markupsafe import Markup

from freshrec.data import minute
from freshrec.evaluation.cautions import cautions
from freshrec.evaluation.data_section import data_section
from freshrec.evaluation.diagnostics import diagnostics_table
from freshrec.evaluation.drawing import COLOURS, inline
from freshrec.evaluation.figures import close_ups, curves, figure_title
from freshrec.evaluation.finding import (
    baseline_note,
    headline,
    improvement_note,
    on_extended_models,
    on_other_models,
    ranked,
)
from freshrec.evaluation.pages import render_page
from freshrec.evaluation.results import Result
from freshrec.evaluation.settings_section import describe_settings
from freshrec.evaluation.slice_figure import slice_panel
from freshrec.evaluation.slice_scores import SliceScore
from freshrec.evaluation.summary import SHOWN, Score, Summary
from freshrec.evaluation.tables import Cell, head, other_metrics_table, score_cells, summary_table
from freshrec.metrics import Metric

__all__ = ["render"]

MANY = len(COLOURS)
"""How many lines one figure can tell apart."""


def render(
    results: Sequence[Result],
    summaries: Sequence[Summary],
    metrics: Sequence[Metric],
    baseline: str | None,
    config: Mapping[str, Any],
    manifest: Mapping[str, Any],
    models: Mapping[str, type],
    slices: Sequence[SliceScore] = (),
) -> str:
    """The whole of report.html; the same input gives the same bytes.

    Args:
        results: the scored periods of one data set.
        summaries: what `summarise` made of them; at least one.
        metrics: those of the summaries, in the order in which they rank methods.
        baseline: the method that improvements are relative to, where there is one.
        config: settings and versions, nested as they are, to be listed.
        manifest: how the stream was prepared; `periods` dates the scored ones, and `data_section` shows the rest.
        models: the base model of every method.
        slices: the scores by slice.
    """
    compared = baseline if len(summaries) > 1 and any(each.method == baseline for each in summaries) else None
    competing = [each for each in summaries if not each.trivial] or summaries
    methods = [each.method for each in competing]
    of_competing = [each for each in results if each.method in methods]
    charted = [each for each in results if each.method in (*methods, compared)]
    best = ranked(competing, metrics)[0].method
    shown = _defined(results, metrics[:SHOWN])
    among = None if len(methods) <= MANY else tuple(dict.fromkeys((compared or best, best)))
    return render_page(
        __package__,
        "report.html.jinja",
        dataset=results[0].dataset,
        baseline=compared,
        base=next((each for each in summaries if each.method == compared), None),
        summaries=summaries,
        competing=competing,
        scores=summary_table(summaries, metrics, baseline),
        others=other_metrics_table(summaries, metrics),
        headline=headline(results, summaries, metrics, baseline),
        cautions=cautions(results, summaries, metrics),
        by_slice=_by_slice(slices, shown, compared, among or methods),
        on_extended_models=on_extended_models(summaries),
        baseline_note=baseline_note(summaries, metrics),
        improvement_note=improvement_note(compared, summaries[0].runs) if compared else "",
        on_other_models=on_other_models({method: models[method] for method in methods if method in models}, baseline),
        among=among,
        figures=_figures(charted, shown, compared, among),
        close_ups=_close_ups(charted, shown, compared) if among else [],
        shown={metric.name: head(metric) for metric in metrics[:SHOWN]},
        periods=_periods(of_competing, methods, metrics[:SHOWN], manifest),
        undefined=_undefined(results, metrics),
        diagnostics=diagnostics_table(results),
        data=data_section(manifest),
        settings=describe_settings(config),
    )


@dataclass(frozen=True)
class _PeriodRow:
    """A scored period; by metric a cell a method, the mean over runs."""

    number: int
    split: str
    begins: str
    samples: int
    scores: Mapping[str, list[Cell]]


def _periods(
    results: Sequence[Result], methods: Sequence[str], metrics: Sequence[Metric], manifest: Mapping[str, Any]
) -> list[_PeriodRow]:
    begins = {each["number"]: minute(each["first"]) for each in manifest.get("periods", ())}
    groups: dict[int, list[Result]] = {}
    for each in results:
        groups.setdefault(each.scored_period, []).append(each)
    return [
        _PeriodRow(
            number=number,
            split=group[0].split,
            begins=begins.get(number, ""),
            samples=group[0].samples,
            scores={metric.name: _cells(group, methods, metric) for metric in metrics},
        )
        for number, group in sorted(groups.items())
    ]


def _cells(group: Sequence[Result], methods: Sequence[str], metric: Metric) -> list[Cell]:
    """The mean over each method's runs, the best marked."""
    values: dict[str, list[float]] = {method: [] for method in methods}
    for each in group:
        value = each.scores[metric.name]
        values[each.method] += [] if value is None else [value]
    return score_cells([Score(fmean(runs) if runs else None) for runs in values.values()], metric)


def _defined(results: Sequence[Result], metrics: Sequence[Metric]) -> list[Metric]:
    """The metrics that have a value somewhere."""
    return [metric for metric in metrics if any(each.scores[metric.name] is not None for each in results)]


def _undefined(results: Sequence[Result], metrics: Sequence[Metric]) -> list[tuple[Metric, list[int]]]:
    """The metrics that are undefined in some scored periods, with those periods."""
    periods = {
        metric: sorted({each.scored_period for each in results if each.scores[metric.name] is None})
        for metric in metrics
    }
    return [(metric, found) for metric, found in periods.items() if found]


def _figures(
    results: Sequence[Result], metrics: Sequence[Metric], compared: str | None, among: Sequence[str] | None
) -> list[tuple[str, Markup]]:
    """Captions and figures; differences to the baseline beside the values, where there is one."""
    panels = []
    for metric in metrics:
        panels.append(curves(results, metric, among=among))
        if compared and among is None:
            panels.append(curves(results, metric, compared))
    return [(panel.caption, inline(panel)) for panel in panels]


def _by_slice(
    slices: Sequence[SliceScore], metrics: Sequence[Metric], compared: str | None, methods: Sequence[str]
) -> list[tuple[str, Markup]]:
    """Caption and figure of the first metric that is shown; nothing without a baseline."""
    others = [method for method in methods if method != compared]
    panel = slice_panel(slices, metrics[0], compared, others) if compared and metrics and others else None
    return [(panel.caption, inline(panel))] if panel else []


def _close_ups(
    results: Sequence[Result], metrics: Sequence[Metric], compared: str | None
) -> list[tuple[str, list[tuple[str, Markup]]]]:
    """For each metric what is shown, and every method's caption and figure."""
    return [
        (
            figure_title(metric, compared),
            [(panel.caption, inline(panel)) for panel in close_ups(results, metric, compared)],
        )
        for metric in metrics
    ]
