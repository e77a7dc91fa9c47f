"""What is minimised: how samples become the units of a step, and the loss of a batch of units (section 3.1)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from freshrec.data import Batch, Samples
from freshrec.training.forward import logits

__all__ = ["LOG", "OBJECTIVES", "Loss", "Objective", "bpr_loss", "log_loss"]

Loss: TypeAlias = Literal["log", "bpr"]


@dataclass(frozen=True)
class Objective:
    """A loss, and what it is a mean over: units of W samples each.

    Attributes:
        width: W.
        units: the rows of each unit of some samples, int64 [U, W].
        loss: from the model, its parameters and a batch to the loss []; the batch holds the first samples of all its
            units, then their second ones, and so on.
    """

    width: int
    units: Callable[[Samples], npt.NDArray[np.int64]]
    loss: Callable[[nn.Module, Mapping[str, Tensor], Batch], Tensor]

    def mixed(self) -> "Objective":
        """The same with the model's products in bfloat16, by torch's autocast; parameters and loss keep their type."""
        return replace(self, loss=partial(_in_autocast, self.loss))


def log_loss(model: nn.Module, params: Mapping[str, Tensor], batch: Batch) -> Tensor:
    """Mean binary cross entropy [] of the batch in nats (equation 11); zero for an empty batch."""
    if not len(batch):
        return batch.label.new_zeros(())
    return F.binary_cross_entropy_with_logits(_scores(model, params, batch), batch.label)


def bpr_loss(model: nn.Module, params: Mapping[str, Tensor], batch: Batch) -> Tensor:
    """Mean -log sigmoid(s+ - s-) [] in nats over pairs of logits s; zero for an empty batch.

    Rendle, Freudenthaler, Gantner, Schmidt-Thieme, "BPR: Bayesian Personalized Ranking from Implicit Feedback",
    UAI 2009, without its regularisation.

    Args:
        model: the structure.
        params: its parameters.
        batch: the positives of P pairs, then their negatives in the same order.
    """
    if not len(batch):
        return batch.label.new_zeros(())
    positive, negative = _scores(model, params, batch).chunk(2)
    return -F.logsigmoid(positive - negative).mean()


def _scores(model: nn.Module, params: Mapping[str, Tensor], batch: Batch) -> Tensor:
    """Logits [B] in the precision that a loss needs, whatever the model's products were computed in."""
    made = logits(model, params, batch)
    return made.float() if made.dtype.itemsize < torch.float32.itemsize else made


def _in_autocast(
    loss: Callable[[nn.Module, Mapping[str, Tensor], Batch], Tensor],
    model: nn.Module,
    params: Mapping[str, Tensor],
    batch: Batch,
) -> Tensor:
    with torch.autocast(batch.label.device.type, torch.bfloat16):
        return loss(model, params, batch)


def _each(samples: Samples) -> npt.NDArray[np.int64]:
    """Every sample by itself."""
    return np.arange(len(samples))[:, None]


LOG = Objective(1, _each, log_loss)

OBJECTIVES: Mapping[Loss, Objective] = {"log": LOG, "bpr": Objective(2, Samples.pairs, bpr_loss)}
