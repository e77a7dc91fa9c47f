"""Ways of doing one thing, timed in turn, so that what else happens on the machine happens to all of them."""

import time
from collections.abc import Callable, Mapping
from statistics import median

__all__ = ["median_seconds"]


def median_seconds(ways: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The median time of each way in seconds, after one call of each that is not timed.

    Args:
        ways: by name.
        rounds: how often each is timed; in every round they come one after another.
    """
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way()
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - start)
    return {name: median(times) for name, times in seconds.items()}
