"""The figure of where methods gain over the baseline: a row a slice, a point a method."""

from collections.abc import Sequence
from functools import partial

from matplotlib.axes import Axes

from freshrec.evaluation.drawing import COLOURS, INK, MARKERS, Panel
from freshrec.evaluation.figures import axis_title
from freshrec.evaluation.frame import Frame, bad_side, frame
from freshrec.evaluation.slice_scores import SliceScore
from freshrec.metrics import Metric

__all__ = ["slice_panel"]

ROW = 0.24
"""Height of a slice, in inches."""
ZERO = ""
"""Stands for the baseline among the methods, whose differences are 0."""
LEAST = 0.01
"""The share of the samples below which a slice is not drawn; its interval would set the scale for all."""


def slice_panel(
    scores: Sequence[SliceScore], metric: Metric, baseline: str, methods: Sequence[str], prefix: str = ""
) -> Panel | None:
    """The differences to the baseline on every slice with at least 1% of the samples, with their 95% intervals.

    Args:
        scores: what `slice_scores` gave.
        metric: what to draw.
        baseline: what differences are to.
        methods: the methods to draw, in this order.
        prefix: of the panel's name, where a page has several of the same kind.

    Returns:
        The panel; None where no slice has a difference.
    """
    least = LEAST * max((each.samples for each in scores), default=0)
    drawn = [
        each
        for each in scores
        if each.metric == metric.name
        and each.method in methods
        and each.difference is not None
        and each.samples >= least
    ]
    slices = list(dict.fromkeys(each.slice for each in drawn))
    if not slices:
        return None
    axis, shown = axis_title(metric, baseline), _frame(drawn, metric)
    return Panel(
        name=f"{prefix}slices-{metric.name.replace('_', '-')}",
        title=_title(metric, baseline),
        label=f"{axis} of {', '.join(methods)}, by slice of the test periods, with 95% intervals",
        draw=partial(_draw, scores=drawn, shown=shown, slices=slices, methods=methods, axis=axis),
        note=shown.note,
        width=4.8,
        height=0.8 + ROW * len(slices),
    )


def _title(metric: Metric, baseline: str) -> str:
    title = f"{metric.heading} as a difference to {baseline}, by slice"
    if metric.better == "nearer":
        return title
    return f"{title}: {'right' if metric.better == 'higher' else 'left'} of 0 is better"


def _draw(
    axes: Axes, scores: Sequence[SliceScore], shown: Frame, slices: Sequence[str], methods: Sequence[str], axis: str
) -> None:
    total = max(each.samples for each in scores)
    axes.axvline(0, color=INK, alpha=0.5, linewidth=0.8)
    for index, method in enumerate(methods):
        own = [each for each in scores if each.method == method]
        offset = 0.6 * ((index + 0.5) / len(methods) - 0.5)
        at = [slices.index(each.slice) + offset for each in own]
        middle = [each.difference or 0.0 for each in own]
        below = [m - (m if each.low is None else each.low) for m, each in zip(middle, own, strict=True)]
        above = [(m if each.high is None else each.high) - m for m, each in zip(middle, own, strict=True)]
        # The first colour and marker are the baseline's in the other figures.
        colour, marker = COLOURS[(index + 1) % len(COLOURS)], MARKERS[(index + 1) % len(MARKERS)]
        axes.errorbar(middle, at, xerr=(below, above), fmt=marker, color=colour, elinewidth=1.0, label=method)
    if shown.low < shown.high:
        axes.set_xlim(*shown.limits)
    counts = {each.slice: each.samples for each in scores}
    axes.set_yticks(range(len(slices)), [f"{name}  {100 * counts[name] / total:.3g}%" for name in slices])
    axes.set_ylim(len(slices) - 0.4, -0.6)
    axes.set_xlabel(axis)
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)


def _frame(scores: Sequence[SliceScore], metric: Metric) -> Frame:
    """What the horizontal axis shows: all intervals, but for methods that are far worse than most others."""
    ends: dict[str, list[float]] = {ZERO: [0.0]}
    for each in scores:
        ends.setdefault(each.method, []).extend(
            end for end in (each.difference, each.low, each.high) if end is not None
        )
    return frame(ends, bad_side(metric), always=[ZERO])
