"""Logits of models that end in a sigmoid, which in float32 is 1 from a logit of 17 on, and has no gradient there."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from freshrec.errors import ModelError

__all__ = ["LastSigmoid"]

_SIGMOIDS = (torch.sigmoid, Tensor.sigmoid, torch.special.expit)


class LastSigmoid(TorchFunctionMode):
    """While it is entered, remembers the input and output of the last sigmoid that was computed."""

    def __init__(self) -> None:
        super().__init__()
        self._input: Tensor | None = None
        self._output: Tensor | None = None
        self._version = 0

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Let everything through and note sigmoids."""
        made = func(*args, **(kwargs or {}))
        if func in _SIGMOIDS:
            self._input = next(iter((*args, *(kwargs or {}).values())))
            self._output, self._version = made, made._version
        return made

    def logits_of(self, probabilities: Tensor) -> Tensor:
        """Logits in the shape of some probabilities that the model returned.

        Raises:
            ModelError: a value is not in [0, 1].
        """
        if self._input is not None and self._returned(probabilities):
            return self._input.reshape(probabilities.shape)
        outside = probabilities.detach()[(probabilities < 0) | (probabilities > 1)]
        if outside.numel():
            raise ModelError(
                f"a probability of {outside.flatten()[0].item():.6g} came from a model that is said to give "
                "probabilities; values in [0, 1] were expected. Say output='logits' if it gives logits."
            )
        return torch.logit(probabilities, eps=torch.finfo(probabilities.dtype).eps)

    def _returned(self, value: Tensor) -> bool:
        """Whether a tensor is the last sigmoid's output or a reshaped view of all of it, and nothing wrote to it."""
        last = self._output
        return (
            last is not None
            and value.data_ptr() == last.data_ptr()
            and value.numel() == last.numel()
            and value.is_contiguous()
            and last.is_contiguous()
            and value._version == self._version
        )
