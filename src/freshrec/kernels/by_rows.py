"""The GRU meta generator's recurrence over the rows of a table, compiled for the CPU.

The G generators of a plane are applied to N rows. Rows are worked on in blocks whose hidden states and gates stay in
the cache, with the rows innermost, so that the compiler can handle several of them at a time. Hidden units go four at a
time: a pass over a block's rows should do much for what it loads and stores. So H must be a multiple of four here;
units that are added have no weights, stay zero, and change nothing.
"""

from typing import Any

import numpy as np

from freshrec.kernels.activations import BLOCK, Floats, Weights, compiled_fast, inlined, sigmoid, tanh
from freshrec.kernels.threads import LEAST, over_blocks

__all__ = ["across", "dot", "forward_by_rows", "read_out", "recur", "widened"]


def forward_by_rows(x: Floats, h: Floats, weights: Weights, steps: int) -> Floats:
    """The generated coordinates [S, N, G] after each of the last S steps of the recurrence (equations 4 and 5)."""
    rows = x.shape[1]
    y = np.empty((steps, rows, x.shape[2]), np.float32)
    over_blocks(_forward, -(-rows // BLOCK), x, h, *widened(weights), y, least=LEAST)
    return y


def widened(weights: Weights) -> Weights:
    """The weights with hidden units added, all zero, up to a multiple of four."""
    w_in, w_rec, readout, bias = weights
    groups, hidden = readout.shape
    added = -hidden % 4
    if not added:
        return weights
    w_in = np.pad(w_in.reshape(groups, 3, hidden), ((0, 0), (0, 0), (0, added)))
    w_rec = np.pad(w_rec.reshape(groups, hidden, 3, hidden), ((0, 0), (0, added), (0, 0), (0, added)))
    wide = hidden + added
    return w_in.reshape(groups, -1), w_rec.reshape(groups, wide, -1), np.pad(readout, ((0, 0), (0, added))), bias


@inlined
def across(weights: Floats, g: int, q: int, j: int) -> tuple[float, float, float, float]:
    """Four weights of generator g and unit q, from column j on."""
    return weights[g, q, j], weights[g, q, j + 1], weights[g, q, j + 2], weights[g, q, j + 3]


@inlined
def _down(weights: Floats, g: int, q: int, j: int) -> tuple[float, float, float, float]:
    """Four weights of generator g and column j, from unit q on."""
    return weights[g, q, j], weights[g, q + 1, j], weights[g, q + 2, j], weights[g, q + 3, j]


@inlined
def dot(four: tuple[float, float, float, float], values: Floats, q: int, i: int) -> Any:
    """The sum over four units of values [H, B], from unit q on, at row i."""
    return four[0] * values[q, i] + four[1] * values[q + 1, i] + four[2] * values[q + 2, i] + four[3] * values[q + 3, i]


@compiled_fast
def recur(
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
    reset: Floats,
) -> None:
    """Equation 4 for one generator and block.

    Fills coordinates xs [K, B], states hs [K + 1, H, B], the gates z, r and c [K, H, B]; `reset` [H, B] is for passing
    on r * h. Added units of hs[0] are zero before.
    """
    steps = x.shape[0]
    for k in range(steps):
        for i in range(size):
            xs[k, i] = x[k, row + i, g]
    for j in range(h.shape[2]):
        for i in range(size):
            hs[0, j, i] = h[row + i, g, j]
    for k in range(steps):
        _gates(g, size, w_in, w_rec, xs[k], hs[k], z[k], r[k], reset)
        _advance(g, size, w_in, w_rec, xs[k], hs[k], z[k], reset, c[k], hs[k + 1])


@compiled_fast
def _gates(
    g: int, size: int, w_in: Floats, w_rec: Floats, x: Floats, h: Floats, z: Floats, r: Floats, reset: Floats
) -> None:
    """The gates z and r, and reset = r * h, of one step."""
    hidden = len(h)
    for j in range(hidden):
        zj, rj, hj, out = z[j], r[j], h[j], reset[j]
        z_in, r_in = w_in[g, j], w_in[g, hidden + j]
        z_four, r_four = _down(w_rec, g, 0, j), _down(w_rec, g, 0, hidden + j)
        if hidden == 4:
            for i in range(size):
                gate = sigmoid(r_in * x[i] + dot(r_four, h, 0, i))
                zj[i] = sigmoid(z_in * x[i] + dot(z_four, h, 0, i))
                rj[i] = gate
                out[i] = gate * hj[i]
            continue
        for i in range(size):
            zj[i] = z_in * x[i] + dot(z_four, h, 0, i)
            rj[i] = r_in * x[i] + dot(r_four, h, 0, i)
        for q in range(4, hidden, 4):
            z_four, r_four = _down(w_rec, g, q, j), _down(w_rec, g, q, hidden + j)
            for i in range(size):
                zj[i] += dot(z_four, h, q, i)
                rj[i] += dot(r_four, h, q, i)
        for i in range(size):
            gate = sigmoid(rj[i])
            zj[i] = sigmoid(zj[i])
            rj[i] = gate
            out[i] = gate * hj[i]


@compiled_fast
def _advance(
    g: int,
    size: int,
    w_in: Floats,
    w_rec: Floats,
    x: Floats,
    h: Floats,
    z: Floats,
    reset: Floats,
    c: Floats,
    after: Floats,
) -> None:
    """The candidate c of one step, and the state after it."""
    hidden = len(h)
    for j in range(hidden):
        cj, zj, hj, out = c[j], z[j], h[j], after[j]
        c_in, four = w_in[g, 2 * hidden + j], _down(w_rec, g, 0, 2 * hidden + j)
        if hidden == 4:
            for i in range(size):
                candidate = tanh(c_in * x[i] + dot(four, reset, 0, i))
                cj[i] = candidate
                out[i] = hj[i] + zj[i] * (candidate - hj[i])
            continue
        for i in range(size):
            cj[i] = c_in * x[i] + dot(four, reset, 0, i)
        for q in range(4, hidden, 4):
            four = _down(w_rec, g, q, 2 * hidden + j)
            for i in range(size):
                cj[i] += dot(four, reset, q, i)
        for i in range(size):
            candidate = tanh(cj[i])
            cj[i] = candidate
            out[i] = hj[i] + zj[i] * (candidate - hj[i])


@compiled_fast
def read_out(g: int, size: int, h: Floats, readout: Floats, bias: Floats, out: Floats) -> None:
    """Equation 5 for one generator: the generated coordinates `out` [B] of states h [H, B]."""
    out[:] = bias[g]
    for q in range(0, len(h), 4):
        four = readout[g, q], readout[g, q + 1], readout[g, q + 2], readout[g, q + 3]
        for i in range(size):
            out[i] += dot(four, h, q, i)


@compiled_fast
def _forward(
    first: int, last: int, x: Floats, h: Floats, w_in: Floats, w_rec: Floats, readout: Floats, bias: Floats, y: Floats
) -> None:
    steps, rows, groups = x.shape
    hidden, before = readout.shape[1], steps - len(y)
    xs, out = np.empty((steps, BLOCK), np.float32), np.empty(BLOCK, np.float32)
    hs = np.zeros((steps + 1, hidden, BLOCK), np.float32)
    z, r, c = np.empty_like(hs), np.empty_like(hs), np.empty_like(hs)
    reset = np.empty((hidden, BLOCK), np.float32)
    for block in range(first, last):
        row = block * BLOCK
        size = min(BLOCK, rows - row)
        for g in range(groups):
            recur(x, h, w_in, w_rec, g, row, size, xs, hs, z, r, c, reset)
            for k in range(before, steps):
                read_out(g, size, hs[k + 1], readout, bias, out)
                for i in range(size):
                    y[k - before, row + i, g] = out[i]
