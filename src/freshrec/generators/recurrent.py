"""What the recurrent meta generators share: weights by plane, unrolling, read-out (equation 5) and hand-over."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from freshrec.params import Params, glorot
from freshrec.seeds import torch_rng

__all__ = ["Recurrent", "RecurrentWeights"]


@dataclass(frozen=True)
class RecurrentWeights:
    """The weights of the G generators of one plane, for a cell with A gates.

    Attributes:
        input: [G, A H], from the coordinate to the gates.
        recurrent: [G, H, A H], from the hidden state to the gates.
        readout: [G, H], from the hidden state to the generated coordinate.
        bias: [G], added to the read-out.
    """

    input: Tensor
    recurrent: Tensor
    readout: Tensor
    bias: Tensor

    @classmethod
    def of(cls, weights: Mapping[str, Tensor], plane: str) -> "RecurrentWeights":
        """Take one plane's weights out of a generator's parameters."""
        return cls(*(weights[f"{plane}.{part}"] for part in ("input", "recurrent", "readout", "bias")))


@dataclass(frozen=True)
class Recurrent(ABC):
    """A recurrent network applied coordinate by coordinate to a sequence of models; no gate has a bias.

    Attributes:
        hidden: H, the size of the hidden state of a coordinate.
    """

    hidden: int
    gates: ClassVar[int]

    @property
    def state_size(self) -> int:
        """How many numbers a coordinate hands on from step to step; the first H of them are read out."""
        return self.hidden

    @abstractmethod
    def advance(self, weights: RecurrentWeights, x: Tensor, state: Tensor) -> Tensor:
        """One step: from coordinates x [G, N] and the state [G, N, state_size] to the next state."""

    def initial_weights(self, groups: Mapping[str, Sequence[int]], seed: int) -> dict[str, Tensor]:
        """Glorot-uniform weights of all planes, the read-out's bias included.

        The limit is sqrt(6 / (g (fan_in + fan_out))) with g the number of generators initialised together, the
        elements of one parameter tensor. With a zero bias the generated perceptron would start at almost zero.

        Args:
            groups: by plane, the sizes g of its groups, which add up to G.
            seed: seed of the initial values.
        """
        size = self.hidden
        weights: dict[str, Tensor] = {}
        for plane, sizes in groups.items():
            parts: dict[str, list[Tensor]] = {"input": [], "recurrent": [], "readout": [], "bias": []}
            rng = torch_rng(seed, "generator", plane)
            for g in sizes:
                gates = [glorot((g, 1, size), g * (1 + size), rng) for _ in range(self.gates)]
                parts["input"].append(torch.cat(gates, 2).squeeze(1))
                gates = [glorot((g, size, size), g * 2 * size, rng) for _ in range(self.gates)]
                parts["recurrent"].append(torch.cat(gates, 2))
                parts["readout"].append(glorot((g, size, 1), g * (size + 1), rng).squeeze(2))
                parts["bias"].append(glorot((g,), g * 2, rng))
            weights |= {f"{plane}.{part}": torch.cat(tensors) for part, tensors in parts.items()}
        return weights

    def outputs(self, weights: Params, plane: str, x: Tensor, state: Tensor, steps: int) -> Tensor:
        """The generated coordinates [S, N, G] after each of the last S = `steps` of K steps, in the weights' precision.

        Args:
            weights: the generator's parameters by name.
            plane: whose weights are taken.
            x: coordinates [K, N, G] of K snapshots, held in any precision.
            state: the state [N, G, state_size] before the first, held in any precision.
            steps: S, at most K.
        """
        taken, made = RecurrentWeights.of(weights, plane), []
        state = _by_generator(state, taken)
        for k, coordinates in enumerate(x.to(taken.input.dtype)):
            state = self.advance(taken, coordinates.t().contiguous(), state)
            if k >= len(x) - steps:
                made.append(self.read_out(taken, state).t())
        return torch.stack(made)

    def read_out(self, weights: RecurrentWeights, state: Tensor) -> Tensor:
        """Equation 5: the generated coordinates [G, N] from the state [G, N, state_size]."""
        h = state[..., : self.hidden]
        return torch.bmm(h, weights.readout.unsqueeze(2)).squeeze(2) + weights.bias.unsqueeze(1)

    def hand_over(self, weights: Params, plane: str, x: Tensor, state: Tensor) -> Tensor:
        """The state [N, G, state_size] after one snapshot x [N, G], in the weights' precision."""
        taken = RecurrentWeights.of(weights, plane)
        return self.advance(taken, _by_generator(x, taken), _by_generator(state, taken)).transpose(0, 1)


def _by_generator(values: Tensor, weights: RecurrentWeights) -> Tensor:
    """From values [N, G, ...] to [G, N, ...], in the weights' precision."""
    return values.transpose(0, 1).to(weights.input.dtype).contiguous()
