"""What a meta generator is to the rest: weights, outputs from a window, and what it hands on."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from torch import Tensor

from freshrec.params import Params

__all__ = ["Cell"]


class Cell(Protocol):
    """A generator applied coordinate by coordinate; implementations are frozen values."""

    @property
    def state_size(self) -> int:
        """How many numbers a coordinate hands on from step to step."""

    def initial_weights(self, groups: Mapping[str, Sequence[int]], seed: int) -> dict[str, Tensor]:
        """The generator's parameters by name, for planes whose groups have these sizes."""

    def outputs(self, weights: Params, plane: str, x: Tensor, state: Tensor, steps: int) -> Tensor:
        """The generated coordinates [S, N, G] after each of the last S of K snapshots x [K, N, G].

        `state` [N, G, state_size] is the one before the first snapshot; gradients flow to the weights.
        """

    def hand_over(self, weights: Params, plane: str, x: Tensor, state: Tensor) -> Tensor:
        """The state [N, G, state_size] after one snapshot x [N, G]."""
