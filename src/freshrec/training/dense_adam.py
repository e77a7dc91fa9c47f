"""Adam on whole tensors, with the same arithmetic for every number of a table."""

from dataclasses import dataclass

import torch
from torch import Tensor

from freshrec.params import Params
from freshrec.training.fitted import Moments
from freshrec.training.row_table import spread

__all__ = ["DenseAdam"]

VECTOR = 16
"""Numbers that torch's operations on the CPU handle together, at most."""


class DenseAdam:
    """torch's fused Adam (0.9, 0.999, 1e-8) for parameters that are fitted as a whole.

    Torch handles the last numbers of a tensor one by one and rounds them in another way than the others. In a longer
    table they would not be the last ones. So the last numbers of a matrix are handed to torch apart, in a vector that
    is filled up with zeros.

    Args:
        params: leaves that gradients end in, by name; they are moved in place.
        moments: of the steps before, which are left as they were.
        learning_rate: of every step.
    """

    def __init__(self, params: Params, moments: Moments, learning_rate: float) -> None:
        self._params, self._before = params, moments
        self._parts = {name: _Parts.of(value) for name, value in params.items()}
        # Tables may be all there is to fit; a group may be empty, but not the list of groups.
        stepped = [part for parts in self._parts.values() for part in parts.tensors]
        self._adam = torch.optim.Adam([{"params": stepped}], lr=learning_rate, fused=True)
        for name, parts in self._parts.items():
            if moments.steps[name] > 0:
                means = parts.cut(moments.mean[name].clone())
                squares = parts.cut(spread(moments.square[name], params[name]))
                for part, mean, square in zip(parts.tensors, means, squares, strict=True):
                    state = {"step": moments.steps[name].clone(), "exp_avg": mean, "exp_avg_sq": square}
                    self._adam.state[part] = state

    def zero_grad(self) -> None:
        """Forget the gradients of the last step."""
        for value in self._params.values():
            value.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Take a step with every parameter that has a gradient."""
        for name, parts in self._parts.items():
            gradient = self._params[name].grad
            gradients = [None] * len(parts.tensors) if gradient is None else parts.cut(gradient)
            for part, its_gradient in zip(parts.tensors, gradients, strict=True):
                part.grad = its_gradient
        self._adam.step()
        for name, parts in self._parts.items():
            if len(parts.tensors) > 1:
                parts.paste(self._params[name])

    def moments(self, name: str) -> tuple[Tensor, Tensor, Tensor]:
        """Steps, mean and square of a parameter; one that never had a gradient keeps those it had."""
        parts = self._parts[name]
        states = [self._adam.state.get(part) for part in parts.tensors]
        if not states[0]:
            return self._before.steps[name], self._before.mean[name], self._before.square[name]
        mean, square = (parts.joined([state[key] for state in states if state]) for key in ("exp_avg", "exp_avg_sq"))
        return states[0]["step"], mean, square


@dataclass(frozen=True)
class _Parts:
    """A parameter as torch is given it: as it is, or all whole vectors of it and after them the rest in one more.

    Attributes:
        tensors: the leaves that are stepped.
        shape: the parameter's.
        whole: how many numbers are in whole vectors.
        rest: how many are not.
    """

    tensors: tuple[Tensor, ...]
    shape: torch.Size
    whole: int
    rest: int

    @classmethod
    def of(cls, value: Tensor) -> "_Parts":
        """The parts of a leaf, which share its memory but for the rest."""
        rest = (
            value.numel() % VECTOR if value.dim() == 2 and value.device.type == "cpu" and value.is_contiguous() else 0
        )
        whole = value.numel() - rest
        if not rest:
            return cls((value,), value.shape, whole, rest)
        parts = cls((), value.shape, whole, rest)
        return cls(tuple(parts.cut(value.detach())), value.shape, whole, rest)

    def cut(self, value: Tensor) -> list[Tensor]:
        """The parts of a tensor like the parameter."""
        if not self.rest:
            return [value]
        flat = value.reshape(-1)
        last = flat.new_zeros(VECTOR)
        last[: self.rest] = flat[self.whole :]
        return [flat[: self.whole], last]

    def paste(self, value: Tensor) -> None:
        """Copy the rest to where it belongs in the parameter."""
        value.detach().view(-1)[self.whole :] = self.tensors[1][: self.rest]

    def joined(self, parts: list[Tensor]) -> Tensor:
        """A tensor like the parameter, of its parts."""
        if not self.rest:
            return parts[0]
        return torch.cat([parts[0], parts[1][: self.rest]]).view(self.shape)
