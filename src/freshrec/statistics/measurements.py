"""Metrics on slices of a period, with their values on half-samples of the users."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from freshrec.data import Samples
from freshrec.metrics import Metric
from freshrec.statistics.half_samples import half_samples
from freshrec.statistics.slices import ALL

__all__ = ["Measurement", "measure_slices"]

MEMBERS = 2**24
"""Bytes of half-samples that are held at once, a byte a user and half-sample."""
OF_SLICES = 100
"""How many half-samples a slice has at most."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Measurement:
    """One metric on one slice of one scored period.

    Attributes:
        slice: its name.
        metric: its name.
        samples: how many samples the slice has.
        value: of the metric; None where it is undefined.
        replicates: its values on half-samples of the users [B], NaN where undefined.
    """

    slice: str
    metric: str
    samples: int
    value: float | None
    replicates: Floats


def measure_slices(
    metrics: Mapping[str, Sequence[Metric]],
    whole: Mapping[str, float | None],
    samples: Samples,
    logits: npt.NDArray[np.float32],
    slices: Mapping[str, npt.NDArray[np.bool_]],
    seed: int,
    replicates: int,
) -> Iterator[Measurement]:
    """Metrics on slices of a period's samples and, for each, on half-samples of the users.

    Slices other than the whole have at most 100 half-samples, the first ones: enough for a variance, at a quarter of
    the time.

    Args:
        metrics: what to measure on each slice, by the slice's name.
        whole: the values on all samples, by the metric's name.
        samples: of the period.
        logits: of one method [N], without NaN.
        slices: which samples are in each slice [N].
        seed: of the half-samples.
        replicates: B, how many half-samples.
    """
    # Sorted once, so that metrics that rank need not sort each slice.
    order = np.argsort(logits, kind="stable")
    users, groups = np.unique(samples.user[order], return_inverse=True)

    @lru_cache(maxsize=1)
    def members(first: int, last: int) -> npt.NDArray[np.uint8]:
        """All users, and then the half-samples: the first column gives the value itself."""
        everyone = np.ones((len(users), 1), np.uint8)
        return np.concatenate([everyone, half_samples(seed, users, first, last)], axis=1)

    for name, measured in metrics.items():
        inside = slices[name][order]
        rows = order[inside]
        labels, scores, user = samples.label[rows], logits[rows], groups[inside]
        found = {metric.name: np.zeros(0) for metric in measured}
        value = {metric.name: whole[metric.name] for metric in measured} if name == ALL else {}
        count = replicates if name == ALL else min(replicates, OF_SLICES)
        size = max(1, MEMBERS // max(1, len(users)))
        for first in range(0, max(count, 1), size):
            subsets = members(first, min(first + size, count))
            for metric in measured:
                values = metric.of_subsets(labels, scores, user, subsets)
                value.setdefault(metric.name, None if np.isnan(values[0]) else float(values[0]))
                found[metric.name] = np.append(found[metric.name], values[1:])
        for metric in measured:
            yield Measurement(name, metric.name, len(rows), value[metric.name], found[metric.name])
