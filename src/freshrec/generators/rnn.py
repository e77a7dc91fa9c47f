"""A vanilla recurrent cell, for comparison with the GRU: h' = tanh(W [h, theta])."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from freshrec.generators.recurrent import Recurrent, RecurrentWeights

__all__ = ["RNN"]


@dataclass(frozen=True)
class RNN(Recurrent):
    """One gate and no memory beside it: what is kept must survive the product with W at every step."""

    gates: ClassVar[int] = 1

    def advance(self, weights: RecurrentWeights, x: Tensor, state: Tensor) -> Tensor:
        """From coordinates x [G, N] and hidden state [G, N, H] to the next."""
        return torch.tanh(x.unsqueeze(-1) * weights.input.unsqueeze(1) + torch.bmm(state, weights.recurrent))
