"""Curves over the periods, as the paper's Figure 3."""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from statistics import median
from typing import TypeAlias

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from freshrec.evaluation.drawing import COLOURS, DASHES, INK, MARKERS, Panel
from freshrec.evaluation.frame import Frame, bad_side, frame
from freshrec.evaluation.results import Result
from freshrec.metrics import Metric

__all__ = ["axis_title", "close_ups", "curves", "figure_title"]

Values: TypeAlias = Mapping[str, Mapping[int, Sequence[float]]]

ACCENT = COLOURS[2]


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
    with runs far worse than most others leaves the frame, and the panel's note names it.

    Args:
        results: scored periods of one data set.
        metric: what to draw.
        baseline: one of the methods; with it, each run's difference to the baseline's run is drawn instead.
        among: the methods that are told apart; the others are thin lines behind them. By default all are.
        prefix: of the panel's name, where a page has several of the same kind.
    """
    values, axis = _values(results, metric, baseline), axis_title(metric, baseline)
    shown = _frame(values, metric, baseline)
    told = [method for method in values if among is None or method in among]
    return Panel(
        name=prefix + _name(metric, baseline),
        title=figure_title(metric, baseline),
        label=f"{axis} of {', '.join(told)}, by scored period",
        draw=partial(_curves, results=results, values=values, shown=shown, axis=axis, told=told, named=True),
        note=shown.note,
    )


def close_ups(results: Sequence[Result], metric: Metric, baseline: str | None = None) -> list[Panel]:
    """One small panel a method, its line among those of all others, all on the same scale; the baseline has none.

    Args:
        results: as for `curves`.
        metric: as for `curves`.
        baseline: as for `curves`.
    """
    values, axis = _values(results, metric, baseline), axis_title(metric, baseline)
    shown = _frame(values, metric, baseline)
    return [
        Panel(
            name=f"{_name(metric, baseline)}-{number}",
            title=method,
            label=f"{axis} of {method} among all methods, by scored period",
            draw=partial(_curves, results=results, values=values, shown=shown, axis=axis, told=[method], named=False),
            note=shown.only([method]).note,
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
    shown: Frame,
    axis: str,
    told: Sequence[str],
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
    if shown.low < shown.high:
        axes.set_ylim(*shown.limits)
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


def _frame(values: Values, metric: Metric, baseline: str | None) -> Frame:
    """What the vertical axis shows: the values of all runs, but for methods that are far worse than most others."""
    lines = {method: [value for runs in periods.values() for value in runs] for method, periods in values.items()}
    return frame(lines, bad_side(metric), always=[baseline] if baseline else [])


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
