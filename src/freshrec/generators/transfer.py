"""SML's transfer module: from the previous model and the updated one to the model that serves, row by row.

Zhang, Feng, Wang, He, Wang, Li, Zhang: "How to Retrain Recommender System? A Sequential Meta-Learning Method",
SIGIR 2020, in the size of ASMG's comparison (RecSys 2021, section 4.1.2).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from freshrec.generators.planes import Planes
from freshrec.params import glorot
from freshrec.seeds import torch_rng

__all__ = ["Transfer", "TransferWeights"]


@dataclass(frozen=True)
class TransferWeights:
    """The weights of the transfer of one parameter, whose rows have D coordinates.

    Attributes:
        first: [F1, 3], the first filters, over the three values of a coordinate.
        second: [F2, F1], the second filters, over the first ones' outputs for a coordinate.
        inner: [F2 D, H], from all second filters' outputs for a row to the perceptron's hidden layer.
        inner_bias: [H].
        outer: [H, D], from the hidden layer to the row.
        outer_bias: [D]; None for an anchored transfer, in which it would cancel out.
    """

    first: Tensor
    second: Tensor
    inner: Tensor
    inner_bias: Tensor
    outer: Tensor
    outer_bias: Tensor | None = None

    @classmethod
    def of(cls, weights: Mapping[str, Tensor], name: str) -> "TransferWeights":
        """Take one parameter's weights out of a transfer's parameters."""
        return cls(
            first=weights[f"{name}.first"],
            second=weights[f"{name}.second"],
            inner=weights[f"{name}.inner"],
            inner_bias=weights[f"{name}.inner_bias"],
            outer=weights[f"{name}.outer"],
            outer_bias=weights.get(f"{name}.outer_bias"),
        )


@dataclass(frozen=True)
class Transfer:
    """Two layers of filters over the coordinates of a row, then a perceptron over all of them.

    The rows of a parameter's plane share a transfer: of an embedding table the rows of its ids. A parameter with a
    generator a coordinate is one row with a transfer of its own.

    Taken for the row, as in the paper, what a random transfer generates is unlike any trained row, and it is generated
    anew for rows that no sample has touched. An anchored transfer T makes updated + T(previous, updated) -
    T(previous, previous) instead: it starts as the updated row, and leaves a row alone that was not updated.

    Attributes:
        filters: F1 and F2, how many filters the two layers have.
        hidden: H, the width of the perceptron's hidden layer.
        anchored: whether it is.
    """

    filters: tuple[int, int]
    hidden: int
    anchored: bool

    def initial_weights(self, planes: Planes, seed: int) -> dict[str, Tensor]:
        """Glorot-uniform weights by `<parameter>.<part>`, biases included; the last layer zero if anchored.

        Args:
            planes: how the parameters are laid out.
            seed: seed of the initial values.
        """
        first, second = self.filters
        weights: dict[str, Tensor] = {}
        for name, plane in planes.parameters.items():
            columns = plane.generators
            rng = torch_rng(seed, "transfer", name)
            weights |= {
                # A filter over n values and C channels has fans n and n C, as in the authors' experiments.
                f"{name}.first": glorot((first, 3), 3 + 3 * first, rng),
                f"{name}.second": glorot((second, first), first + first * second, rng),
                f"{name}.inner": glorot((second * columns, self.hidden), second * columns + self.hidden, rng),
                f"{name}.inner_bias": glorot((self.hidden,), 2 * self.hidden, rng),
            }
            if self.anchored:
                weights[f"{name}.outer"] = torch.zeros(self.hidden, columns)
            else:
                weights[f"{name}.outer"] = glorot((self.hidden, columns), self.hidden + columns, rng)
                weights[f"{name}.outer_bias"] = glorot((columns,), 2 * columns, rng)
        return weights

    def rows(self, weights: TransferWeights, previous: Tensor, updated: Tensor) -> Tensor:
        """The rows [N, D] that serve.

        Args:
            weights: of the parameter's transfer.
            previous: rows [N, D] of the model that served before.
            updated: the same rows after training.
        """
        hidden = _hidden(weights, previous, updated)
        if self.anchored:
            return updated + (hidden - _hidden(weights, previous, previous)) @ weights.outer
        made = hidden @ weights.outer
        return made if weights.outer_bias is None else made + weights.outer_bias


def _hidden(weights: TransferWeights, previous: Tensor, updated: Tensor) -> Tensor:
    """The perceptron's hidden layer [N, H] for rows [N, D]."""
    # previous / |previous| has no entry beyond 1, however small the row; a zero row's is zero.
    direction = F.normalize(previous, dim=1)
    stacked = torch.stack([previous, updated, direction * updated]).reshape(3, -1)
    maps = F.gelu(weights.second @ F.gelu(weights.first @ stacked))
    features = maps.reshape(len(maps), *updated.shape).transpose(0, 1).flatten(1)
    return F.gelu(features @ weights.inner + weights.inner_bias)
