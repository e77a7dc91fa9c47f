"""Activations that loops over many rows vectorise, and compiling of such loops."""

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
from numba import njit

from freshrec.kernels.compiling import compiled

__all__ = ["BLOCK", "ONE", "ZERO", "Floats", "Weights", "compiled_fast", "inlined", "sigmoid", "tanh"]

Floats: TypeAlias = npt.NDArray[np.float32]
Function = TypeVar("Function", bound=Callable[..., Any])
Weights: TypeAlias = tuple[Floats, Floats, Floats, Floats]

BLOCK = 256
# Sums may be reordered and products fused; NaN and infinity keep their meaning. Division as numpy's, without a check
# for zero, or else no loop with one is vectorised.
FAST: dict[str, Any] = {"fastmath": {"contract", "reassoc", "nsz", "arcp"}, "error_model": "numpy"}
ZERO, HALF, ONE, NINE = (np.float32(value) for value in (0, 0.5, 1, 9))
# tanh(x) = x P(x^2) / Q(x^2) on [-9, 9]: least-squares fit of the relative error, reweighted to 2e-8.
P0, P1, P2, P3, P4 = (
    np.float32(value) for value in (9.99999979e-01, 1.33810655e-01, 3.49563459e-03, 2.06098057e-05, 1.33555781e-08)
)
Q1, Q2, Q3, Q4 = (np.float32(value) for value in (4.67143812e-01, 2.58771614e-02, 3.28570908e-04, 7.77695199e-07))


def compiled_fast(function: Function) -> Function:
    """Compile as `compiled` does, for loops that are vectorised."""
    return compiled(**FAST)(function)


def inlined(function: Function) -> Function:
    """Compile into the functions that call it."""
    made: Function = njit(function, inline="always", **FAST)
    return made


@inlined
def tanh(value: Any) -> Any:
    """The hyperbolic tangent of a float32, accurate to 4e-7; NaN stays NaN."""
    x = min(max(value, -NINE), NINE)
    s = x * x
    above = (((P4 * s + P3) * s + P2) * s + P1) * s + P0
    return x * above / ((((Q4 * s + Q3) * s + Q2) * s + Q1) * s + ONE)


@inlined
def sigmoid(value: Any) -> Any:
    """The logistic function of a float32, as accurate."""
    return HALF + HALF * tanh(HALF * value)
