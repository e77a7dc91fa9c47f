"""The linear meta generator: a weighted average of the snapshots (ASMG, RecSys 2021, section 4.1.2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from freshrec.errors import ConfigError
from freshrec.params import Params

__all__ = ["Linear"]


@dataclass(frozen=True)
class Linear:
    """theta* = sum over K snapshots of alpha_k theta_k, with alpha a softmax that starts as the plain average.

    Each generator has weights of its own: one vector a dimension of a table, shared by its rows, and one a coordinate
    elsewhere. It hands nothing on from window to window.

    Attributes:
        window: K, the only number of snapshots it can read.
    """

    window: int

    @property
    def state_size(self) -> int:
        """0: nothing is handed on."""
        return 0

    def initial_weights(self, groups: Mapping[str, Sequence[int]], seed: int) -> dict[str, Tensor]:
        """Zero logits [G, K] by plane: all snapshots count the same."""
        return {f"{plane}.logits": torch.zeros(sum(sizes), self.window) for plane, sizes in groups.items()}

    def outputs(self, weights: Params, plane: str, x: Tensor, state: Tensor, steps: int) -> Tensor:
        """The generated coordinates [1, N, G] of all K snapshots x [K, N, G], in the weights' precision.

        Raises:
            ConfigError: other than K snapshots, or more than the last output, is asked for.
        """
        if len(x) != self.window or steps != 1:
            raise ConfigError(
                f"the linear generator reads exactly {self.window} snapshots and generates once, but {len(x)} were "
                f"given and {steps} outputs asked for. Train it at the last step only."
            )
        alpha = torch.softmax(weights[f"{plane}.logits"], 1)
        # Elementwise, so that no row's sum depends on how many rows there are.
        return (x.to(alpha.dtype) * alpha.t().unsqueeze(1)).sum(0, keepdim=True)

    def hand_over(self, weights: Params, plane: str, x: Tensor, state: Tensor) -> Tensor:
        """The state as it is: there is none."""
        return state
