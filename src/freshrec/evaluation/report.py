"""The page that shows a comparison: one file that needs nothing else, for screens, phones and paper."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from statistics import fmean
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from freshrec.evaluation.figures import Metric, curves
from freshrec.evaluation.headline import headline
from freshrec.evaluation.results import Result
from freshrec.evaluation.summary import Summary

__all__ = ["render"]

LONG = frozenset({"periods", "digests", "files", "rows", "quarantined"})
"""Parts of a manifest that are told in words or in tables of their own."""


def render(
    results: Sequence[Result],
    summaries: Sequence[Summary],
    config: Mapping[str, Any],
    manifest: Mapping[str, Any],
    baseline: str = "iu",
) -> str:
    """The whole of report.html; the same input gives the same bytes.

    Args:
        results: the scored periods of one data set.
        summaries: what `summarise` made of them; at least one.
        config: settings and versions, nested as they are, to be listed.
        manifest: how the stream was prepared: `rows` is told in words and `quarantined` in a table where they
            are there, `periods` dates the periods, and short entries are listed.
        baseline: the method that improvements are relative to.
    """
    methods = [each.method for each in summaries]
    compared = baseline if baseline in methods and len(methods) > 1 else None
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(score=_score, percent=_percent, seconds=_seconds, whole=_whole)
    template = environment.from_string(files(__package__).joinpath("report.html.jinja").read_text("utf-8"))
    return template.render(
        dataset=results[0].dataset,
        baseline=compared,
        base=next((each for each in summaries if each.method == compared), None),
        summaries=summaries,
        best_auc=_best(max, [each.auc_mean for each in summaries]),
        best_logloss=_best(min, [each.logloss_mean for each in summaries]),
        headline=headline(results, summaries, baseline),
        figures=_figures(results, compared),
        periods=_periods(results, methods, manifest),
        undefined=sorted({each.scored_period for each in results if each.auc is None}),
        rows=manifest.get("rows", {}),
        reasons=manifest.get("quarantined", {}),
        settings=_listed(config),
        preparation=_listed({key: value for key, value in manifest.items() if key not in LONG}),
    )


@dataclass(frozen=True)
class _PeriodRow:
    """A scored period, each score the mean over runs, in the order of the methods."""

    number: int
    split: str
    begins: str
    samples: int
    auc: list[float | None]
    logloss: list[float | None]
    best_auc: float | None
    best_logloss: float | None


def _periods(results: Sequence[Result], methods: Sequence[str], manifest: Mapping[str, Any]) -> list[_PeriodRow]:
    begins = {each["number"]: str(each["first"] or "")[:10] for each in manifest.get("periods", ())}
    groups: dict[int, list[Result]] = {}
    for each in results:
        groups.setdefault(each.scored_period, []).append(each)
    rows = []
    for number, group in sorted(groups.items()):
        auc = [_mean(each.auc for each in group if each.method == method) for method in methods]
        logloss = [_mean(each.logloss for each in group if each.method == method) for method in methods]
        rows.append(
            _PeriodRow(
                number=number,
                split=group[0].split,
                begins=begins.get(number, ""),
                samples=group[0].samples,
                auc=auc,
                logloss=logloss,
                best_auc=_best(max, auc),
                best_logloss=_best(min, logloss),
            )
        )
    return rows


def _mean(values: Iterator[float | None]) -> float | None:
    defined = [value for value in values if value is not None]
    return fmean(defined) if defined else None


def _best(pick: Callable[[list[float]], float], values: Sequence[float | None]) -> float | None:
    """The best of the values; None where they are all the same, and for a single one."""
    defined = [value for value in values if value is not None]
    return pick(defined) if len(set(defined)) > 1 else None


def _figures(results: Sequence[Result], compared: str | None) -> list[tuple[str, Markup]]:
    """Captions and figures; differences to the baseline beside the values, where there is one."""
    metrics: list[tuple[Metric, str]] = [("logloss", "Log loss: lower is better")]
    if any(each.auc is not None for each in results):
        metrics.insert(0, ("auc", "AUC: higher is better"))
    figures = []
    for metric, caption in metrics:
        # The figures come from this package's own drawing, with every name in them escaped.
        figures.append((caption, Markup(curves(results, metric))))
        if compared:
            better = "above" if metric == "auc" else "below"
            caption = f"The same as a difference to {compared}: {better} 0 is better"
            figures.append((caption, Markup(curves(results, metric, compared))))
    return figures


def _listed(nested: Mapping[str, Any]) -> dict[str, list[tuple[str, str]]]:
    """Settings as groups of (dotted name, value); what stands alone at the top goes first, without a name."""
    groups: dict[str, list[tuple[str, str]]] = {"": []}
    for name, value in nested.items():
        if isinstance(value, Mapping):
            groups[name] = list(_flat(value))
        else:
            groups[""].append((name, _told(value)))
    return {name: pairs for name, pairs in groups.items() if pairs}


def _flat(nested: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in nested.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", _told(value)


def _told(value: object) -> str:
    if value is None or value in ({}, [], ()):
        return "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)


def _score(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _percent(value: float | None) -> str:
    """Signed, with a true minus; zero has no sign."""
    return "–" if value is None else f"{value:+.2f}%".replace("-", "−") if abs(value) >= 0.005 else "0.00%"


def _seconds(value: float) -> str:
    return f"{value:#.3g} s" if value < 99.5 else f"{value:,.0f} s"


def _whole(value: int) -> str:
    return f"{value:,}"
