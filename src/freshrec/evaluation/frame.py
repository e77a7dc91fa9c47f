"""The range of a figure's axis, so that one bad line does not flatten all others."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

__all__ = ["Frame", "frame"]

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


def frame(lines: Mapping[str, Iterable[float]], always: Collection[str] = ()) -> Frame:
    """The range that holds all lines but those far from most others, of which there may be fewer than half.

    A line is far if it ends more than `FAR` typical heights below or above where lines end; typical is the median over
    lines. With fewer than three lines all are inside.

    Args:
        lines: name to its values; those that are not finite are left out.
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
    outside = {name for name, (least, most) in ends.items() if least < low - far or most > high + far} - set(always)
    if 2 * len(outside) >= len(ends) or len(ends) < 3:
        outside = set()
    inside = [end for name, end in ends.items() if name not in outside]
    bottom, top = min(low for low, _ in inside), max(high for _, high in inside)
    return Frame(bottom, top, {name: _furthest(ends[name], bottom, top) for name in ends if name in outside})


def _furthest(ends: Sequence[float], low: float, high: float) -> float:
    least, most = ends
    return least if low - least > most - high else most
