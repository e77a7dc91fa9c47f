"""The GRU meta generator's recurrence over all rows of a plane, without gradients: to serve, and to hand states over.

Rows are read where they lie and results are written where they belong, so that beside inputs and results there is no
more memory than a chunk a thread, which stays in the cache. A thread works on consecutive chunks, and meets the others
once, at the end. All blocks have the same number of rows, the last one filled up with zeros, so that what a row becomes
does not depend on how many rows there are.
"""

from collections.abc import Callable, Sequence

import numpy as np
from torch import Tensor

from freshrec.kernels.activations import BLOCK, Floats, Weights, compiled_fast
from freshrec.kernels.by_rows import read_out, recur, widened
from freshrec.kernels.recurrence import FEW, GRUWeights, as_array, can_fuse
from freshrec.kernels.threads import over_blocks

__all__ = ["can_fill", "gru_last", "gru_next"]

CHUNK = 32_768
"""Coordinates of a snapshot that are worked on at a time; a block of wide rows may have more."""


def can_fill(x: Sequence[Tensor], h: Tensor | None, weights: GRUWeights) -> bool:
    """Whether there is code for these: what `can_fuse` asks for, on the CPU, and not few rows of many generators.

    A table with so few rows that vectors of them are mostly empty costs little, and may have more rows in a longer log.
    """
    fits = (one.device.type == "cpu" and can_fuse(one, one if h is None else h, weights) for one in x)
    return (len(x[0]) >= FEW or x[0].shape[1] <= BLOCK) and all(fits)


def gru_last(x: Sequence[Tensor], h: Tensor | None, weights: GRUWeights, made: Tensor) -> None:
    """Write the coordinates generated after the last of K snapshots into `made` (equations 4 and 5).

    Args:
        x: K snapshots [N, G].
        h: hidden state [N, G, H] before the first; None for zero.
        weights: as in `freshrec.kernels.recurrence`.
        made: float32 [N, G], contiguous.
    """
    parts, nothing = _arrays(weights), np.empty((0, 0, 0), np.float32)

    def work(rows: slice, x: Floats, h: Floats) -> None:
        _fill(x, h, *parts, as_array(made[rows]), nothing)

    _over_chunks(work, x, h, weights)


def gru_next(x: Tensor, h: Tensor | None, weights: GRUWeights, handed: Tensor) -> None:
    """Write the hidden state after one snapshot into `handed` (equation 4).

    Args:
        x: the snapshot [N, G].
        h: hidden state [N, G, H] before it; None for zero.
        weights: as in `freshrec.kernels.recurrence`.
        handed: [N, G, H], contiguous, in any precision that a state is held in.
    """
    parts, nothing = _arrays(weights), np.empty((0, 0), np.float32)

    def work(rows: slice, x: Floats, h: Floats) -> None:
        # What is held in float32 is itself here, anything else a copy.
        state = handed[rows].float()
        _fill(x, h, *parts, nothing, as_array(state))
        if handed.dtype != state.dtype:
            handed[rows] = state

    _over_chunks(work, [x], h, weights)


def _over_chunks(
    work: Callable[[slice, Floats, Floats], None], x: Sequence[Tensor], h: Tensor | None, weights: GRUWeights
) -> None:
    """Call `work` on every chunk: which rows it has, their snapshots [K, n or more, G] and their state [n, G, H]."""
    (count, generators), hidden = x[0].shape, weights[2].shape[1]
    size = BLOCK * max(1, CHUNK // (BLOCK * generators))

    def several(first: int, last: int) -> None:
        most = _filled_up(min(size, count))
        taken = np.zeros((len(x), most, generators), np.float32)
        zero = np.zeros((0 if h is not None else most, generators, hidden), np.float32)
        for chunk in range(first, last):
            rows = slice(chunk * size, min((chunk + 1) * size, count))
            length = rows.stop - rows.start
            for place, snapshot in zip(taken, x, strict=True):
                np.copyto(place[:length], as_array(snapshot[rows]))
                place[length:] = 0
            state = zero if h is None else as_array(h[rows])
            if missing := _filled_up(len(state)) - len(state):
                state = np.concatenate([state, np.zeros((missing, *state.shape[1:]), np.float32)])
            work(rows, taken, state[: _filled_up(length)])

    over_blocks(several, -(-count // size))


def _filled_up(rows: int) -> int:
    """The number of rows of as many whole blocks."""
    return -(-rows // BLOCK) * BLOCK


def _arrays(weights: GRUWeights) -> Weights:
    w_in, w_rec, readout, bias = map(as_array, weights)
    return widened((w_in, w_rec, readout, bias))


@compiled_fast
def _fill(
    x: Floats,
    h: Floats,
    w_in: Floats,
    w_rec: Floats,
    readout: Floats,
    bias: Floats,
    made: Floats,
    handed: Floats,
) -> None:
    """Fill what there is of the last step's outputs `made` [N, G] and states `handed` [N, G, H].

    Coordinates and states are those of N rows or more, in whole blocks.
    """
    (steps, _, groups), (rows, _, units), hidden = x.shape, h.shape, readout.shape[1]
    xs, out = np.empty((steps, BLOCK), np.float32), np.empty(BLOCK, np.float32)
    hs = np.zeros((steps + 1, hidden, BLOCK), np.float32)
    z, r, c = np.empty_like(hs), np.empty_like(hs), np.empty_like(hs)
    reset = np.empty((hidden, BLOCK), np.float32)
    for row in range(0, rows, BLOCK):
        for g in range(groups):
            recur(x, h, w_in, w_rec, g, row, BLOCK, xs, hs, z, r, c, reset)
            if len(made):
                read_out(g, BLOCK, hs[steps], readout, bias, out)
                for i in range(min(BLOCK, len(made) - row)):
                    made[row + i, g] = out[i]
            if len(handed):
                for j in range(units):
                    for i in range(min(BLOCK, len(handed) - row)):
                        handed[row + i, g, j] = hs[steps, j, i]
