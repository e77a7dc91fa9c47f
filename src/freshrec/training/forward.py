"""Applying parameters to the model's structure: the loss that is fitted and the logits that are scored."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from freshrec.data import Batch, Samples
from freshrec.errors import ModelError
from freshrec.kernels import FastBags
from freshrec.params import Params

__all__ = ["SCORING_BATCH", "frozen", "log_loss", "logits", "predict"]

SCORING_BATCH = 16_384


def logits(model: nn.Module, params: Mapping[str, Tensor], batch: Batch) -> Tensor:
    """Logits [B] of the model with the given parameters.

    Raises:
        ModelError: the model's output is not one logit a sample.
    """
    with FastBags():
        output = functional_call(model, dict(params), (batch,))
    if not isinstance(output, Tensor) or output.shape not in ((len(batch),), (len(batch), 1)):
        came = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
        raise ModelError(
            f"{type(model).__name__} gave {came} for a batch of {len(batch)} samples; logits of shape [B] or [B, 1] "
            "were expected. Return the value before the sigmoid, one a sample."
        )
    return output.reshape(len(batch))


def log_loss(model: nn.Module, params: Mapping[str, Tensor], batch: Batch) -> Tensor:
    """Mean binary cross entropy [] of the batch in nats (equation 11); zero for an empty batch."""
    if not len(batch):
        return torch.zeros(())
    return F.binary_cross_entropy_with_logits(logits(model, params, batch), batch.label)


@contextmanager
def frozen(model: nn.Module) -> Iterator[None]:
    """While it is entered, the model is in evaluation mode and nothing takes gradients."""
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train(was_training)


def predict(model: nn.Module, params: Params, samples: Samples) -> npt.NDArray[np.float32]:
    """Logits [N] of a period's samples, in their order, as the model serves them."""
    with frozen(model):
        parts = [logits(model, params, batch).numpy() for batch in samples.batches(SCORING_BATCH)]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)
