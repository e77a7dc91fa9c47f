"""The GRU meta generator's recurrence (equations 4 and 5 of ASMG), forward and backward, compiled for CPUs and GPUs.

Shapes: x [K, N, G] coordinates, h [N, G, H] hidden state before the first, y [S, N, G] outputs after the last S steps;
weights as in `freshrec.generators.RecurrentWeights`, in their order. Arithmetic and results are in float32. x and h may
be held in half precision; they are data and have no gradients.

On the CPU, whichever of rows and generators there are many of goes innermost: a table has many rows and few generators,
the weights outside the tables are one row with a generator each.
"""

from functools import cache
from importlib.util import find_spec
from typing import TypeAlias

import torch
from torch import Tensor

from freshrec.kernels.activations import Floats
from freshrec.kernels.by_generators import backward_by_generators, forward_by_generators
from freshrec.kernels.by_rows import forward_by_rows
from freshrec.kernels.by_rows_backward import backward_by_rows

__all__ = ["FEW", "GRUWeights", "as_array", "can_fuse", "gru_backward", "gru_forward"]

GRUWeights: TypeAlias = tuple[Tensor, Tensor, Tensor, Tensor]

HELD = (torch.float32, torch.float16, torch.bfloat16)
FEW = 16
"""Rows with which vectors of rows would be mostly empty."""
WIDEST = 32
"""The largest hidden size whose weights and their gradients stay in the registers of a GPU."""


def can_fuse(x: Tensor, h: Tensor, weights: GRUWeights) -> bool:
    """Whether there is code for these: for the CPU, and with H of at most 32 for GPUs that Triton compiles for."""
    if x.dtype not in HELD or h.dtype not in HELD or any(weight.dtype != torch.float32 for weight in weights):
        return False
    if _on_gpu(x):
        return h.shape[2] <= WIDEST and _has_triton(x.get_device())
    return x.device.type == "cpu"


def gru_forward(x: Tensor, h: Tensor, weights: GRUWeights, steps: int) -> Tensor:
    """The generated coordinates [S, N, G] after each of the last S steps."""
    if _on_gpu(x):
        from freshrec.kernels.triton_recurrence import forward_by_triton

        return forward_by_triton(x, h, weights, steps)
    forward = forward_by_generators if x.shape[1] < FEW else forward_by_rows
    w_in, w_rec, readout, bias = map(as_array, weights)
    return torch.from_numpy(forward(as_array(x), as_array(h), (w_in, w_rec, readout, bias), steps))


def gru_backward(x: Tensor, h: Tensor, weights: GRUWeights, gradient: Tensor) -> GRUWeights:
    """The weights' gradients from those of the outputs, [S, N, G]."""
    if _on_gpu(x):
        from freshrec.kernels.triton_recurrence import backward_by_triton

        return backward_by_triton(x, h, weights, gradient)
    backward = backward_by_generators if x.shape[1] < FEW else backward_by_rows
    w_in, w_rec, readout, bias = map(as_array, weights)
    gradients = backward(as_array(x), as_array(h), (w_in, w_rec, readout, bias), as_array(gradient))
    d_in, d_rec, d_out, d_bias = map(torch.from_numpy, gradients)
    return d_in, d_rec, d_out, d_bias


def _on_gpu(tensor: Tensor) -> bool:
    return tensor.is_cuda


@cache
def _has_triton(device: int) -> bool:
    """Whether Triton is installed, which it is with torch for CUDA on Linux, and compiles for this GPU (Turing on)."""
    return find_spec("triton") is not None and torch.cuda.get_device_capability(device) >= (7, 5)


def as_array(tensor: Tensor) -> Floats:
    """Its numbers in float32, contiguous: itself where it is so."""
    array: Floats = tensor.detach().float().contiguous().numpy()
    return array
