"""The GRU meta generator: equation 4 of ASMG (RecSys 2021)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from freshrec.generators.fused import fused_outputs
from freshrec.generators.recurrent import Recurrent, RecurrentWeights
from freshrec.kernels import GRUWeights, can_fill, can_fuse, gru_last, gru_next
from freshrec.params import Params

__all__ = ["GRU", "PlainGRU"]


@dataclass(frozen=True)
class PlainGRU(Recurrent):
    """The definition in plain torch: a GRU whose reset gate acts on h before the product with its weight.

    `torch.nn.GRUCell` is another cell: it has gate biases and applies the reset gate after the product. Gates stand in
    the order update, reset, candidate.
    """

    gates: ClassVar[int] = 3

    def advance(self, weights: RecurrentWeights, x: Tensor, state: Tensor) -> Tensor:
        """One step of equation 4: from coordinates x [G, N] and hidden state [G, N, H] to the next."""
        both = 2 * self.hidden
        gates = x.unsqueeze(-1) * weights.input.unsqueeze(1)
        z, r = torch.sigmoid(gates[..., :both] + torch.bmm(state, weights.recurrent[..., :both])).chunk(2, -1)
        candidate = torch.tanh(gates[..., both:] + torch.bmm(r * state, weights.recurrent[..., both:]))
        return state + z * (candidate - state)


@dataclass(frozen=True)
class GRU(PlainGRU):
    """The same cell, compiled where it can be: for float32 weights, on the CPU and on GPUs that Triton compiles for."""

    def outputs(self, weights: Params, plane: str, x: Tensor, state: Tensor, steps: int) -> Tensor:
        """The generated coordinates [S, N, G], as `PlainGRU` computes them."""
        parts = _parts(weights, plane)
        if not can_fuse(x, state, parts):
            return super().outputs(weights, plane, x, state, steps)
        return fused_outputs(x, state, parts, steps)

    def fill_outputs(
        self, weights: Params, plane: str, x: Sequence[Tensor], state: Tensor | None, made: Tensor
    ) -> bool:
        """Write what `outputs` makes of the last step, for planes of many rows on the CPU."""
        parts = _parts(weights, plane)
        if fits := can_fill(x, state, parts):
            gru_last(x, state, parts, made)
        return fits

    def fill_states(self, weights: Params, plane: str, x: Tensor, state: Tensor | None, handed: Tensor) -> bool:
        """Write what `hand_over` makes, for planes of many rows on the CPU."""
        parts = _parts(weights, plane)
        if fits := can_fill([x], state, parts):
            gru_next(x, state, parts, handed)
        return fits


def _parts(weights: Params, plane: str) -> GRUWeights:
    taken = RecurrentWeights.of(weights, plane)
    return taken.input, taken.recurrent, taken.readout, taken.bias
