"""What a meta generator is to the rest: weights, outputs from a window, and what it hands on."""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from torch import Tensor

from freshrec.params import Params

__all__ = ["Cell", "Fills"]


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


@runtime_checkable
class Fills(Protocol):
    """A cell with code of its own for all rows of a plane, without gradients, written where they belong.

    Both answer whether there was such code; where there was none, nothing is written.
    """

    def fill_outputs(
        self, weights: Params, plane: str, x: Sequence[Tensor], state: Tensor | None, made: Tensor
    ) -> bool:
        """Write the coordinates after the last of K snapshots [N, G] into `made` [N, G]; no state is the zero state."""

    def fill_states(self, weights: Params, plane: str, x: Tensor, state: Tensor | None, handed: Tensor) -> bool:
        """Write the state after one snapshot [N, G] into `handed` [N, G, state_size], in the precision of that."""
