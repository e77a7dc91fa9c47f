"""Metrics on slices of a period, with their values on half-samples of the users."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from freshrec.data import Samples
from freshrec.metrics import Metric
from freshrec.statistics.half_samples import half_samples
from freshrec.statistics.slices import ALL

__all__ = ["Measurement", "measure_slices"]

MEMBERS = 2**24
"""Bytes of half-samples that are held at once, a byte a user and half-sample."""

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
    """Metrics on slices of a period's samples and, for each, on half-samples of the slice's users.

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
    for name, measured in metrics.items():
        rows = order[slices[name][order]]
        labels, scores, users = samples.label[rows], logits[rows], samples.user[rows]
        distinct, groups = np.unique(users, return_inverse=True)
        found = {metric.name: [np.zeros(0)] for metric in measured}
        size = max(1, MEMBERS // max(1, len(distinct)))
        for first in range(0, replicates, size):
            members = half_samples(seed, distinct, first, min(first + size, replicates))
            for metric in measured:
                found[metric.name].append(metric.of_subsets(labels, scores, groups, members))
        for metric in measured:
            value = whole[metric.name] if name == ALL else metric.of(labels, scores, users)
            yield Measurement(name, metric.name, len(rows), value, np.concatenate(found[metric.name]))
