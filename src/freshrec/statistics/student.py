"""Quantiles of Student's t distribution."""

import math
from functools import lru_cache

import numpy as np

__all__ = ["student_t"]


@lru_cache
def student_t(freedom: float, level: float = 0.95) -> float:
    """The t with probability `level` between -t and t, for a number of degrees of freedom, which may be infinite.

    With x = sqrt(freedom) tan(angle), the density is proportional to cos(angle) ** (freedom - 1), which Gauss-Legendre
    quadrature integrates to float64's precision; bisection finds the angle.

    Raises:
        ValueError: `freedom` is below 1.

    >>> [round(student_t(freedom), 3) for freedom in (1, 6, math.inf)]
    [12.706, 2.447, 1.96]
    """
    if freedom < 1:
        raise ValueError(f"there are {freedom} degrees of freedom; at least 1 was expected")
    nodes, weights = np.polynomial.legendre.leggauss(64)

    def between(x: float) -> float:
        """The probability between -x and x."""
        if math.isinf(freedom):
            return math.erf(x / math.sqrt(2))
        angle = math.atan(x / math.sqrt(freedom))
        scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(math.pi)
        at = angle * (nodes + 1) / 2
        return 2 * scale * angle / 2 * float(weights @ np.cos(at) ** (freedom - 1))

    low, high = 0.0, 1.0
    while between(high) < level:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if between(middle) < level else (low, middle)
    return (low + high) / 2
