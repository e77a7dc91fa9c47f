"""The same recurrence as `by_rows` for few rows and many generators, with the generators innermost.

Each generator has weights of its own, so a block's weights are laid out generator by generator beside its hidden
states, and the gradients of a block belong to it alone.
"""

import numpy as np

from freshrec.kernels.activations import BLOCK, ONE, ZERO, Floats, Weights, compiled_fast, sigmoid, tanh
from freshrec.kernels.threads import LEAST, over_blocks

__all__ = ["backward_by_generators", "forward_by_generators"]


def forward_by_generators(x: Floats, h: Floats, weights: Weights, steps: int) -> Floats:
    """As `freshrec.kernels.gru_forward`."""
    y = np.empty((steps, *x.shape[1:]), np.float32)
    over_blocks(_forward, -(-x.shape[2] // BLOCK), x, h, *weights, y, least=LEAST)
    return y


def backward_by_generators(x: Floats, h: Floats, weights: Weights, gradient: Floats) -> Weights:
    """As `freshrec.kernels.gru_backward`."""
    w_in, w_rec, readout, bias = weights
    parts = np.zeros_like(w_in), np.zeros_like(w_rec), np.zeros_like(readout), np.zeros_like(bias)
    over_blocks(_backward, -(-x.shape[2] // BLOCK), x, h, w_in, w_rec, readout, gradient, *parts, least=LEAST)
    return parts


@compiled_fast
def _lay_out(
    g: int, size: int, w_in: Floats, w_rec: Floats, readout: Floats, win: Floats, rec: Floats, out: Floats
) -> None:
    """A block's weights with its generators innermost: win [3 H, B], rec [H, 3 H, B], out [H, B]."""
    hidden, gates = w_rec.shape[1:]
    for i in range(size):
        for j in range(gates):
            win[j, i] = w_in[g + i, j]
        for q in range(hidden):
            out[q, i] = readout[g + i, q]
            for j in range(gates):
                rec[q, j, i] = w_rec[g + i, q, j]


@compiled_fast
def _recur(
    x: Floats,
    h: Floats,
    n: int,
    g: int,
    size: int,
    win: Floats,
    rec: Floats,
    hs: Floats,
    z: Floats,
    r: Floats,
    c: Floats,
) -> None:
    """Equation 4 for one row and block of generators: fills states hs [K + 1, H, B] and gates [K, H, B]."""
    steps, hidden = len(x), h.shape[2]
    for j in range(hidden):
        for i in range(size):
            hs[0, j, i] = h[n, g + i, j]
    for k in range(steps):
        for j in range(hidden):
            for i in range(size):
                z[k, j, i] = win[j, i] * x[k, n, g + i]
                r[k, j, i] = win[hidden + j, i] * x[k, n, g + i]
                c[k, j, i] = win[2 * hidden + j, i] * x[k, n, g + i]
            for q in range(hidden):
                for i in range(size):
                    z[k, j, i] += rec[q, j, i] * hs[k, q, i]
                    r[k, j, i] += rec[q, hidden + j, i] * hs[k, q, i]
            for i in range(size):
                z[k, j, i] = sigmoid(z[k, j, i])
                r[k, j, i] = sigmoid(r[k, j, i])
        for j in range(hidden):
            for q in range(hidden):
                for i in range(size):
                    c[k, j, i] += rec[q, 2 * hidden + j, i] * (r[k, q, i] * hs[k, q, i])
            for i in range(size):
                c[k, j, i] = tanh(c[k, j, i])
                hs[k + 1, j, i] = hs[k, j, i] + z[k, j, i] * (c[k, j, i] - hs[k, j, i])


@compiled_fast
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
    hidden, gates = w_rec.shape[1:]
    win, rec = np.empty((gates, BLOCK), np.float32), np.empty((hidden, gates, BLOCK), np.float32)
    out = np.empty((hidden, BLOCK), np.float32)
    hs = np.empty((steps + 1, hidden, BLOCK), np.float32)
    z, r, c = np.empty_like(hs), np.empty_like(hs), np.empty_like(hs)
    before = steps - len(y)
    for block in range(first, last):
        g = block * BLOCK
        size = min(BLOCK, groups - g)
        _lay_out(g, size, w_in, w_rec, readout, win, rec, out)
        for n in range(rows):
            _recur(x, h, n, g, size, win, rec, hs, z, r, c)
            for k in range(before, steps):
                for i in range(size):
                    y[k - before, n, g + i] = bias[g + i]
                for j in range(hidden):
                    for i in range(size):
                        y[k - before, n, g + i] += out[j, i] * hs[k + 1, j, i]


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
    hidden, gates = w_rec.shape[1:]
    win, rec = np.empty((gates, BLOCK), np.float32), np.empty((hidden, gates, BLOCK), np.float32)
    out = np.empty((hidden, BLOCK), np.float32)
    to_win, to_rec, to_out = np.empty_like(win), np.empty_like(rec), np.empty_like(out)
    hs = np.empty((steps + 1, hidden, BLOCK), np.float32)
    z, r, c = np.empty_like(hs), np.empty_like(hs), np.empty_like(hs)
    dh, da = np.empty((hidden, BLOCK), np.float32), np.empty((gates, BLOCK), np.float32)
    before = steps - len(gradient)
    for block in range(first, last):
        g = block * BLOCK
        size = min(BLOCK, groups - g)
        _lay_out(g, size, w_in, w_rec, readout, win, rec, out)
        to_win[:], to_rec[:], to_out[:] = ZERO, ZERO, ZERO
        for n in range(rows):
            _recur(x, h, n, g, size, win, rec, hs, z, r, c)
            dh[:] = ZERO
            for k in range(steps - 1, -1, -1):
                if k >= before:
                    for i in range(size):
                        d_bias[g + i] += gradient[k - before, n, g + i]
                    for j in range(hidden):
                        for i in range(size):
                            to_out[j, i] += gradient[k - before, n, g + i] * hs[k + 1, j, i]
                            dh[j, i] += gradient[k - before, n, g + i] * out[j, i]
                _through_gates(k, size, rec, hs, z, r, c, dh, da, to_rec)
                for j in range(gates):
                    for i in range(size):
                        to_win[j, i] += da[j, i] * x[k, n, g + i]
        for i in range(size):
            for j in range(gates):
                d_in[g + i, j] = to_win[j, i]
            for q in range(hidden):
                d_out[g + i, q] = to_out[q, i]
                for j in range(gates):
                    d_rec[g + i, q, j] = to_rec[q, j, i]


@compiled_fast
def _through_gates(
    k: int,
    size: int,
    rec: Floats,
    hs: Floats,
    z: Floats,
    r: Floats,
    c: Floats,
    dh: Floats,
    da: Floats,
    to_rec: Floats,
) -> None:
    """From the gradient of h' (dh) to that of h, by way of the gates' arguments (da); adds to w_rec's (to_rec)."""
    hidden = len(dh)
    update, reset, candidate = 0, hidden, 2 * hidden
    for j in range(hidden):
        for i in range(size):
            d, gate, value = dh[j, i], z[k, j, i], c[k, j, i]
            da[update + j, i] = d * (value - hs[k, j, i]) * gate * (ONE - gate)
            da[candidate + j, i] = d * gate * (ONE - value * value)
            da[reset + j, i] = ZERO
            dh[j, i] = d * (ONE - gate)
    for q in range(hidden):
        for j in range(hidden):
            for i in range(size):
                to_rec[q, candidate + j, i] += da[candidate + j, i] * r[k, q, i] * hs[k, q, i]
                da[reset + q, i] += rec[q, candidate + j, i] * da[candidate + j, i]
        for i in range(size):
            d, gate = da[reset + q, i], r[k, q, i]
            da[reset + q, i] = d * hs[k, q, i] * gate * (ONE - gate)
            dh[q, i] += d * gate
    for q in range(hidden):
        for j in range(2 * hidden):
            for i in range(size):
                to_rec[q, j, i] += da[j, i] * hs[k, q, i]
                dh[q, i] += rec[q, j, i] * da[j, i]
