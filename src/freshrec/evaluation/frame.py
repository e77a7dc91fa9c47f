"""The range of a figure's axis, so that one bad line does not flatten all others."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Literal, TypeAlias

from freshrec.metrics import Metric

__all__ = ["Frame", "Side", "bad_side", "frame"]

Side: TypeAlias = Literal["below", "above", "both"]

EDGE = 0.04
"""What is left free beyond the lines, as a share of their height."""

FAR = 1.5
"""Typical heights of a line beyond its typical end from which on a line is outside."""


@dataclass(frozen=True)
class Frame:
    """What a vertical axis shows.

    Attributes:
        low: its lower end.
        high: its upper end; equal to `low` where there is nothing to show.
        outside: the lines that leave it, each with its value that is furthest from it.
    """

    low: float
    high: float
    outside: Mapping[str, float]

    @property
    def limits(self) -> tuple[float, float]:
        """The ends of the axis, with a little free beyond those of the lines."""
        margin = EDGE * (self.high - self.low)
        return self.low - margin, self.high + margin

    def only(self, lines: Collection[str]) -> "Frame":
        """The same range, of some of the lines."""
        return replace(self, outside={name: value for name, value in self.outside.items() if name in lines})

    @property
    def note(self) -> str:
        """A sentence that names the lines outside and how far they go; empty where there are none."""
        told = [
            f"{name}, {'down' if value < self.low else 'up'} to {value:.3g}".replace("-", "−")
            for name, value in self.outside.items()
        ]
        return f"Outside the frame: {'; '.join(told)}." if told else ""


def frame(lines: Mapping[str, Iterable[float]], side: Side = "both", always: Collection[str] = ()) -> Frame:
    """The range that holds all lines but those far on the bad side of most others; fewer than half may be outside.

    A line is far if it ends more than `FAR` typical heights beyond where lines end; typical is the median over lines.
    With fewer than three lines all are inside.

    Args:
        lines: name to its values; those that are not finite are left out.
        side: where bad values are.
        always: the names of lines that are inside wherever they are.

    >>> frame({"a": [0.7, 0.8], "b": [0.71, 0.79], "c": [0.1, 0.7]})
    Frame(low=0.7, high=0.8, outside={'c': 0.1})
    """
    finite = {name: [value for value in values if math.isfinite(value)] for name, values in lines.items()}
    ends = {name: (min(values), max(values)) for name, values in finite.items() if values}
    if not ends:
        return Frame(0.0, 0.0, {})
    low, high = median(low for low, _ in ends.values()), median(high for _, high in ends.values())
    far = FAR * (high - low)
    below = {name for name, (least, _) in ends.items() if side != "above" and least < low - far}
    above = {name for name, (_, most) in ends.items() if side != "below" and most > high + far}
    outside = (below | above) - set(always)
    if 2 * len(outside) >= len(ends) or len(ends) < 3:
        outside = set()
    inside = [end for name, end in ends.items() if name not in outside]
    bottom, top = min(low for low, _ in inside), max(high for _, high in inside)
    return Frame(bottom, top, {name: _furthest(ends[name], bottom, top) for name in ends if name in outside})


def bad_side(metric: Metric) -> Side:
    """Where a metric's bad values are; on both sides where values nearer to an ideal are better."""
    return "below" if metric.better == "higher" else "above" if metric.better == "lower" else "both"


def _furthest(ends: Sequence[float], low: float, high: float) -> float:
    least, most = ends
    return least if low - least > most - high else most
