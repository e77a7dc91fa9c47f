"""The GRU meta generator: equations 4 and 5 of ASMG (RecSys 2021), applied coordinate by coordinate."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from freshrec.generators.fused import can_fuse, fused_outputs
from freshrec.seeds import torch_rng

__all__ = ["GRU", "GRUWeights"]


@dataclass(frozen=True)
class GRUWeights:
    """The weights of the G generators of one plane; gates stand in the order update, reset, candidate.

    Attributes:
        input: [G, 3H], from the coordinate to the gates.
        recurrent: [G, H, 3H], from the hidden state to the gates.
        readout: [G, H], from the hidden state to the generated coordinate.
        bias: [G], added to the read-out.
    """

    input: Tensor
    recurrent: Tensor
    readout: Tensor
    bias: Tensor

    @classmethod
    def of(cls, weights: Mapping[str, Tensor], plane: str) -> "GRUWeights":
        """Take one plane's weights out of a generator's parameters."""
        return cls(*(weights[f"{plane}.{part}"] for part in ("input", "recurrent", "readout", "bias")))


@dataclass(frozen=True)
class GRU:
    """A GRU without gate biases, whose reset gate acts on h before the product with its weight.

    `torch.nn.GRUCell` is another cell: it has gate biases and applies the reset gate after the product.

    Attributes:
        hidden: H, the size of the hidden state of a coordinate.
    """

    hidden: int

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
                gates = [_glorot(g, 1, size, rng) for _ in range(3)]
                parts["input"].append(torch.cat(gates, 2).squeeze(1))
                gates = [_glorot(g, size, size, rng) for _ in range(3)]
                parts["recurrent"].append(torch.cat(gates, 2))
                parts["readout"].append(_glorot(g, size, 1, rng).squeeze(2))
                parts["bias"].append(_glorot(g, 1, 1, rng).reshape(g))
            weights |= {f"{plane}.{part}": torch.cat(tensors) for part, tensors in parts.items()}
        return weights

    def outputs(self, weights: GRUWeights, x: Tensor, h: Tensor, steps: int) -> Tensor:
        """The generated coordinates [S, N, G] after each of the last S = `steps` of K steps.

        Compiled where it can be; `plain_outputs` is what it computes.

        Args:
            weights: of the plane's G generators.
            x: coordinates [K, N, G] of K snapshots.
            h: hidden state [N, G, H] before the first.
            steps: S, at most K.
        """
        if can_fuse(x):
            return fused_outputs(x, h, (weights.input, weights.recurrent, weights.readout, weights.bias), steps)
        return self.plain_outputs(weights, x, h, steps)

    def plain_outputs(self, weights: GRUWeights, x: Tensor, h: Tensor, steps: int) -> Tensor:
        """The definition: equation 4 step by step, equation 5 after each of the last ones."""
        state, made = h.transpose(0, 1).contiguous(), []
        for k, coordinates in enumerate(x):
            state = self.advance(weights, coordinates.t().contiguous(), state)
            if k >= len(x) - steps:
                made.append(self.read_out(weights, state).t())
        return torch.stack(made)

    def advance(self, weights: GRUWeights, x: Tensor, h: Tensor) -> Tensor:
        """One step of equation 4: from coordinates x [G, N] and hidden state h [G, N, H] to the next h [G, N, H]."""
        size = self.hidden
        gates = x.unsqueeze(-1) * weights.input.unsqueeze(1)
        z, r = torch.sigmoid(gates[..., : 2 * size] + torch.bmm(h, weights.recurrent[..., : 2 * size])).chunk(2, -1)
        candidate = torch.tanh(gates[..., 2 * size :] + torch.bmm(r * h, weights.recurrent[..., 2 * size :]))
        return h + z * (candidate - h)

    def read_out(self, weights: GRUWeights, h: Tensor) -> Tensor:
        """Equation 5: the generated coordinates [G, N] from h [G, N, H]."""
        return torch.bmm(h, weights.readout.unsqueeze(2)).squeeze(2) + weights.bias.unsqueeze(1)


def _glorot(groups: int, fan_in: int, fan_out: int, rng: torch.Generator) -> Tensor:
    limit = math.sqrt(6 / (groups * (fan_in + fan_out)))
    return torch.empty(groups, fan_in, fan_out).uniform_(-limit, limit, generator=rng)
