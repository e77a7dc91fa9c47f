"""What RSG's update costs beside IU's on Complete Journey: python benchmarks/correction.py [--threads 2].

The updates of the same period from the same incremental model, in turn in one process, in CPU seconds: IU's own; RSG's,
which fine-tunes as IU does, trains the correction, counts look-ups and compares both models for the guard; and RSG's
without the guard. Then the serving of a period's model, all rows corrected.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from statistics import median
from typing import Any

from command import show
from complete_journey import complete_journey
from freshrec.data import Stream
from freshrec.evaluation import Splits
from freshrec.models import EmbeddingMLP
from freshrec.params import params_of
from freshrec.training import Fitted, Run, Shared
from freshrec.updaters import IU, build
from measured import Measured

__all__ = ["measure"]

METHODS = ("iu", "rsg-unguarded", "rsg")
BEFORE, ROUNDS = 3, 7


def measure(stream: Stream | None = None, rounds: int = ROUNDS) -> list[Measured]:
    """The update of the fourth period after those of pre-training, where the correction has been trained twice.

    Args:
        stream: Complete Journey by default.
        rounds: how often each update is timed.
    """
    if stream is None:
        with complete_journey() as prepared:
            return measure(prepared, rounds)
    first = Splits.of(len(stream.periods)).pretrain
    model = EmbeddingMLP(stream.schema_after(first))
    run, start = Run(model), Fitted.untrained(params_of(model))
    updaters = {name: build(name, IU(), {}) for name in METHODS}
    states = {name: updater.init(start, run) for name, updater in updaters.items()}

    def update(name: str, number: int) -> Any:
        return updaters[name].update(states[name], stream.periods[:number], replace(run, shared=Shared()))

    with run.threading():
        for number in range(first + 1, first + 1 + BEFORE):
            states = {name: update(name, number) for name in METHODS}
        seconds = _cpu_seconds({name: partial(update, name, first + 1 + BEFORE) for name in METHODS}, rounds)
        serving = _cpu_seconds({"rsg": lambda: updaters["rsg-unguarded"].serving(states["rsg-unguarded"], run)}, rounds)
    return [
        Measured("IU's update", 1000 * seconds["iu"], "ms of CPU"),
        *(
            Measured(f"{name}'s update", 1000 * seconds[name], "ms of CPU", seconds["iu"] / seconds[name], "IU's")
            for name in METHODS[1:]
        ),
        Measured("correcting all rows", 1000 * serving["rsg"], "ms of CPU"),
    ]


def _cpu_seconds(ways: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The median CPU time of each way, after one call of each; in every round they come one after another."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, way in ways.items():
            start = time.process_time()
            way()
            if number:
                seconds[name].append(time.process_time() - start)
    return {name: median(times) for name, times in seconds.items()}


if __name__ == "__main__":
    show(__doc__, measure)
