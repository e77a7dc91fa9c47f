"""Curves over the periods, as the paper's Figure 3: inline SVG that follows the page's width and ink."""

import io
import math
import re
from collections.abc import Mapping, Sequence
from html import escape
from statistics import fmean
from typing import Any, Literal

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from freshrec.evaluation.results import Result
from freshrec.evaluation.summary import deviation

__all__ = ["Metric", "curves"]

Metric = Literal["auc", "logloss"]

# A colour nothing else has: the page's text colour takes its place, so one figure serves light and dark.
INK = "#010203"
# Okabe and Ito's colours for all kinds of colour vision, without the yellow that white paper swallows.
COLOURS = (INK, "#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
DASHES = ("-", "--", "-.", ":")
MARKERS = "osD^vPX*"

NAMES: Mapping[Metric, tuple[str, str]] = {"auc": ("AUC", ""), "logloss": ("Log loss", " (nats)")}
STYLE: dict[Any, Any] = {
    "axes.edgecolor": INK,
    "axes.facecolor": "none",
    "axes.formatter.useoffset": False,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": "none",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "grid.alpha": 0.15,
    "grid.color": INK,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.5,
    "savefig.facecolor": "none",
    "svg.fonttype": "none",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": INK,
    "ytick.color": INK,
}


def curves(results: Sequence[Result], metric: Metric, baseline: str | None = None) -> str:
    """One line a method over the scored periods, as an SVG element to stand inside a page.

    A line is the mean over runs, its band one standard deviation between runs to each side. A period whose
    AUC is undefined leaves a gap. The same results give the same bytes.

    Args:
        results: scored periods of one data set.
        metric: what to draw.
        baseline: one of the methods; with it, each run's difference to the baseline's run is drawn instead.
    """
    values = _values(results, metric, baseline)
    name, unit = NAMES[metric]
    name += f" minus {baseline}'s" if baseline else ""
    salt = f"{metric}-difference" if baseline else metric
    columns = max(1, 56 // (6 + max(map(len, values), default=0)))
    with rc_context({**STYLE, "svg.hashsalt": salt}):
        figure = Figure(figsize=(5.0, 2.8 + 0.22 * math.ceil(len(values) / columns)), layout="constrained")
        axes = figure.add_subplot()
        for index, (method, periods) in enumerate(values.items()):
            _draw(axes, index, method, periods, shade=round(min(0.15, 0.5 / len(values)), 2))
        _mark_splits(axes, results)
        axes.set_xlabel("Scored period")
        axes.set_ylabel(name + unit)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(axis="y")
        figure.legend(loc="outside lower center", ncols=columns, frameon=False, handlelength=3.2)
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    return _inline(file.getvalue(), salt, f"{name} of {', '.join(values)}, by scored period")


def _values(results: Sequence[Result], metric: Metric, baseline: str | None) -> dict[str, dict[int, list[float]]]:
    """Method to scored period to one value a run, NaN where undefined."""
    found = {(each.method, each.run, each.scored_period): _value(each, metric) for each in results}
    values: dict[str, dict[int, list[float]]] = {}
    for (method, run, period), value in sorted(found.items(), key=lambda item: item[0][2]):
        base = found.get((baseline, run, period), math.nan) if baseline else 0.0
        values.setdefault(method, {}).setdefault(period, []).append(value - base)
    return {method: values[method] for method in dict.fromkeys(each.method for each in results)}


def _value(result: Result, metric: Metric) -> float:
    value = result.auc if metric == "auc" else result.logloss
    return math.nan if value is None else value


def _draw(axes: Axes, index: int, method: str, periods: Mapping[int, Sequence[float]], shade: float) -> None:
    colour = COLOURS[index % len(COLOURS)]
    middle = [fmean(runs) for runs in periods.values()]
    axes.plot(
        list(periods),
        middle,
        label=method,
        color=colour,
        linestyle=DASHES[index % len(DASHES)],
        marker=MARKERS[index % len(MARKERS)],
    )
    spread = [deviation(runs) or 0.0 for runs in periods.values()]
    if any(spread):
        low, high = ([m + sign * s for m, s in zip(middle, spread, strict=True)] for sign in (-1, 1))
        axes.fill_between(list(periods), low, high, color=colour, alpha=shade, linewidth=0)


def _mark_splits(axes: Axes, results: Sequence[Result]) -> None:
    """Shade the validation and the test periods; their names grow apart, so that they cannot collide."""
    for split, alpha, side, gap in (("validation", 0.04, "right", -3), ("test", 0.09, "left", 3)):
        periods = [each.scored_period for each in results if each.split == split]
        if periods:
            first, last = min(periods) - 0.5, max(periods) + 0.5
            axes.axvspan(first, last, color=INK, alpha=alpha, linewidth=0, zorder=0)
            corner = (last if side == "right" else first, 1.0)
            where = axes.get_xaxis_transform()
            axes.annotate(split, corner, (gap, 3), where, "offset points", ha=side, fontsize=9)


def _inline(svg: str, prefix: str, title: str) -> str:
    """The bare element: as wide as its place, in the page's colours, its ids unique beside other figures."""
    svg = re.sub(r"<defs>\s*<style.*?</defs>\s*", "", svg[svg.index("<svg") :].strip(), flags=re.DOTALL)
    inside_a_tag = r"(?=[^<>]*>)"
    svg = re.sub(r"(\d\.\d\d)\d+" + inside_a_tag, r"\1", svg)
    for index, colour in enumerate(COLOURS):
        svg = svg.replace(colour, f"var(--series-{index}, {colour})" if index else "currentColor")
    svg = re.sub(r'\bid="', f'id="{prefix}-', svg)
    svg = re.sub(r'(href="|url\()#', rf"\1#{prefix}-", svg)
    opening, rest = svg.split(">", 1)
    opening = re.sub(r' (width|height)="[^"]*"', "", opening)
    return f'{opening} role="img" aria-label="{escape(title)}" stroke-linejoin="round">{rest}\n'
