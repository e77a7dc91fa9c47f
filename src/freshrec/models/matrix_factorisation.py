"""Matrix factorisation with biases: the base model that SML was made for (SIGIR 2020, section 4.1)."""

import warnings
from typing import Any

import torch
from torch import Tensor, nn

from freshrec.data import Batch, Schema
from freshrec.errors import ConfigError, FreshrecWarning
from freshrec.params import glorot_rows
from freshrec.seeds import derive
from freshrec.usage import checked_rows

__all__ = ["MatrixFactorisation"]


class MatrixFactorisation(nn.Module):
    """Scores b + b_u + b_i + p_u . q_i; it reads user and item alone: no field, no number, no history.

    A row of a table holds the D factors of an id and after them its bias, so that what works row by row, such as SML's
    transfer, sees both together. Factors start Glorot-uniform on their full shape [R, D], biases at zero, as in the
    authors' experiments; R are the ids that are known when pre-training ends (`Schema.initial_rows`). A row's values
    depend on the seed, the table and the id alone.

    Args:
        schema: the stream's tables.
        dim: D, how many factors an id has.
        seed: seed of the initial values.

    Raises:
        ConfigError: the stream has no users or no items.
        FreshrecWarning: the stream has fields or numbers of the row, which are ignored.
    """

    def __init__(self, schema: Schema, dim: int = 8, seed: int = 0):
        super().__init__()
        if lacking := [f"{table}s" for table in ("user", "item") if table not in schema.rows]:
            raise ConfigError(
                f"matrix factorisation reads user and item alone, and the stream has no {' and no '.join(lacking)}. "
                "Use embedding-mlp or a model of your own."
            )
        if ignored := (*schema.fields, *schema.numbers):
            warnings.warn(
                f"matrix factorisation reads user and item alone; it ignores {', '.join(ignored)}.",
                FreshrecWarning,
                stacklevel=2,
            )
        self.user_table = _table("user", schema, dim, seed)
        self.item_table = _table("item", schema, dim, seed)
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, batch: Batch) -> Tensor:
        """Logits [B] of the batch's candidates being positive.

        Raises:
            ModelError: an id is not a row of its table.
        """
        user = _look_up("user_table", self.user_table, batch.user["user"])
        item = _look_up("item_table", self.item_table, batch.item["item"])
        products = (user[:, :-1] * item[:, :-1]).sum(1)
        logits: Tensor = self.bias + user[:, -1] + item[:, -1] + products
        return logits


def _table(name: str, schema: Schema, dim: int, seed: int) -> nn.Embedding:
    """Rows of D factors and a bias, made without drawing from global random state."""
    rows = schema.rows[name]
    factors = glorot_rows(rows, dim, schema.initial_rows(name) + dim, derive(seed, "initial", f"{name}_table.weight"))
    weight = torch.cat([factors, torch.zeros(rows, 1)], 1)
    table: nn.Embedding = nn.Embedding.from_pretrained(weight, freeze=False)  # type: ignore[no-untyped-call]
    return table


def _look_up(name: str, table: nn.Embedding, ids: Any) -> Tensor:
    """Rows [B, D + 1] of ids [B]."""
    with checked_rows(f"{name}.weight", ids, len(table.weight)):
        rows: Tensor = table(ids)
    return rows
