"""The gradient of the GRU meta generator's recurrence over the rows of a table, compiled for the CPU.

Derived by hand: a block's gates are computed again instead of being kept, for they are cheaper to compute than to store
and read. Blocks write their own parts of the weights' gradients, which are added up in the order of the blocks, so that
the outcome does not depend on the number of threads.
"""

import numpy as np

from freshrec.kernels.activations import BLOCK, ONE, ZERO, Floats, Weights, compiled_fast
from freshrec.kernels.by_rows import across, dot, recur, widened
from freshrec.kernels.threads import LEAST, over_blocks

__all__ = ["backward_by_rows"]


def backward_by_rows(x: Floats, h: Floats, weights: Weights, gradient: Floats) -> Weights:
    """The weights' gradients from those of the outputs, [S, N, G]; x and h are data and have none."""
    blocks, hidden = -(-x.shape[1] // BLOCK), h.shape[2]
    wide = widened(weights)
    parts = tuple(np.zeros((blocks, *weight.shape), np.float32) for weight in wide)
    over_blocks(_backward, blocks, x, h, *wide[:3], gradient, *parts, least=LEAST)
    d_in, d_rec, d_out, d_bias = (part.sum(0) for part in parts)
    groups, width = d_out.shape
    d_in = d_in.reshape(groups, 3, width)[..., :hidden].reshape(groups, -1)
    d_rec = d_rec.reshape(groups, width, 3, width)[:, :hidden, :, :hidden].reshape(groups, hidden, -1)
    return d_in, d_rec, np.ascontiguousarray(d_out[:, :hidden]), d_bias


@compiled_fast
def _backward(
    first: int,
    last: int,
    x: Floats,
    h: Floats,
    w_in: Floats,
    w_rec: Floats,
    readout: Floats,
    gradient: Floats,
    d_in: Floats,
    d_rec: Floats,
    d_out: Floats,
    d_bias: Floats,
) -> None:
    steps, rows, groups = x.shape
    hidden, before = readout.shape[1], steps - len(gradient)
    xs, dy = np.empty((steps, BLOCK), np.float32), np.empty(BLOCK, np.float32)
    hs = np.zeros((steps + 1, hidden, BLOCK), np.float32)
    z, r, c = np.empty_like(hs), np.empty_like(hs), np.empty_like(hs)
    dh, reset = np.empty((hidden, BLOCK), np.float32), np.empty((hidden, BLOCK), np.float32)
    da = np.empty((3 * hidden, BLOCK), np.float32)
    for block in range(first, last):
        row = block * BLOCK
        size = min(BLOCK, rows - row)
        for g in range(groups):
            recur(x, h, w_in, w_rec, g, row, size, xs, hs, z, r, c, reset)
            dh[:] = ZERO
            for k in range(steps - 1, -1, -1):
                if k >= before:
                    for i in range(size):
                        dy[i] = gradient[k - before, row + i, g]
                    _through_read_out(g, size, dy, hs[k + 1], readout, dh, d_out[block], d_bias[block])
                _through_gates(g, size, w_rec, hs[k], z[k], r[k], c[k], dh, da, reset)
                _add_products(g, size, xs[k], hs[k], reset, da, d_in[block], d_rec[block])
                if k > 0:
                    _through_products(g, size, w_rec, da, dh)


@compiled_fast
def _through_read_out(
    g: int, size: int, dy: Floats, h: Floats, readout: Floats, dh: Floats, d_out: Floats, d_bias: Floats
) -> None:
    """Add the outputs' gradient dy [B] to that of their hidden state h, and to read-out and bias."""
    total = ZERO
    for i in range(size):
        total += dy[i]
    d_bias[g] += total
    for j in range(len(h)):
        hj, dj, weight = h[j], dh[j], readout[g, j]
        total = ZERO
        for i in range(size):
            total += dy[i] * hj[i]
            dj[i] += dy[i] * weight
        d_out[g, j] += total


@compiled_fast
def _through_gates(
    g: int,
    size: int,
    w_rec: Floats,
    h: Floats,
    z: Floats,
    r: Floats,
    c: Floats,
    dh: Floats,
    da: Floats,
    reset: Floats,
) -> None:
    """From the gradient of h' (dh) to those of the gates' arguments (da) and, but for the gates' part, of h (dh)."""
    hidden = len(dh)
    for j in range(hidden):
        dj, zj, cj, hj = dh[j], z[j], c[j], h[j]
        of_update, of_candidate = da[j], da[2 * hidden + j]
        for i in range(size):
            d, update, candidate = dj[i], zj[i], cj[i]
            kept = ONE - update
            of_update[i] = d * (candidate - hj[i]) * update * kept
            of_candidate[i] = d * update * (ONE - candidate * candidate)
            dj[i] = d * kept
    for q in range(hidden):
        dq, rq, hq, of_reset, out = dh[q], r[q], h[q], da[hidden + q], reset[q]
        of_reset[:] = ZERO
        for j in range(2 * hidden, 3 * hidden, 4):
            four = across(w_rec, g, q, j)
            for i in range(size):
                of_reset[i] += dot(four, da, j, i)
        for i in range(size):
            d, gate, state = of_reset[i], rq[i], hq[i]
            of_reset[i] = d * state * gate * (ONE - gate)
            dq[i] += d * gate
            out[i] = gate * state


@compiled_fast
def _add_products(
    g: int, size: int, x: Floats, h: Floats, reset: Floats, da: Floats, d_in: Floats, d_rec: Floats
) -> None:
    """Add the products of the gates' gradients with what each weight was multiplied with."""
    hidden = len(h)
    for j in range(3 * hidden):
        dj, values = da[j], h if j < 2 * hidden else reset
        of_x = ZERO
        for q in range(0, hidden, 4):
            v0, v1, v2, v3 = values[q], values[q + 1], values[q + 2], values[q + 3]
            of_x = t0 = t1 = t2 = t3 = ZERO
            for i in range(size):
                d = dj[i]
                of_x += d * x[i]
                t0 += d * v0[i]
                t1 += d * v1[i]
                t2 += d * v2[i]
                t3 += d * v3[i]
            d_rec[g, q, j] += t0
            d_rec[g, q + 1, j] += t1
            d_rec[g, q + 2, j] += t2
            d_rec[g, q + 3, j] += t3
        d_in[g, j] += of_x


@compiled_fast
def _through_products(g: int, size: int, w_rec: Floats, da: Floats, dh: Floats) -> None:
    """Add the gates' part to the gradient of h."""
    hidden = len(dh)
    for q in range(hidden):
        dq = dh[q]
        for j in range(0, 2 * hidden, 4):
            four = across(w_rec, g, q, j)
            for i in range(size):
                dq[i] += dot(four, da, j, i)
