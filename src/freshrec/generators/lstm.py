"""A long short-term memory cell, for comparison with the GRU (Hochreiter, Schmidhuber 1997; with forget gate)."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from freshrec.generators.recurrent import Recurrent, RecurrentWeights

__all__ = ["LSTM"]


@dataclass(frozen=True)
class LSTM(Recurrent):
    """Its state is the hidden state h [H] followed by the memory c [H]; gates are input, forget, output, candidate."""

    gates: ClassVar[int] = 4

    @property
    def state_size(self) -> int:
        """2 H: hidden state and memory."""
        return 2 * self.hidden

    def advance(self, weights: RecurrentWeights, x: Tensor, state: Tensor) -> Tensor:
        """From coordinates x [G, N] and state [G, N, 2 H] to the next: c' = f c + i tanh(a), h' = o tanh(c')."""
        h, c = state.chunk(2, -1)
        gates = x.unsqueeze(-1) * weights.input.unsqueeze(1) + torch.bmm(h, weights.recurrent)
        i, f, o, a = gates.chunk(4, -1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(a)
        return torch.cat([torch.sigmoid(o) * torch.tanh(c), c], -1)
