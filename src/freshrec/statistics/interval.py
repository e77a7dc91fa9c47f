"""A 95% interval of a mean over runs and test periods, from what varies between users, periods and runs."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from freshrec.statistics.student import student_t

__all__ = ["Interval"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A 95% confidence interval.

    Attributes:
        low: its lower end.
        high: its upper end.
    """

    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether both ends are on the same side of zero."""
        return self.low > 0 or self.high < 0

    @classmethod
    def of_mean(cls, values: Floats, replicates: Floats) -> Self | None:
        """The interval of the mean that further users, periods and, given several runs, seeds would have.

        Users, periods and runs are crossed: a user comes in several periods, and every run scores the same periods. The
        mean has three sources of variance, each with its own estimate and degrees of freedom:

        - periods, P - 1 degrees: the variance between periods over P. It includes the sampling noise of each period;
        - users, infinitely many degrees: the covariance between periods in which the same users come, from the
          replicates;
        - runs, R - 1 degrees: the variance between runs over R, less what the interaction of runs and periods adds to
          it, which the first source includes.

        The half-width is the root of the sum of (t * standard error) squared over the sources, a conservative choice
        (Cochran, Approximate significance levels of the Behrens-Fisher test, Biometrics 1964, for two sources). It is
        at least what the users alone require. One run says nothing about other seeds, and one period nothing about
        other periods: then these sources are left out.

        Args:
            values: one number for each run and period [R, P], such as a difference between two methods.
            replicates: the same numbers on half-samples of users [R, P, B], NaN where undefined. The half-samples are
                the same in all runs and periods. With B < 2 the second source is left out.

        Returns:
            The interval; None for values that are not finite, and for a single value without replicates.
        """
        runs, periods = values.shape
        users, independent = _variance_by_users(replicates)
        if not np.isfinite(values).all() or (runs == periods == 1 and users is None):
            return None
        squared = 0.0
        if users is not None:
            squared = student_t(math.inf) ** 2 * users
        if periods > 1:
            between = values.mean(0).var(ddof=1) / periods
            shared = max(0.0, (users or 0.0) - independent)
            squared = max(squared, student_t(periods - 1) ** 2 * between + student_t(math.inf) ** 2 * shared)
        if runs > 1:
            squared += student_t(runs - 1) ** 2 * _variance_by_runs(values)
        half = math.sqrt(squared)
        return cls(float(values.mean()) - half, float(values.mean()) + half)


def _variance_by_users(replicates: Floats) -> tuple[float | None, float]:
    """The variance of the mean over periods that users cause, and what it would be if periods shared no user."""
    by_period = replicates.mean(0)
    independent = [_variance(each) or 0.0 for each in by_period]
    return _variance(by_period.mean(0)), sum(independent) / len(by_period) ** 2


def _variance_by_runs(values: Floats) -> float:
    """The variance of the mean that the runs' seeds cause in all periods alike."""
    runs, periods = len(values), len(values[0])
    between = float(values.mean(1).var(ddof=1)) / runs
    if periods == 1:
        return between
    rest = values - values.mean(1, keepdims=True) - values.mean(0, keepdims=True) + values.mean()
    interaction = float(np.square(rest).sum()) / ((runs - 1) * (periods - 1))
    return max(0.0, between - interaction / (runs * periods))


def _variance(values: Floats) -> float | None:
    """The sample variance of those that are finite; None for fewer than two."""
    finite = values[np.isfinite(values)]
    return float(finite.var(ddof=1)) if len(finite) > 1 else None
