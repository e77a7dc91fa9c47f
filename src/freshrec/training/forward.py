"""Applying parameters to the model's structure: logits, with gradients and without."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from freshrec.data import SCORING_BATCH, Batch, Samples
from freshrec.errors import ModelError
from freshrec.kernels import FastBags
from freshrec.params import Params
from freshrec.usage import Watching, written_to

__all__ = ["evaluating", "frozen", "logits", "predict"]


class _Lookups(FastBags):
    """Compiled bags; and the gradients of tables that are built with `sparse=True` are dense, as Adam is."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Change look-ups; let everything else through."""
        kwargs = kwargs or {}
        if func is not F.embedding and func is not F.embedding_bag:
            return func(*args, **kwargs)
        place = _SPARSE[func]
        if len(args) > place:
            args = (*args[:place], False, *args[place + 1 :])
        else:
            kwargs = {**kwargs, "sparse": False}
        return super().__torch_function__(func, types, args, kwargs)


# Where `sparse` stands among the arguments.
_SPARSE = {F.embedding: 6, F.embedding_bag: 7}


def logits(model: nn.Module, params: Params, batch: Batch) -> Tensor:
    """Logits [B] of the model with the given parameters and buffers; its own are neither read nor changed.

    In training mode the model may change its buffers, which are then those given, in place; in evaluation mode it
    changes copies. A batch of one has no variance, so that batch norms take it by their running statistics.

    Raises:
        ModelError: the model's output is not one logit a sample, it writes to a parameter, or it looks up an id that is
            not a row of the table.
    """
    given = dict(params)
    for name, buffer in model.named_buffers():
        if not model.training or name not in given:
            given[name] = given.get(name, buffer).clone()
    versions, values = [value._version for value in given.values()], dict(given)
    try:
        with _Lookups(), evaluating(*_batch_norms(model)) if len(batch) == 1 else nullcontext():
            output = functional_call(model, values, (batch,))
    except (IndexError, RuntimeError):
        with suppress(IndexError, RuntimeError), Watching(given):
            functional_call(model, dict(given), (batch,))
        raise
    for (name, value), version in zip(given.items(), versions, strict=True):
        if values[name] is not value or value._version != version:
            _take_over(model, name, value, values[name])
    if not isinstance(output, Tensor) or output.shape not in ((len(batch),), (len(batch), 1)):
        came = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
        raise ModelError(
            f"{type(model).__name__} gave {came} for a batch of {len(batch)} samples; logits of shape [B] or [B, 1] "
            "were expected. Return the value before the sigmoid, one a sample."
        )
    return output.reshape(len(batch))


def _batch_norms(model: nn.Module) -> list[nn.Module]:
    return [module for module in model.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]


@torch.no_grad()
def _take_over(model: nn.Module, name: str, given: Tensor, left: Tensor) -> None:
    """Give a buffer the value that the model left behind, where it has put another tensor in its place.

    Raises:
        ModelError: it is no buffer but a parameter, or its shape has changed.
    """
    if name not in dict(model.named_buffers()):
        raise written_to(name)
    if left.shape != given.shape:
        raise ModelError(
            f"the model changed the shape of the buffer {name!r} from {tuple(given.shape)} to {tuple(left.shape)}; a "
            "buffer keeps its shape. Build the model with the shape that it will need."
        )
    if left is not given:
        given.copy_(left)


@contextmanager
def evaluating(*modules: nn.Module) -> Iterator[None]:
    """While it is entered, the modules are in evaluation mode, and afterwards each part in its own mode again."""
    modes = {module: module.training for each in modules for module in each.modules()}
    for module in modes:
        module.training = False
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode


@contextmanager
def frozen(model: nn.Module) -> Iterator[None]:
    """While it is entered, the model is in evaluation mode and nothing takes gradients."""
    with evaluating(model), torch.no_grad():
        yield


def predict(model: nn.Module, params: Params, samples: Samples | Batch) -> npt.NDArray[np.float32]:
    """Logits [N] of a period's samples or of a batch of requests, in their order, as the model serves them.

    Args:
        model: the structure; its own parameters are neither read nor changed.
        params: what an updater's `serving` returns.
        samples: what to score; labels are not read.

    Raises:
        ModelError: an id is not a row of its table, such as -1 for a value that the vocabulary does not know, or the
            model's output is not one logit a sample.
    """
    device = next(iter(params.values())).device
    with frozen(model):
        batches = [samples] if isinstance(samples, Batch) else samples.batches(SCORING_BATCH)
        parts = [logits(model, params, batch.to(device)).cpu().numpy() for batch in batches]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)
