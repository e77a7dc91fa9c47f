"""The two models that a transfer reads, and the model made of them: lazily for training, whole for serving."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from freshrec.generators.lazy_table import CHUNK, SMALL, LazyTable
from freshrec.generators.planes import Planes
from freshrec.generators.transfer import Transfer, TransferWeights
from freshrec.params import Params

__all__ = ["Pair", "transferred", "transferred_whole"]


@dataclass(frozen=True)
class Pair:
    """What a transfer reads.

    Attributes:
        planes: how the parameters are laid out.
        previous: parameters of the model that served before.
        updated: parameters of the model trained since.
    """

    planes: Planes
    previous: Mapping[str, Tensor]
    updated: Mapping[str, Tensor]


def transferred(cell: Transfer, weights: Mapping[str, Tensor], pair: Pair, lazy: bool = True) -> dict[str, Tensor]:
    """The model made of a pair; gradients flow to the weights and to both models.

    Rows of a table are independent of each other given the weights. So larger tables are `LazyTable`s, which make the
    rows that a batch looks up.

    Args:
        cell: the transfer's structure.
        weights: the transfer's parameters by name.
        pair: what is read.
        lazy: False to make every table whole: the plain definition that the lazy way must equal.
    """
    params: dict[str, Tensor] = {}
    for name, (rows, columns) in pair.planes.tables.items():
        rows_of = partial(_rows, cell, weights, pair, name)
        whole = not lazy or rows <= SMALL
        params[name] = rows_of(None) if whole else LazyTable(rows, columns, rows_of, pair.updated[name].dtype)
    return params | _dense(cell, weights, pair)


@torch.no_grad()
def transferred_whole(cell: Transfer, weights: Params, pair: Pair) -> dict[str, Tensor]:
    """The model made of a pair, without gradients and with all rows, made in chunks."""
    params: dict[str, Tensor] = {}
    for name in pair.planes.tables:
        table = torch.empty_like(pair.updated[name])
        for first in range(0, len(table), CHUNK):
            chunk = torch.arange(first, min(first + CHUNK, len(table)))
            table[first : first + CHUNK] = _rows(cell, weights, pair, name, chunk)
        params[name] = table
    return params | _dense(cell, weights, pair)


def _rows(cell: Transfer, weights: Mapping[str, Tensor], pair: Pair, name: str, rows: Tensor | None) -> Tensor:
    """Rows [N, D] of a table: the given ones, or all."""
    previous, updated = pair.previous[name], pair.updated[name]
    if rows is not None:
        previous, updated = previous.index_select(0, rows), updated.index_select(0, rows)
    return cell.rows(TransferWeights.of(weights, name), previous, updated)


def _dense(cell: Transfer, weights: Mapping[str, Tensor], pair: Pair) -> dict[str, Tensor]:
    """The parameters outside the tables, each flattened to one row and back."""
    params: dict[str, Tensor] = {}
    for name, shape in pair.planes.dense.items():
        previous, updated = pair.previous[name].reshape(1, -1), pair.updated[name].reshape(1, -1)
        params[name] = cell.rows(TransferWeights.of(weights, name), previous, updated).reshape(shape)
    return params
