"""The values that are tried: the paper's for each method (ASMG, RecSys 2021, section 4.1.2), or others given."""

import json
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, TypeAlias

__all__ = ["Chosen", "Grid", "combinations", "paper_grid", "plain"]

Chosen: TypeAlias = Mapping[str, Any]
"""A value for each setting of a method that is tuned."""

Grid: TypeAlias = Mapping[str, tuple[Any, ...]]
"""The values to choose among."""

ALL: Grid = {"learning_rate": (1e-2, 1e-3, 1e-4), "epochs": (1, 5, 10, 20), "batch_size": ("auto", 1024)}
"""The paper's values; its batch size, and the one that gives enough steps, which differs where periods are small."""
# The transfer has two layers of filters; the paper gives one set of numbers for both.
TRANSFER: Grid = {"filters": tuple(product((2, 5, 8, 10), repeat=2)), "hidden": (10, 20, 40, 80)}
LENGTH: Grid = {"window": (1, 2, 3, 4, 5, 6)}
SIZE: Grid = {"hidden": (4, 8, 12, 16)}

CORRECTION: Grid = {"learning_rate": (3e-3,), "epochs": (1,), "batch_size": (1024,)}
"""Of the row-statistics generator, which overtrains with more steps: its settings stay as they are."""

OWN: Mapping[str, Grid] = {
    "rsg": CORRECTION,
    "rsg-unguarded": CORRECTION,
    "spmf": {"reservoir": (0.1, 0.2, 0.3, 0.4, 0.5)},
    "incctr": {"distillation": (0.1, 0.2, 0.3, 0.4, 0.5)},
    "sml": TRANSFER,
    "sml-mf": TRANSFER,
    "asmg-linear": LENGTH,
    "asmg-gru-single": {**LENGTH, **SIZE},
    "asmg-gru-multi": {**LENGTH, **SIZE},
    # It reads the whole sequence: the window only says when it begins.
    "asmg-gru-full": SIZE,
    "asmg-gru-zero": {**LENGTH, **SIZE},
    "asmg-gru-unif": {**LENGTH, **SIZE},
}
"""What is tuned beside `ALL`, or in its place; nothing for a method that is not named, as `iu` and `bu-3`."""


def paper_grid(method: str) -> Grid:
    """The settings of a method that the paper tunes, each with its values."""
    own = OWN.get(method, {})
    return {**own, **{setting: values for setting, values in ALL.items() if setting not in own}}


def combinations(grid: Grid) -> Iterator[dict[str, Any]]:
    """All that can be chosen, in the grid's order; the last setting changes fastest.

    >>> list(combinations({"window": (1, 2), "epochs": (5,)}))
    [{'window': 1, 'epochs': 5}, {'window': 2, 'epochs': 5}]
    """
    for values in product(*grid.values()):
        yield dict(zip(grid, values, strict=True))


def plain(chosen: Chosen) -> dict[str, Any]:
    """What was chosen, or a grid, as JSON has it: tuples as lists."""
    found: dict[str, Any] = json.loads(json.dumps(dict(chosen)))
    return found
