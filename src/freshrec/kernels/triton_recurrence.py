"""The GRU meta generator's recurrence over the rows of a table, forward and backward, compiled for GPUs by Triton.

A program works on a block of B rows with one generator, one step after another. Rows stand innermost in every tile:
for a hidden size of at most four a thread owns a row, so that states, gates and products of the hidden size stay in its
registers. Larger hidden sizes are padded to those of `tl.dot`. Whatever the inputs are held in, arithmetic is in
float32, with the activations of the CPU's path.

The backward pass computes states and gates again. Each block of rows writes its own part of the weights' gradients, and
torch adds the parts up: no atomic additions, so that equal inputs give equal bits.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Self

import torch
import triton
import triton.language as tl
from torch import Tensor

from freshrec.kernels import activations
from freshrec.kernels.recurrence import GRUWeights

__all__ = ["backward_by_triton", "forward_by_triton"]

P0, P1, P2, P3, P4 = (tl.constexpr(float(getattr(activations, f"P{power}"))) for power in range(5))
Q1, Q2, Q3, Q4 = (tl.constexpr(float(getattr(activations, f"Q{power}"))) for power in range(1, 5))


def forward_by_triton(x: Tensor, h: Tensor, weights: GRUWeights, steps: int) -> Tensor:
    """As `freshrec.kernels.gru_forward`."""
    y = weights[0].new_empty(steps, *x.shape[1:])
    _launch(_forward, x, h, weights, steps, y)
    return y


def backward_by_triton(x: Tensor, h: Tensor, weights: GRUWeights, gradient: Tensor) -> GRUWeights:
    """As `freshrec.kernels.gru_backward`."""
    sizes = [weight.numel() for weight in weights]
    states = weights[0].new_empty(len(x), *h.shape)
    parts = weights[0].new_empty(_Tiling.of(x, h).blocks, sum(sizes))
    to_parts = (*torch.split(parts, sizes, 1), sum(sizes))
    _launch(_backward, x, h, weights, len(gradient), gradient.contiguous(), states, *to_parts)
    totals = torch.split(parts.sum(0), sizes)
    d_in, d_rec, d_out, d_bias = (total.view(weight.shape) for total, weight in zip(totals, weights, strict=True))
    return d_in, d_rec, d_out, d_bias


class _Tiling(NamedTuple):
    """How the work is divided.

    Attributes:
        blocks: how many blocks of rows there are.
        padded: to how much the hidden size is padded.
        rows: B, rows of a block.
        warps: how many warps of threads work on a block. With these few of its numbers leave the registers.
    """

    blocks: int
    padded: int
    rows: int
    warps: int

    @classmethod
    def of(cls, x: Tensor, h: Tensor) -> Self:
        """For coordinates x [K, N, G] and states h [N, G, H]."""
        rows, hidden = h.shape[0], h.shape[2]
        if hidden > 4:
            padded, block, warps = (16, 32, 4) if hidden <= 16 else (32, 16, 4)
        else:
            padded, block, warps = triton.next_power_of_2(hidden), *((32, 1) if rows <= 32 else (128, 4))
        return cls(-(-rows // block), padded, block, warps)


def _launch(kernel: Any, x: Tensor, h: Tensor, weights: GRUWeights, last: int, *others: Any) -> None:
    """Run a kernel, where there is anything to do, on the device of its inputs, without waiting for it."""
    (steps, rows, groups), tiling = x.shape, _Tiling.of(x, h)
    inputs = [tensor.contiguous() for tensor in (x, h, *weights)]
    sizes = (rows, groups, steps, steps - last, h.shape[2], tiling.padded, tiling.rows)
    if programs := tiling.blocks * groups:
        with torch.cuda.device_of(x):  # type: ignore[no-untyped-call]
            kernel[(programs,)](*inputs, *others, *sizes, num_warps=tiling.warps, num_stages=1)


def _kernel(function: Callable[..., None]) -> Any:
    # One binary for all sizes: a batch has other rows than the last, and a full sequence one step more every period.
    return triton.jit(function, do_not_specialize=["rows", "groups", "steps", "before", "width"])


def _inlined(function: Callable[..., Any]) -> Any:
    return triton.jit(function)


@_inlined
def _tanh(value: tl.tensor) -> tl.tensor:
    """As `freshrec.kernels.activations.tanh`; comparisons leave NaN as it is."""
    x = tl.where(value > 9.0, 9.0, tl.where(value < -9.0, -9.0, value))
    s = x * x
    above = (((P4 * s + P3) * s + P2) * s + P1) * s + P0
    return x * above / ((((Q4 * s + Q3) * s + Q2) * s + Q1) * s + 1.0)


@_inlined
def _sigmoid(value: tl.tensor) -> tl.tensor:
    return 0.5 + 0.5 * _tanh(0.5 * value)


@_inlined
def _times(matrix: tl.tensor, tile: tl.tensor) -> tl.tensor:
    """The product of [J, Q] and [Q, B]."""
    if matrix.shape[0] >= 16:
        product = tl.dot(matrix, tile, input_precision="ieee")
    else:
        product = tl.sum(matrix[:, :, None] * tile[None, :, :], axis=1)
    return product


@_inlined
def _no_products(padded: tl.constexpr, block: tl.constexpr) -> tl.tensor:
    """Zeros to which `_add_products` adds: [Q, J], or row by row [Q, J, B]."""
    return tl.zeros([padded, padded] if padded >= 16 else [padded, padded, block], tl.float32)


@_inlined
def _add_products(total: tl.tensor, left: tl.tensor, right: tl.tensor) -> tl.tensor:
    """Add the products of each row's values [Q, B] with its values [J, B]."""
    if left.shape[0] >= 16:
        total = tl.dot(left, tl.trans(right), total, input_precision="ieee")
    else:
        total += left[:, None, :] * right[None, :, :]
    return total


@_inlined
def _over_rows(total: tl.tensor) -> tl.tensor:
    """Products [Q, J], added up over the rows."""
    if total.shape[0] < 16:
        total = tl.sum(total, axis=2)
    return total


@_inlined
def _weights(
    w_in: tl.tensor, w_rec: tl.tensor, readout: tl.tensor, g: tl.tensor, q: tl.tensor, hidden: tl.constexpr
) -> tl.tensor:
    """A generator's weights, zero where the hidden size is padded: w_in's [J] and w_rec's [J, Q] by gate, read-out."""
    real, width = q < hidden, 3 * hidden
    square = real[:, None] & real[None, :]
    w_in += g * width + q
    w_rec += g * hidden * width + q[None, :] * width + q[:, None]
    return (
        tl.load(w_in, mask=real, other=0.0),
        tl.load(w_in + hidden, mask=real, other=0.0),
        tl.load(w_in + 2 * hidden, mask=real, other=0.0),
        tl.load(w_rec, mask=square, other=0.0),
        tl.load(w_rec + hidden, mask=square, other=0.0),
        tl.load(w_rec + 2 * hidden, mask=square, other=0.0),
        tl.load(readout + g * hidden + q, mask=real, other=0.0),
    )


@_inlined
def _gates(
    x: tl.tensor,
    state: tl.tensor,
    in_z: tl.tensor,
    in_r: tl.tensor,
    in_c: tl.tensor,
    rec_z: tl.tensor,
    rec_r: tl.tensor,
    rec_c: tl.tensor,
) -> tl.tensor:
    """Equation 4's update gate, reset gate and candidate [J, B] from coordinates [B] and states [Q, B]."""
    z = _sigmoid(in_z[:, None] * x[None, :] + _times(rec_z, state))
    r = _sigmoid(in_r[:, None] * x[None, :] + _times(rec_r, state))
    c = _tanh(in_c[:, None] * x[None, :] + _times(rec_c, r * state))
    return z, r, c


@_kernel
def _forward(
    x: tl.tensor,
    h: tl.tensor,
    w_in: tl.tensor,
    w_rec: tl.tensor,
    readout: tl.tensor,
    bias: tl.tensor,
    y: tl.tensor,
    rows: tl.tensor,
    groups: tl.tensor,
    steps: tl.tensor,
    before: tl.tensor,
    hidden: tl.constexpr,
    padded: tl.constexpr,
    block: tl.constexpr,
) -> None:
    g, q = (tl.program_id(0) % groups).to(tl.int64), tl.arange(0, padded)
    n = (tl.program_id(0) // groups).to(tl.int64) * block + tl.arange(0, block)
    plane, at, there = rows.to(tl.int64) * groups, n * groups + g, n < rows
    in_z, in_r, in_c, rec_z, rec_r, rec_c, out = _weights(w_in, w_rec, readout, g, q, hidden)
    held, real = at[None, :] * hidden + q[:, None], there[None, :] & (q < hidden)[:, None]
    state, offset = tl.load(h + held, mask=real, other=0.0).to(tl.float32), tl.load(bias + g)
    for k in range(steps):
        value = tl.load(x + k * plane + at, mask=there, other=0.0).to(tl.float32)
        z, _, c = _gates(value, state, in_z, in_r, in_c, rec_z, rec_r, rec_c)
        state += z * (c - state)
        made = tl.sum(state * out[:, None], axis=0) + offset
        tl.store(y + (k - before) * plane + at, made, mask=there & (k >= before))


@_kernel
def _backward(
    x: tl.tensor,
    h: tl.tensor,
    w_in: tl.tensor,
    w_rec: tl.tensor,
    readout: tl.tensor,
    bias: tl.tensor,
    gradient: tl.tensor,
    states: tl.tensor,
    d_in: tl.tensor,
    d_rec: tl.tensor,
    d_out: tl.tensor,
    d_bias: tl.tensor,
    width: tl.tensor,
    rows: tl.tensor,
    groups: tl.tensor,
    steps: tl.tensor,
    before: tl.tensor,
    hidden: tl.constexpr,
    padded: tl.constexpr,
    block: tl.constexpr,
) -> None:
    g, q = (tl.program_id(0) % groups).to(tl.int64), tl.arange(0, padded)
    n = (tl.program_id(0) // groups).to(tl.int64) * block + tl.arange(0, block)
    plane, at, there = rows.to(tl.int64) * groups, n * groups + g, n < rows
    in_z, in_r, in_c, rec_z, rec_r, rec_c, out = _weights(w_in, w_rec, readout, g, q, hidden)
    held, real = at[None, :] * hidden + q[:, None], there[None, :] & (q < hidden)[:, None]
    state = tl.load(h + held, mask=real, other=0.0).to(tl.float32)
    for k in range(steps):
        tl.store(states + k * plane * hidden + held, state, mask=real)
        value = tl.load(x + k * plane + at, mask=there, other=0.0).to(tl.float32)
        z, _, c = _gates(value, state, in_z, in_r, in_c, rec_z, rec_r, rec_c)
        state += z * (c - state)
    # A state may be read by another thread of the program than the one that stored it.
    tl.debug_barrier()
    d_state, to_bias = tl.zeros([padded, block], tl.float32), tl.zeros([block], tl.float32)
    to_in_z, to_in_r, to_in_c, to_out = d_state, d_state, d_state, d_state
    to_rec_z = _no_products(padded, block)
    to_rec_r, to_rec_c = to_rec_z, to_rec_z
    for back in range(steps):
        k = steps - 1 - back
        state = tl.load(states + k * plane * hidden + held, mask=real, other=0.0)
        value = tl.load(x + k * plane + at, mask=there, other=0.0).to(tl.float32)
        z, r, c = _gates(value, state, in_z, in_r, in_c, rec_z, rec_r, rec_c)
        dy = tl.load(gradient + (k - before) * plane + at, mask=there & (k >= before), other=0.0)
        to_bias += dy
        to_out += dy[None, :] * (state + z * (c - state))
        d_state += dy[None, :] * out[:, None]
        d_z = d_state * (c - state) * z * (1.0 - z)
        d_c = d_state * z * (1.0 - c * c)
        d_reset = _times(tl.trans(rec_c), d_c)
        d_r = d_reset * state * r * (1.0 - r)
        d_state = d_state * (1.0 - z) + d_reset * r + _times(tl.trans(rec_z), d_z) + _times(tl.trans(rec_r), d_r)
        to_in_z += d_z * value[None, :]
        to_in_r += d_r * value[None, :]
        to_in_c += d_c * value[None, :]
        to_rec_z = _add_products(to_rec_z, state, d_z)
        to_rec_r = _add_products(to_rec_r, state, d_r)
        to_rec_c = _add_products(to_rec_c, r * state, d_c)
    part = (tl.program_id(0) // groups).to(tl.int64) * width
    gates, unit = 3 * hidden, q < hidden
    tl.store(d_bias + part + g, tl.sum(to_bias, axis=0))
    tl.store(d_out + part + g * hidden + q, tl.sum(to_out, axis=1), mask=unit)
    d_in += part + g * gates + q
    tl.store(d_in, tl.sum(to_in_z, axis=1), mask=unit)
    tl.store(d_in + hidden, tl.sum(to_in_r, axis=1), mask=unit)
    tl.store(d_in + 2 * hidden, tl.sum(to_in_c, axis=1), mask=unit)
    d_rec += part + g * hidden * gates + q[:, None] * gates + q[None, :]
    square = unit[:, None] & unit[None, :]
    tl.store(d_rec, _over_rows(to_rec_z), mask=square)
    tl.store(d_rec + hidden, _over_rows(to_rec_r), mask=square)
    tl.store(d_rec + 2 * hidden, _over_rows(to_rec_c), mask=square)
