"""What a schedule is drawn with; a place is a column, counted in periods, and a height in inches."""

from typing import TypeAlias

from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

__all__ = [
    "CARRIED",
    "COLUMN",
    "FAINT",
    "GENERATED",
    "INK",
    "PERIOD",
    "SNAPSHOT",
    "arrow",
    "band",
    "box",
    "carry",
    "state",
    "towards",
]

Place: TypeAlias = tuple[float, float]

# Okabe and Ito's colours, darkened where white paper would swallow them; none has a meaning that shape or place lacks.
INK, FAINT, SHADE = "#1b1f24", "#9aa3ad", "#eef0f3"
SNAPSHOT, GENERATED, PERIOD, CARRIED, CARRIED_SHADE = "#0072b2", "#009e73", "#a66f00", "#d55e00", "#f9d3b8"

COLUMN = 0.76
"""Inches between columns."""
HALF, TALL, RADIUS = 0.21, 0.14, 0.165
"""Half of a box's width and height, and a circle's radius."""
GAP = 12.5
"""Points that an arrow keeps from the centre of what it joins."""


def box(axes: Axes, place: Place, text: str, colour: str, *, faint: bool = False) -> None:
    """A model or a period's data; a faint one is there and not used."""
    x, y = place[0] * COLUMN, place[1]
    axes.add_patch(
        FancyBboxPatch(
            (x - HALF, y - TALL),
            2 * HALF,
            2 * TALL,
            "round,pad=0,rounding_size=0.05",
            facecolor="white",
            edgecolor=FAINT if faint else colour,
            linewidth=0.8 if faint else 1.6,
            linestyle=(0, (2, 2)) if faint else "-",
            zorder=3,
        )
    )
    axes.text(x, y - 0.01, text, ha="center", va="center", color=FAINT if faint else INK, zorder=4)


def state(axes: Axes, place: Place, text: str, *, carried: bool = False, zero: bool = False) -> None:
    """A hidden state; one that is handed on is filled, zeros are dashed."""
    x, y = place[0] * COLUMN, place[1]
    axes.add_patch(
        Circle(
            (x, y),
            RADIUS,
            facecolor=CARRIED_SHADE if carried else "white",
            edgecolor=CARRIED if carried else INK,
            linewidth=1.8 if carried else 1.0,
            linestyle=(0, (2, 2)) if zero else "-",
            zorder=3,
        )
    )
    axes.text(x, y - 0.01, text, ha="center", va="center", fontsize=9, color=INK, zorder=4)


def band(axes: Axes, first: float, last: float, y: float) -> None:
    """What lies behind the states that one generator steps through."""
    left, right = first * COLUMN - 0.27, last * COLUMN + 0.27
    shape = "round,pad=0,rounding_size=0.1"
    axes.add_patch(FancyBboxPatch((left, y - 0.25), right - left, 0.5, shape, facecolor=SHADE, edgecolor="none"))


def arrow(axes: Axes, start: Place, end: Place) -> None:
    """From one circle or box to the next, beside or above it."""
    _straight(axes, (start[0] * COLUMN, start[1]), (end[0] * COLUMN, end[1]), INK, GAP)


def towards(axes: Axes, model: Place, period: Place) -> None:
    """From a generated model, at the top right of its box, to the left of the data that its loss is on."""
    start = (model[0] * COLUMN + HALF / 2, model[1] + TALL)
    _straight(axes, start, (period[0] * COLUMN - HALF, period[1]), GENERATED, 1.5)


def _straight(axes: Axes, start: Place, end: Place, colour: str, gap: float) -> None:
    axes.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=8,
            shrinkA=gap,
            shrinkB=gap,
            color=colour,
            linewidth=1.1,
            zorder=2,
        )
    )


def carry(axes: Axes, start: Place, end: Place) -> None:
    """From a kept state to the same one further down, to the left of what stands between them."""
    x, high, low = start[0] * COLUMN, start[1], end[1]
    side, bend = x - 0.36, 0.45
    points = [
        (x - 0.13, high - 0.13),
        (side, high - 0.3),
        (side, high - bend),
        (side, low + bend),
        (side, low + 0.27),
        (x - 0.14, low + 0.13),
    ]
    codes = [Path.MOVETO, Path.CURVE3, Path.CURVE3, Path.LINETO, Path.CURVE3, Path.CURVE3]
    axes.add_patch(
        FancyArrowPatch(
            path=Path(points, codes),
            arrowstyle="-|>",
            mutation_scale=9,
            shrinkA=0,
            shrinkB=0,
            facecolor="none",
            edgecolor=CARRIED,
            linewidth=1.5,
            zorder=2,
        )
    )
