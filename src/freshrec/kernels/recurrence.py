"""The GRU meta generator's recurrence (equations 4 and 5 of ASMG), forward and backward, compiled for the CPU.

Shapes: x [K, N, G] coordinates, h [N, G, H] hidden state before the first, y [S, N, G] outputs after the last S steps;
weights as in `freshrec.generators.RecurrentWeights`. A table has many rows and few generators, the weights outside the
tables are one row with a generator each: whichever there are many of goes innermost.
"""

from freshrec.kernels.activations import Floats, Weights
from freshrec.kernels.by_generators import backward_by_generators, forward_by_generators
from freshrec.kernels.by_rows import backward_by_rows, forward_by_rows

__all__ = ["gru_backward", "gru_forward"]

FEW = 16
"""Rows with which vectors of rows would be mostly empty."""


def gru_forward(x: Floats, h: Floats, weights: Weights, steps: int) -> Floats:
    """The generated coordinates [S, N, G] after each of the last S steps."""
    return (forward_by_generators if x.shape[1] < FEW else forward_by_rows)(x, h, weights, steps)


def gru_backward(x: Floats, h: Floats, weights: Weights, gradient: Floats) -> Weights:
    """The weights' gradients from those of the outputs, [S, N, G]; x and h are data and have none."""
    return (backward_by_generators if x.shape[1] < FEW else backward_by_rows)(x, h, weights, gradient)
