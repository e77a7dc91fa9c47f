"""Curves over the periods, as the paper's Figure 3."""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from statistics import median
from typing import TypeAlias

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from freshrec.evaluation.drawing import COLOURS, DASHES, INK, MARKERS, Panel
from freshrec.evaluation.frame import Frame, frame
from freshrec.evaluation.results import Result
from freshrec.metrics import Metric

__all__ = ["axis_title", "close_ups", "curves", "figure_title"]

Values: TypeAlias = Mapping[str, Mapping[int, Sequence[float]]]

ACCENT = COLOURS[2]
NAMED = 1
"""Methods outside the frame that a figure names; there is no room for more."""
EDGE = 0.04
"""What is left free above and below the lines, as a share of their height."""


def axis_title(metric: Metric, baseline: str | None = None) -> str:
    """A metric, or its difference to a baseline, with its unit."""
    return metric.heading + (f" minus {baseline}" if baseline else "") + (f" ({metric.unit})" if metric.unit else "")


def figure_title(metric: Metric, baseline: str | None = None) -> str:
    """A metric, or its difference to a baseline, with the values that are better."""
    if metric.better == "nearer":
        return f"{metric.heading}" + (f" as a difference to {baseline}" if baseline else f": {metric.ideal:g} is best")
    if baseline is None:
        return f"{metric.heading}: {metric.better} is better"
    side = "above" if metric.better == "higher" else "below"
    return f"{metric.heading} as a difference to {baseline}: {side} 0 is better"


def curves(
    results: Sequence[Result],
    metric: Metric,
    baseline: str | None = None,
    *,
    among: Sequence[str] | None = None,
    prefix: str = "",
) -> Panel:
    """One line a method over the scored periods.

    A line is the median over runs, and small points are the runs, so that one that differs is seen. A period where the
    metric is undefined leaves a gap. Where there are several splits, validation and test periods are shaded. A method
    with runs far from most others leaves the frame, which names it.

    Args:
        results: scored periods of one data set.
        metric: what to draw.
        baseline: one of the methods; with it, each run's difference to the baseline's run is drawn instead.
        among: the methods that are told apart; the others are thin lines behind them. By default all are.
        prefix: of the panel's name, where a page has several of the same kind.
    """
    values, axis = _values(results, metric, baseline), axis_title(metric, baseline)
    told = [method for method in values if among is None or method in among]
    return Panel(
        name=prefix + _name(metric, baseline),
        title=figure_title(metric, baseline),
        label=f"{axis} of {', '.join(told)}, by scored period",
        draw=partial(_curves, results=results, values=values, axis=axis, told=told, baseline=baseline, named=True),
    )


def close_ups(results: Sequence[Result], metric: Metric, baseline: str | None = None) -> list[Panel]:
    """One small panel a method, its line among those of all others, all on the same scale; the baseline has none.

    Args:
        results: as for `curves`.
        metric: as for `curves`.
        baseline: as for `curves`.
    """
    values, axis = _values(results, metric, baseline), axis_title(metric, baseline)
    return [
        Panel(
            name=f"{_name(metric, baseline)}-{number}",
            title=method,
            label=f"{axis} of {method} among all methods, by scored period",
            draw=partial(
                _curves, results=results, values=values, axis=axis, told=[method], baseline=baseline, named=False
            ),
            width=2.9,
            height=2.0,
        )
        for number, method in enumerate(values, start=1)
        if method != baseline
    ]


def _name(metric: Metric, baseline: str | None) -> str:
    return metric.name.replace("_", "-") + ("-difference" if baseline else "")


def _values(results: Sequence[Result], metric: Metric, baseline: str | None) -> dict[str, dict[int, list[float]]]:
    """Method to scored period to one value a run, NaN where undefined."""
    found = {(each.method, each.run, each.scored_period): _value(each, metric) for each in results}
    values: dict[str, dict[int, list[float]]] = {}
    for (method, run, period), value in sorted(found.items(), key=lambda item: item[0][2]):
        base = found.get((baseline, run, period), math.nan) if baseline else 0.0
        values.setdefault(method, {}).setdefault(period, []).append(value - base)
    return {method: values[method] for method in dict.fromkeys(each.method for each in results)}


def _value(result: Result, metric: Metric) -> float:
    value = result.scores[metric.name]
    return math.nan if value is None else value


def _curves(
    axes: Axes,
    results: Sequence[Result],
    values: Values,
    axis: str,
    told: Sequence[str],
    baseline: str | None,
    *,
    named: bool,
) -> None:
    """Draw the methods told apart over the others, which are thin lines; unnamed, in one look for all panels."""
    for method, periods in values.items():
        if method not in told:
            axes.plot(list(periods), _middle(periods), color=INK, alpha=0.3, linewidth=0.7)
    for index, method in enumerate(told):
        look = (
            {"label": method, "linestyle": DASHES[index % len(DASHES)], "marker": MARKERS[index % len(MARKERS)]}
            if named
            else {"marker": MARKERS[0], "markersize": 3.0}
        )
        colour = COLOURS[index % len(COLOURS)] if named else ACCENT
        axes.plot(list(values[method]), _middle(values[method]), color=colour, **look)
        _runs(axes, values[method], colour)
    shown = frame(_all_runs(values), always=[baseline] if baseline else [])
    if shown.low < shown.high:
        margin = EDGE * (shown.high - shown.low)
        axes.set_ylim(shown.low - margin, shown.high + margin)
        _name_outside(axes, shown)
    _mark_splits(axes, results)
    axes.set_xlabel("Scored period")
    axes.set_ylabel(axis, fontsize=None if named else 8.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=9 if named else 5))
    axes.grid(axis="y")


def _middle(periods: Mapping[int, Sequence[float]]) -> list[float]:
    return [median(runs) for runs in periods.values()]


def _runs(axes: Axes, periods: Mapping[int, Sequence[float]], colour: str) -> None:
    """A small point a run, where runs differ."""
    points = [(period, value) for period, runs in periods.items() if len(set(runs)) > 1 for value in runs]
    if points:
        at, values = zip(*points, strict=True)
        axes.scatter(at, values, s=5, color=colour, alpha=0.5, linewidths=0)


def _all_runs(values: Values) -> dict[str, list[float]]:
    """Each method's values in all periods and runs."""
    return {method: [value for runs in periods.values() for value in runs] for method, periods in values.items()}


def _name_outside(axes: Axes, shown: Frame) -> None:
    """Say above the axes which methods leave the frame, and how far."""
    texts = [
        f"{method}: {'down' if value < shown.low else 'up'} to {value:.3g}".replace("-", "−")
        for method, value in shown.outside.items()
    ]
    if texts:
        rest = f"; {len(texts) - NAMED} more" if len(texts) > NAMED else ""
        text, where = "; ".join(texts[:NAMED]) + rest, "axes fraction"
        axes.annotate(text, (0.0, 1.0), (0, 3), where, "offset points", ha="left", fontsize=8.5)


def _mark_splits(axes: Axes, results: Sequence[Result]) -> None:
    """Shade the validation and the test periods; their names grow apart, so that they cannot collide."""
    if len({each.split for each in results}) == 1:
        return
    for split, alpha, side, gap in (("validation", 0.04, "right", -3), ("test", 0.09, "left", 3)):
        periods = [each.scored_period for each in results if each.split == split]
        if periods:
            first, last = min(periods) - 0.5, max(periods) + 0.5
            axes.axvspan(first, last, color=INK, alpha=alpha, linewidth=0, zorder=0)
            corner = (last if side == "right" else first, 1.0)
            where = axes.get_xaxis_transform()
            axes.annotate(split, corner, (gap, 3), where, "offset points", ha=side, fontsize=8.5)
