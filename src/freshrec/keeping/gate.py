"""Whether a new model may be published: the size of its period, and how its scores stand beside the served model's.

How well it scores the period that it has just learned says nothing: a model spoilt by too many epochs is best there.
"""

from collections.abc import Sequence
from statistics import median

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import Field

from freshrec.settings import Settings

__all__ = ["Gate"]

Logits = npt.NDArray[np.float32]

SIZES = 7
"""Newest periods that a period's size is compared with."""
ENOUGH = 3
"""Periods from which on sizes are compared."""


class Gate(Settings):
    """Bounds that a new model has to keep; one outside is not published.

    The scores that are compared are those of the period that the model has learned from, by the new model and by the
    one that is served.
    """

    size: float = Field(
        2.0, ge=1, description="times that a period may be as large, or as small, as the median of the last seven"
    )
    spread: float = Field(
        2.0,
        ge=1,
        description="times that the logits may spread as widely, or as narrowly, as those of the served model",
    )
    shift: float = Field(
        1.0, gt=0, description="how far the mean logit may move, in standard deviations of the served model's logits"
    )
    correlation: float = Field(
        0.5, ge=-1, le=1, description="least rank correlation between the logits of the new and the served model"
    )

    def problem_of_size(self, size: int, before: Sequence[int]) -> str | None:
        """What is wrong with the number of a period's samples; None if nothing.

        Args:
            size: of the period.
            before: sizes of the periods before it, the newest last.
        """
        if not size:
            return "the period is empty"
        newest = before[-SIZES:]
        if len(newest) < ENOUGH:
            return None
        usual = median(newest)
        if usual / self.size <= size <= usual * self.size:
            return None
        return (
            f"the period has {size:,} samples, and the median of the last {len(newest)} is {usual:,.0f}: "
            f"more than {self.size:g} times as {'many' if size > usual else 'few'}"
        )

    def problem_of_scores(self, new: Logits, served: Logits) -> str | None:
        """What is wrong with a new model's logits [N] of some samples, beside the served model's; None if nothing."""
        if not np.isfinite(new).all():
            return "some scores of the new model are not finite"
        if not len(new) or served.min() == served.max():  # There is nothing to be worse than.
            return None
        spread, shift, correlation = figures(new, served)
        if not 1 / self.spread <= spread <= self.spread:
            return f"the logits spread {spread:.2f} times as widely as the served model's"
        if abs(shift) > self.shift:
            return f"the mean logit moved by {shift:+.2f} standard deviations of the served model's logits"
        if correlation < self.correlation:
            return f"the rank correlation with the served model is {correlation:.2f}"
        return None


def figures(new: Logits, served: Logits) -> tuple[float, float, float]:
    """How a model's logits [N] differ from the served model's, which are not all equal.

    Returns:
        The ratio of the standard deviations; the difference of the means, in standard deviations of the served model's
        logits; and the rank correlation.
    """
    deviation = float(served.std(dtype=np.float64))
    spread = float(new.std(dtype=np.float64)) / deviation
    shift = float(new.mean(dtype=np.float64) - served.mean(dtype=np.float64)) / deviation
    return spread, shift, rank_correlation(new, served)


def rank_correlation(one: Logits, other: Logits) -> float:
    """Spearman's rank correlation of two scores [N] of the same samples; 0 where one is constant."""
    ranks = [pl.Series(scores).rank("average").to_numpy() for scores in (one, other)]
    deviations = [each - each.mean() for each in ranks]
    norm = float(np.sqrt((deviations[0] ** 2).sum() * (deviations[1] ** 2).sum()))
    return float(deviations[0] @ deviations[1]) / norm if norm else 0.0
