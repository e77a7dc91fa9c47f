"""The guard: a generated model serves only where it can be trusted, and its base model serves elsewhere.

It needs nothing but the two models, so it guards any generator.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, variance

import numpy as np
import numpy.typing as npt

from freshrec.data import Period
from freshrec.hashing import hash_columns
from freshrec.metrics import AUCDifference, auc_difference
from freshrec.params import Params
from freshrec.training import Run, predict

__all__ = ["EVIDENCE_SAMPLES", "LARGE_PERIOD", "Guard", "compare_models", "z_of"]

EVIDENCE_SAMPLES = 16_384
"""Samples of a period at most that the two models are compared on."""
LARGE_PERIOD = 10_000
"""Samples of a mean period from which on a generated model serves unless the evidence is against it."""
LARGE_ON, LARGE_OFF = 0.0, -2.0
SMALL_ON, SMALL_OFF = 4.0, 2.0
"""z at which a generated model begins to serve, and below which it stops; for large and for small periods."""


@dataclass(frozen=True)
class Guard:
    """The evidence of the finished periods and the decision that follows from it.

    A period's evidence is the AUC of the generated model minus that of its base model, both made before the period
    began, with DeLong's variance. Over the periods, z is the mean difference over its standard error, to which the
    variation between periods contributes. In large periods the generated model serves from the start, and stops where
    z falls below -2 until it is 0 again. In small periods it has to prove itself: it serves once z has reached 4, until
    z is below 2.

    The decision is all or nothing: a fraction of a correction can be worse than both models.

    Attributes:
        differences: one for each period that has evidence.
        variances: of the differences.
        serves: whether the generated model serves the next period.
    """

    differences: tuple[float, ...] = ()
    variances: tuple[float, ...] = ()
    serves: bool = False

    def after(self, past: Sequence[Period], evidence: AUCDifference | None) -> "Guard":
        """The guard after one more period.

        Args:
            past: all finished periods; their mean size says whether periods are large.
            evidence: of the newest one; None where there is none.
        """
        differences, variances = self.differences, self.variances
        if evidence is not None:
            differences, variances = (*differences, evidence.value), (*variances, evidence.variance)
        large = sum(period.size for period in past) >= LARGE_PERIOD * len(past)
        on, off = (LARGE_ON, LARGE_OFF) if large else (SMALL_ON, SMALL_OFF)
        return Guard(differences, variances, z_of(differences, variances) >= (off if self.serves else on))

    def updated(self, past: Sequence[Period], run: Run, base: Params, generated: Params | None) -> "Guard":
        """The guard after the newest period, with the evidence of the two models that were made before it.

        Args:
            past: all finished periods.
            run: the structure of both models; its seed chooses the samples that they are compared on.
            base: the incremental model.
            generated: the generated model; None where there was none that could have served.
        """
        return self.after(past, None if generated is None else compare_models(run, past[-1], base, generated))

    def diagnostics(self) -> Mapping[str, float]:
        """The decision, 1 if the generated model serves; z; and the evidence of the last period that has some."""
        figures = {"guard_serves": float(self.serves), "guard_z": z_of(self.differences, self.variances)}
        if self.differences:
            figures |= {"guard_difference": self.differences[-1], "guard_variance": self.variances[-1]}
        return figures


def z_of(differences: Sequence[float], variances: Sequence[float]) -> float:
    """The mean difference of n periods over its standard error, which adds the variation between periods; 0 for none.

    With the mean m of differences g_i with variances v_i: tau^2 = max(0, sample variance of g - mean v) and
    z = m / sqrt(sum(v_i + tau^2) / n^2).

    >>> round(z_of([0.01, 0.03], [0.0001, 0.0001]), 3)
    2.0
    """
    count = len(differences)
    if not count:
        return 0.0
    between = max(0.0, variance(differences) - fmean(variances)) if count > 1 else 0.0
    error = sqrt(sum(variances) + count * between) / count
    return fmean(differences) / error if error else 0.0


def compare_models(run: Run, period: Period, base: Params, generated: Params) -> AUCDifference | None:
    """The evidence of a period on two models that were made before it, from at most 16,384 of its samples.

    Args:
        run: the structure of both models; its seed chooses the samples.
        period: the newest one.
        base: what is fine-tuned.
        generated: what a generator makes of it; its tables may be lazy.

    Returns:
        The AUC of the generated model minus that of the base model; None where labels give no AUC with a variance.
    """
    if not period.size:
        return None
    samples = period.samples()
    batch = samples.batch(_chosen(len(samples), run.seed_for("guard", period.number)))
    first, second = (predict(run.model, params, batch) for params in (base, generated))
    return auc_difference(batch.label.numpy(), first, second)


def _chosen(count: int, seed: int) -> npt.NDArray[np.int64]:
    """At most `EVIDENCE_SAMPLES` of some rows, in their order, each chosen by a hash of its number."""
    if count <= EVIDENCE_SAMPLES:
        return np.arange(count)
    return np.sort(np.argpartition(hash_columns(seed, np.arange(count)), EVIDENCE_SAMPLES)[:EVIDENCE_SAMPLES])
