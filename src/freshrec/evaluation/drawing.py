"""How figures are drawn: one panel stands inside a page in the page's ink, several side by side in files."""

import io
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = ["COLOURS", "DASHES", "INK", "MARKERS", "Panel", "Plate", "inline", "plate"]

# A colour nothing else has: the page's text colour takes its place, so one figure serves light and dark.
INK = "#010203"
# Okabe and Ito's colours for all kinds of colour vision, without the yellow that white paper swallows.
COLOURS = (INK, "#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
# As many as are told apart, and of no common divisor with the colours: a pair comes again after 35 lines.
DASHES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)))
MARKERS = "osD^vPX*"

DPI = 200
STYLE: dict[Any, Any] = {
    "axes.edgecolor": INK,
    "axes.facecolor": "none",
    "axes.formatter.useoffset": False,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 9.5,
    "figure.facecolor": "none",
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "grid.alpha": 0.15,
    "grid.color": INK,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.5,
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": INK,
    "ytick.color": INK,
}


@dataclass(frozen=True)
class Panel:
    """One pair of axes and what is drawn in them.

    Attributes:
        name: letters, digits and hyphens, unique on a page; its elements' ids begin with it.
        title: what it shows; a page puts it into the caption, a file above the axes.
        label: the same for those who cannot see it.
        draw: draws; lines with a label are listed below the axes.
        width, height: of the axes with their labels, in inches.
        note: what a reader must know to read it, in a sentence; it follows the title.
    """

    name: str
    title: str
    label: str
    draw: Callable[[Axes], None]
    width: float = 4.4
    height: float = 2.6
    note: str = ""

    @property
    def caption(self) -> str:
        """The title and the note."""
        return f"{self.title}. {self.note}" if self.note else self.title


@dataclass(frozen=True)
class Plate:
    """A figure as files: the same for the same panels, byte for byte."""

    svg: bytes
    png: bytes


def inline(panel: Panel) -> Markup:
    """An SVG element to stand inside a page: as wide as its place, in the page's font and ink."""
    with rc_context({**STYLE, "svg.hashsalt": panel.name, "svg.fonttype": "none", "savefig.facecolor": "none"}):
        figure = _drawn([panel], titled=False)
        svg = _saved(figure, "svg").decode()
    return Markup(_inside_page(svg, panel.name, panel.label))


def plate(panels: Sequence[Panel]) -> Plate:
    """Panels of equal height side by side under their titles, dark on white, with one list of all lines."""
    salt = " ".join(panel.name for panel in panels)
    with rc_context({**STYLE, "svg.hashsalt": salt, "svg.fonttype": "path", "savefig.facecolor": "white"}):
        figure = _drawn(panels, titled=True)
        return Plate(_saved(figure, "svg"), _saved(figure, "png"))


def _drawn(panels: Sequence[Panel], *, titled: bool) -> Figure:
    width, height = sum(panel.width for panel in panels), max(panel.height for panel in panels)
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False, width_ratios=[panel.width for panel in panels])[0]
    lines: dict[str, Any] = {}
    for panel, place in zip(panels, axes, strict=True):
        panel.draw(place)
        if titled:
            place.set_title("\n".join(filter(None, (panel.title, panel.note))), loc="left", pad=9)
        for line, name in zip(*place.get_legend_handles_labels(), strict=True):
            lines.setdefault(name, line)
    if lines:
        columns = max(1, int(11.2 * width) // (6 + max(map(len, lines))))
        figure.set_figheight(height + 0.22 * math.ceil(len(lines) / columns))
        place = {"loc": "outside lower center", "ncols": columns, "frameon": False, "handlelength": 3.2}
        figure.legend(list(lines.values()), list(lines), **place)
    return figure


def _saved(figure: Figure, kind: str) -> bytes:
    """The file's bytes, without a word on when and by what they were made."""
    names = ("Creator", "Date", "Format", "Type") if kind == "svg" else ("Software",)
    file = io.BytesIO()
    figure.savefig(file, format=kind, dpi=DPI, metadata=dict.fromkeys(names))
    return file.getvalue()


def _inside_page(svg: str, prefix: str, label: str) -> str:
    """The bare element: in the page's colours, its ids unique beside other figures."""
    svg = re.sub(r"<defs>\s*<style.*?</defs>\s*", "", svg[svg.index("<svg") :].strip(), flags=re.DOTALL)
    inside_a_tag = r"(?=[^<>]*>)"
    svg = re.sub(r"(\d\.\d\d)\d+" + inside_a_tag, r"\1", svg)
    for index, colour in enumerate(COLOURS):
        svg = svg.replace(colour, f"var(--series-{index}, {colour})" if index else "currentColor")
    svg = re.sub(r'\bid="', f'id="{prefix}-', svg)
    svg = re.sub(r'(href="|url\()#', rf"\1#{prefix}-", svg)
    opening, rest = svg.split(">", 1)
    opening = re.sub(r' (width|height)="[^"]*"', "", opening)
    return f'{opening} role="img" aria-label="{escape(label)}" stroke-linejoin="round">{rest}\n'
