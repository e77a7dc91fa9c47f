"""Which optimizer fits which embedding table."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from torch import nn

from freshrec.params import tables_of
from freshrec.training.row_table import ByRow, can_compile

__all__ = ["LARGE", "Optimizer", "optimizers_of"]

Optimizer: TypeAlias = Literal["auto", "adam", "deferred", "lazy", "rowwise"]

LARGE = 150_000
"""Rows above which "auto" defers: between the 100,000 and 200,000 where it costs what dense Adam costs, for batches of
1,024 samples with histories of 30 (docs/optimizers.md)."""


def optimizers_of(model: nn.Module, optimizer: Optimizer) -> Mapping[str, ByRow]:
    """The tables of a model that are fitted row by row, by name, with their optimizers; all else is fitted whole.

    Args:
        model: the structure; its tables are found by module type, on the device where it is fitted.
        optimizer: for all its tables; or auto, which defers those of more than `LARGE` rows where that is compiled, and
            so changes results by rounding alone.

    Raises:
        ModelError: a table has `max_norm`.
    """
    if optimizer == "adam":
        return {}
    parameters = dict(model.named_parameters())
    tables = [name for name in tables_of(model) if parameters[name].requires_grad]
    if optimizer != "auto":
        return dict.fromkeys(tables, optimizer)
    return {name: "deferred" for name in tables if len(parameters[name]) > LARGE and can_compile(parameters[name])}
