"""The GRU meta generator's recurrence over the rows of a table, forward and backward, compiled for the CPU.

The G generators of a plane are applied to N rows. Rows are worked on in blocks whose hidden states and gates stay in
the cache, with the rows innermost, so that the compiler can handle several of them at a time. The backward pass
computes the block's gates again instead of keeping them: they are cheaper to compute than to store and read.
"""

import numpy as np

from freshrec.kernels.activations import BLOCK, ONE, ZERO, Floats, Weights, compiled, sigmoid, tanh
from freshrec.kernels.threads import over_blocks

__all__ = ["backward_by_rows", "forward_by_rows"]


def forward_by_rows(x: Floats, h: Floats, weights: Weights, steps: int) -> Floats:
    """The generated coordinates [S, N, G] after each of the last S steps of the recurrence (equations 4 and 5)."""
    rows = x.shape[1]
    y = np.empty((steps, rows, x.shape[2]), np.float32)
    over_blocks(_forward, -(-rows // BLOCK), x, h, *weights, y)
    return y


def backward_by_rows(x: Floats, h: Floats, weights: Weights, gradient: Floats) -> Weights:
    """The weights' gradients from those of the outputs, [S, N, G]; x and h are data and have none."""
    blocks, (w_in, w_rec, readout, bias) = -(-x.shape[1] // BLOCK), weights
    parts = tuple(np.zeros((blocks, *weight.shape), np.float32) for weight in (w_in, w_rec, readout, bias))
    over_blocks(_backward, blocks, x, h, w_in, w_rec, readout, gradient, *parts)
    w_in, w_rec, readout, bias = (part.sum(0) for part in parts)
    return w_in, w_rec, readout, bias


@compiled
def _recur(
    x: Floats,
    h: Floats,
    w_in: Floats,
    w_rec: Floats,
    g: int,
    row: int,
    size: int,
    xs: Floats,
    hs: Floats,
    z: Floats,
    r: Floats,
    c: Floats,
) -> None:
    """Equation 4 for one generator and block: fills coordinates xs [K, B], states hs [K + 1, H, B], gates [K, H, B]."""
    steps, hidden = x.shape[0], h.shape[2]
    for k in range(steps):
        for i in range(size):
            xs[k, i] = x[k, row + i, g]
    for j in range(hidden):
        for i in range(size):
            hs[0, j, i] = h[row + i, g, j]
    for k in range(steps):
        for j in range(hidden):
            for i in range(size):
                z[k, j, i] = w_in[g, j] * xs[k, i]
                r[k, j, i] = w_in[g, hidden + j] * xs[k, i]
                c[k, j, i] = w_in[g, 2 * hidden + j] * xs[k, i]
            for q in range(hidden):
                for i in range(size):
                    z[k, j, i] += w_rec[g, q, j] * hs[k, q, i]
                    r[k, j, i] += w_rec[g, q, hidden + j] * hs[k, q, i]
            for i in range(size):
                z[k, j, i] = sigmoid(z[k, j, i])
                r[k, j, i] = sigmoid(r[k, j, i])
        for j in range(hidden):
            for q in range(hidden):
                for i in range(size):
                    c[k, j, i] += w_rec[g, q, 2 * hidden + j] * (r[k, q, i] * hs[k, q, i])
            for i in range(size):
                c[k, j, i] = tanh(c[k, j, i])
                hs[k + 1, j, i] = hs[k, j, i] + z[k, j, i] * (c[k, j, i] - hs[k, j, i])


@compiled
def _forward(
    first: int,
    last: int,
    x: Floats,
    h: Floats,
    w_in: Floats,
    w_rec: Floats,
    readout: Floats,
    bias: Floats,
    y: Floats,
) -> None:
    steps, rows, groups = x.shape
    hidden = h.shape[2]
    xs = np.empty((steps, BLOCK), np.float32)
    hs = np.empty((steps + 1, hidden, BLOCK), np.float32)
    z, r, c = np.empty_like(hs), np.empty_like(hs), np.empty_like(hs)
    before = steps - len(y)
    for block in range(first, last):
        row = block * BLOCK
        size = min(BLOCK, rows - row)
        for g in range(groups):
            _recur(x, h, w_in, w_rec, g, row, size, xs, hs, z, r, c)
            for k in range(before, steps):
                for i in range(size):
                    value = bias[g]
                    for j in range(hidden):
                        value += readout[g, j] * hs[k + 1, j, i]
                    y[k - before, row + i, g] = value


@compiled
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
    hidden = h.shape[2]
    xs, dy = np.empty((steps, BLOCK), np.float32), np.empty(BLOCK, np.float32)
    hs = np.empty((steps + 1, hidden, BLOCK), np.float32)
    z, r, c = np.empty_like(hs), np.empty_like(hs), np.empty_like(hs)
    dh, reset = np.empty((hidden, BLOCK), np.float32), np.empty((hidden, BLOCK), np.float32)
    da = np.empty((3 * hidden, BLOCK), np.float32)
    before = steps - len(gradient)
    for block in range(first, last):
        row = block * BLOCK
        size = min(BLOCK, rows - row)
        for g in range(groups):
            _recur(x, h, w_in, w_rec, g, row, size, xs, hs, z, r, c)
            dh[:] = ZERO
            for k in range(steps - 1, -1, -1):
                if k >= before:
                    for i in range(size):
                        dy[i] = gradient[k - before, row + i, g]
                    _through_read_out(g, k, size, dy, hs, readout, dh, d_out[block], d_bias[block])
                _through_gates(g, k, size, w_rec, hs, z, r, c, dh, da, reset)
                _add_products(g, k, size, xs, hs, reset, da, d_in[block], d_rec[block])
                if k > 0:
                    for q in range(hidden):
                        for j in range(2 * hidden):
                            for i in range(size):
                                dh[q, i] += w_rec[g, q, j] * da[j, i]


@compiled
def _through_read_out(
    g: int,
    k: int,
    size: int,
    dy: Floats,
    hs: Floats,
    readout: Floats,
    dh: Floats,
    d_out: Floats,
    d_bias: Floats,
) -> None:
    """Add the outputs' gradient dy [B] of step k to that of its hidden state, and to read-out and bias."""
    total = ZERO
    for i in range(size):
        total += dy[i]
    d_bias[g] += total
    for j in range(len(dh)):
        total = ZERO
        for i in range(size):
            total += dy[i] * hs[k + 1, j, i]
            dh[j, i] += dy[i] * readout[g, j]
        d_out[g, j] += total


@compiled
def _through_gates(
    g: int,
    k: int,
    size: int,
    w_rec: Floats,
    hs: Floats,
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
        for i in range(size):
            d, update, candidate = dh[j, i], z[k, j, i], c[k, j, i]
            da[j, i] = d * (candidate - hs[k, j, i]) * update * (ONE - update)
            da[2 * hidden + j, i] = d * update * (ONE - candidate * candidate)
            dh[j, i] = d * (ONE - update)
    for q in range(hidden):
        for i in range(size):
            reset[q, i] = ZERO
        for j in range(hidden):
            for i in range(size):
                reset[q, i] += w_rec[g, q, 2 * hidden + j] * da[2 * hidden + j, i]
        for i in range(size):
            d, gate, state = reset[q, i], r[k, q, i], hs[k, q, i]
            da[hidden + q, i] = d * state * gate * (ONE - gate)
            dh[q, i] += d * gate
            reset[q, i] = gate * state


@compiled
def _add_products(
    g: int,
    k: int,
    size: int,
    xs: Floats,
    hs: Floats,
    reset: Floats,
    da: Floats,
    d_in: Floats,
    d_rec: Floats,
) -> None:
    """Add the products of the gates' gradients with what each weight was multiplied with."""
    hidden = len(reset)
    for j in range(3 * hidden):
        total = ZERO
        for i in range(size):
            total += da[j, i] * xs[k, i]
        d_in[g, j] += total
        for q in range(hidden):
            total = ZERO
            if j < 2 * hidden:
                for i in range(size):
                    total += da[j, i] * hs[k, q, i]
            else:
                for i in range(size):
                    total += da[j, i] * reset[q, i]
            d_rec[g, q, j] += total
