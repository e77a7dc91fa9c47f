"""Embedding&MLP: the base model of ASMG's experiments (RecSys 2021, section 3.5, equations 8-10)."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import skip_init

from freshrec.data import Bags, Batch, Schema
from freshrec.errors import ConfigError
from freshrec.params import glorot, glorot_rows
from freshrec.seeds import derive, torch_rng
from freshrec.usage import checked_rows

__all__ = ["EmbeddingMLP"]


class EmbeddingMLP(nn.Module):
    """Embeds user, history and candidate, and scores their concatenation with a small perceptron.

    The history is the mean of its items' vectors, zero where it is empty; a field with several values is the mean of
    theirs. Candidate and history share their tables. Fields of the row are embedded as well, and numbers are inputs of
    the perceptron as they are; without such columns the model is the paper's. All weights, biases and tables start
    Glorot-uniform on their full shape, as in the authors' experiments, where the rows of a table are the ids that are
    known when pre-training ends (`Schema.initial_rows`). A row's values depend on the seed, the table and the id alone.

    A stream may have no users or no items, where it has other columns.

    Args:
        schema: the stream's tables and columns.
        dim: D, the embedding dimension of every table.
        hidden: widths of the hidden layers; by default half and a quarter of the input's width (40 -> 20 -> 10 -> 1).
        seed: seed of the initial values.

    Raises:
        ConfigError: the stream has nothing that a model could read.
    """

    def __init__(self, schema: Schema, dim: int = 8, hidden: Sequence[int] | None = None, seed: int = 0):
        super().__init__()
        self.history = schema.history > 0
        self.modules_of: Mapping[str, str] = {name: f"{name.replace('.', '_')}_table" for name in schema.rows}
        for table, module in self.modules_of.items():
            self.add_module(module, skip_init(nn.Embedding, schema.rows[table], dim))  # type: ignore[no-untyped-call]
        sides = 3 if self.history else 2
        of_user, of_item = (
            (table in schema.rows) + len(fields)
            for table, fields in (("user", schema.user_fields), ("item", schema.item_fields))
        )
        width = dim * (of_user + (sides - 1) * of_item + len(schema.fields)) + len(schema.numbers)
        if not width:
            raise ConfigError(
                "the stream has no users, no items and no columns, so that there is nothing to learn from."
            )
        widths = [width, *(hidden if hidden is not None else (width // 2, width // 4)), 1]
        layers: list[nn.Module] = []
        for fan_in, fan_out in pairwise(widths):
            layers += [skip_init(nn.Linear, fan_in, fan_out), nn.ReLU()]  # type: ignore[no-untyped-call]
        self.mlp = nn.Sequential(*layers[:-1])
        self.shift_width = widths[1]
        self._initialise(schema, dim, seed)

    @torch.no_grad()
    def _initialise(self, schema: Schema, dim: int, seed: int) -> None:
        tables = {f"{module}.weight": table for table, module in self.modules_of.items()}
        for name, parameter in self.named_parameters():
            if table := tables.get(name):
                fans = schema.initial_rows(table) + dim
                parameter.copy_(glorot_rows(schema.rows[table], dim, fans, derive(seed, "initial", name)))
            else:
                fans = sum(parameter.shape) if parameter.dim() == 2 else 2 * len(parameter)
                parameter.copy_(glorot(parameter.shape, fans, torch_rng(seed, "initial", name)))

    def forward(self, batch: Batch, shift: Tensor | None = None) -> Tensor:
        """Logits [B] of the batch's candidates being positive.

        Args:
            batch: the samples.
            shift: [B, shift_width], added to what the first layer gives, before its activation.

        Raises:
            ModelError: an id is not a row of its table.
        """
        vectors = [self._look_up(name, feature) for name, feature in batch.user.items()]
        vectors += [self._look_up(name, bags) for name, bags in batch.history.items()]
        vectors += [self._look_up(name, feature) for name, feature in batch.item.items()]
        vectors += [self._look_up(name, feature) for name, feature in batch.row.items()]
        first: nn.Linear = self.mlp[0]  # type: ignore[assignment]
        vectors += [column[:, None].to(first.weight.dtype) for column in batch.numbers.values()]
        hidden: Tensor = first(torch.cat(vectors, 1))
        if shift is not None:
            hidden = hidden + shift
        for layer in list(self.mlp)[1:]:
            hidden = layer(hidden)
        return hidden.squeeze(1)

    def _look_up(self, table: str, feature: Tensor | Bags) -> Tensor:
        """The vectors [B, D] of a feature; bags are averaged, an empty one is zero."""
        module = self.modules_of[table]
        weight: Tensor = self.get_submodule(module).weight  # type: ignore[assignment]
        ids = feature if isinstance(feature, Tensor) else feature.ids
        with checked_rows(f"{module}.weight", ids, len(weight)):
            if isinstance(feature, Tensor):
                return F.embedding(ids, weight)
            return F.embedding_bag(
                ids,
                weight,
                offsets=feature.offsets,
                mode="mean" if feature.weights is None else "sum",
                per_sample_weights=feature.weights,
                include_last_offset=True,
            )
