"""The schedules of the paper's Figures 2 and 5, drawn from what the code does: python pictures/asmg_schedules.py."""

import io
import sys
from collections.abc import Mapping, Sequence
from fractions import Fraction
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import shapes
from freshrec import ASMG, IU, METHODS
from schedules import Training, watch

__all__ = ["FOLDER", "PICTURES", "describe", "draw", "trainings"]

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
ROW = 2.08
"""Inches from one training to the next."""
SNAPSHOT, HIDDEN, GENERATED, PERIOD, WEIGHT = 0.0, 0.5, 0.98, 1.44, 1.69
"""Heights in a training."""
LEFT = -0.95
STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "mathtext.fontset": "dejavusans",
    "svg.fonttype": "path",
    "svg.hashsalt": "asmg",
}


def _method(name: str, **settings: Any) -> ASMG:
    made = METHODS[name].make(IU(), settings)
    if not isinstance(made, ASMG):
        raise TypeError(f"{name} is made by {type(made).__name__}; a variant of ASMG was expected.")
    return made


PICTURES: Mapping[str, tuple[str, ASMG]] = {
    "asmg-whole-sequence": ("Figure 2 (a): whole sequence, one loss", _method("asmg-gru-single", full=True)),
    "asmg-gru-single": ("Figure 2 (b): asmg-gru-single", _method("asmg-gru-single")),
    "asmg-gru-multi": ("Figure 2 (c): asmg-gru-multi", _method("asmg-gru-multi")),
    "asmg-gru-unif": ("asmg-gru-unif: (c), equal weights", _method("asmg-gru-unif")),
    "asmg-gru-full": ("Figure 5 (a): asmg-gru-full", _method("asmg-gru-full")),
    "asmg-gru-zero": ("Figure 5 (b): asmg-gru-zero", _method("asmg-gru-zero")),
}
"""File name to title and variant."""


def trainings(updater: ASMG) -> tuple[Training, ...]:
    """The trainings that are drawn: of M_4, M_5 and M_6, as in the paper."""
    return watch(updater, 6)[-3:]


def describe(made: Sequence[Training]) -> str:
    """A schedule in words, a sentence a training."""
    return " ".join(map(_sentence, made))


def _sentence(training: Training) -> str:
    start = f"h_{training.hidden}" if training.hidden else "a zero hidden state"
    read = ", ".join(f"Theta_{number}" for number in training.snapshots)
    losses = ", ".join(
        f"Theta*_{step.snapshot} towards D_{step.period} with weight {_fraction(step.weight)}"
        for step in training.steps
    )
    kept = f"; h_{training.kept} is kept" if training.kept else ""
    return f"M_{training.period}, when D_{training.period} arrives: from {start} over {read}; {losses}{kept}."


def draw(title: str, made: Sequence[Training]) -> str:
    """The trainings one below the other, on one axis of periods, as SVG; the same ones give the same bytes.

    Args:
        title: what stands above.
        made: consecutive trainings of one variant.
    """
    right = max(training.period for training in made) * shapes.COLUMN + 0.42
    top, bottom = WEIGHT + 0.62, -ROW * (len(made) - 1) - 0.72
    with rc_context(STYLE):
        figure = Figure(figsize=(right - LEFT, top - bottom), facecolor="white")
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(LEFT, right), ylim=(bottom, top), aspect="equal")
        axes.set_axis_off()
        axes.text(LEFT + 0.12, top - 0.24, title, fontsize=13, fontweight="bold", color=shapes.INK, va="center")
        for row, training in enumerate(made):
            _draw_training(axes, -ROW * row, training)
        for row, (one, following) in enumerate(pairwise(made)):
            if one.kept and one.kept == following.hidden:
                shapes.carry(axes, (one.kept, HIDDEN - ROW * row), (one.kept, HIDDEN - ROW * (row + 1)))
        _legend(axes, bottom + 0.26, carries=any(training.kept for training in made))
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    return _told(file.getvalue(), title, describe(made))


def _draw_training(axes: Axes, base: float, training: Training) -> None:
    number = training.period
    for height, text in ((PERIOD, f"$D_{number}$ arrives:"), (HIDDEN, f"train $M_{number}$")):
        axes.text(LEFT + 0.12, base + height, text, va="center", color=shapes.INK)
    weights = {step.period: step.weight for step in training.steps}
    for period in range(1, number + 1):
        used = period in weights
        shapes.box(axes, (period, base + PERIOD), f"$D_{period}$", shapes.PERIOD, faint=not used)
        if used:
            text = rf"$\lambda$ = {_fraction(weights[period])}"
            where = (period * shapes.COLUMN, base + WEIGHT)
            axes.text(*where, text, ha="center", va="center", fontsize=9, color=shapes.INK)
    for snapshot in training.present:
        faint = snapshot not in training.snapshots
        shapes.box(axes, (snapshot, base + SNAPSHOT), rf"$\Theta_{snapshot}$", shapes.SNAPSHOT, faint=faint)
    first, last = training.snapshots[0], training.snapshots[-1]
    shapes.band(axes, first, last, base + HIDDEN)
    start, zero = (first - 1, base + HIDDEN), not training.hidden
    shapes.state(axes, start, "0" if zero else f"$h_{training.hidden}$", carried=not zero, zero=zero)
    for snapshot in training.snapshots:
        here = (snapshot, base + HIDDEN)
        shapes.state(axes, here, f"$h_{snapshot}$", carried=snapshot == training.kept)
        shapes.arrow(axes, (snapshot, base + SNAPSHOT), here)
        shapes.arrow(axes, start, here)
        start = here
    for step in training.steps:
        made = (step.snapshot, base + GENERATED)
        shapes.box(axes, made, rf"$\Theta^*_{step.snapshot}$", shapes.GENERATED)
        shapes.arrow(axes, (step.snapshot, base + HIDDEN), made)
        shapes.towards(axes, made, (step.period, base + PERIOD))


def _legend(axes: Axes, y: float, *, carries: bool) -> None:
    parts = [
        (r"$\Theta_i$ snapshot", shapes.SNAPSHOT, 1.05),
        (r"$h_i$ hidden state", shapes.INK, 1.28),
        (r"$\Theta^*_i$ generated", shapes.GENERATED, 1.2),
        ("$D_i$ data", shapes.PERIOD, 0.8),
        ("kept $h_i$" if carries else "", shapes.CARRIED, 0.6),
    ]
    x = LEFT + 0.2
    for text, colour, width in parts:
        axes.text(x, y, text, color=colour, fontsize=9.5, va="center")
        x += width


def _told(svg: str, title: str, words: str) -> str:
    """The drawing with its title and words, for who cannot see it."""
    opening = svg.index(">", svg.index("<svg"))
    told = f"<title>{escape(title)}</title><desc>{escape(words)}</desc>"
    return f'{svg[:opening]} role="img">{told}{svg[opening + 1 :]}'


def _fraction(weight: float) -> str:
    return str(Fraction(weight).limit_denominator(1000))


def main() -> None:
    """Write every picture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, (title, updater) in PICTURES.items():
        (FOLDER / f"{name}.svg").write_text(draw(title, trainings(updater)), encoding="utf-8")
        sys.stdout.write(f"docs/pictures/{name}.svg\n")


if __name__ == "__main__":
    main()
