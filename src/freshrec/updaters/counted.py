"""A base model that also reads counts, for any base model."""

from inspect import signature
from typing import cast

import torch
from torch import Tensor, nn

from freshrec.data import Batch
from freshrec.params import glorot
from freshrec.seeds import torch_rng
from freshrec.training import CountFeatures, Extended

__all__ = ["Counted"]


class Counted(Extended):
    """A base model whose logits also depend on counts of user, item and fields.

    With s the features [F] of a sample, the logit is

        base(sample) + direct . s + output . relu(W s + b)

    where `direct`, `output` and b start at zero and W is Glorot-uniform. So it begins as the base model, bit for bit,
    and has no gradient while the features are zero. A base model whose forward takes a `shift`, as that of
    `EmbeddingMLP` does, reads the counts in its first layer instead: it is called as base(sample, V s), where V
    [shift_width, F] starts at zero.

    Args:
        base: any model of batches.
        counts: the features.
        hidden: units of the perceptron that reads them.
        seed: seed of W.
    """

    def __init__(self, base: nn.Module, counts: CountFeatures, hidden: int = 16, seed: int = 0):
        super().__init__(base)
        self.counts = counts
        self.shifts = "shift" in signature(base.forward).parameters
        self.direct = nn.Parameter(torch.zeros(cast(int, base.shift_width) if self.shifts else 1, counts.width))
        shape = (hidden, counts.width)
        self.hidden_weight = nn.Parameter(glorot(shape, sum(shape), torch_rng(seed, "initial", "counts")))
        self.hidden_bias = nn.Parameter(torch.zeros(hidden))
        self.output = nn.Parameter(torch.zeros(hidden))

    def forward(self, batch: Batch) -> Tensor:
        """Logits [B] of the batch's candidates being positive."""
        features = self.counts(batch)
        added: Tensor = torch.relu(features @ self.hidden_weight.T + self.hidden_bias) @ self.output
        direct = features @ self.direct.T
        logits: Tensor = self.base(batch, direct) if self.shifts else self.base(batch)
        return logits.reshape(len(batch)) + (added if self.shifts else added + direct.squeeze(1))
