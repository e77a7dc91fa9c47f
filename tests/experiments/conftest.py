"""Measured values without a model: every method of the exhibits with a score of its own."""

from collections.abc import Callable

import pytest

from freshrec.evaluation import Result
from freshrec.experiments import EXHIBITS, Measured, Timing
from freshrec.experiments.machine import Machine

Maker = Callable[..., list[Result]]

FIRST = {"iu": 0.700, "bu-3": 0.690, "sml": 0.710, "asmg-gru-multi": 0.721, "asmg-gru-full": 0.721, "asmg-k4-h4": 0.73}
"""AUC of run 0 in the first test period; 0.7 for others."""


@pytest.fixture(scope="session")
def measured(scored: Maker) -> Callable[[str], Measured]:
    """Two runs of all methods on three test periods, as of a data set; run 1 is 0.01 better, periods rise by 0.02."""

    def make(dataset: str = "shop") -> Measured:
        names = dict.fromkeys(name for each in EXHIBITS.values() for name in each.methods)
        results = [
            each
            for run in (0, 1)
            for name in names
            for each in (
                *scored(name, [0.5], [0.9], run=run, first=23, split="validation"),
                *scored(name, *scores(FIRST.get(name, 0.7) + run / 100), run=run),
            )
        ]
        timing = Timing(
            seconds={"asmg-gru-full": (60.0, 66.0), "asmg-gru-multi": (10.0, 11.0)},
            snapshots={"asmg-gru-full": 20, "asmg-gru-multi": 3},
            period=31,
            machine=Machine("a processor", 8, 1, 4),
        )
        return Measured(dataset, tuple(results), timing)

    return make


def scores(first: float) -> tuple[list[float], list[float]]:
    """AUC and log loss of three periods."""
    auc = [first, first + 0.02, first + 0.04]
    return auc, [1.2 - each for each in auc]
