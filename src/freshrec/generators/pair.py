"""The two models that a transfer reads, and the model made of them: lazily for training, whole for serving."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from freshrec.generators.chunks import fill_by_chunks, row_chunks, rows_per_chunk
from freshrec.generators.planes import SMALL, Plane, Planes
from freshrec.generators.serving import tensor_of
from freshrec.generators.transfer import Transfer, TransferWeights
from freshrec.params import Params
from freshrec.training import LazyTable, rows_in

__all__ = ["Pair", "transferred", "transferred_whole"]


@dataclass(frozen=True)
class Pair:
    """What a transfer reads.

    Attributes:
        planes: how the parameters are laid out.
        previous: the model that served before, by name.
        updated: the model trained since; while it is trained, its tables may be `LazyTable`s.
    """

    planes: Planes
    previous: Mapping[str, Tensor]
    updated: Mapping[str, Tensor]


def transferred(cell: Transfer, weights: Mapping[str, Tensor], pair: Pair, lazy: bool = True) -> dict[str, Tensor]:
    """The model made of a pair; gradients flow to the weights and to both models.

    Rows of a table are independent of each other given the weights. So tables are `LazyTable`s, which make the rows
    that a batch looks up, and no other: ids of the future change not even the last bits of a sum over rows. What is
    not made is the updated model's: buffers, frozen parameters and padding rows.

    Args:
        cell: the transfer's structure.
        weights: the transfer's parameters by name.
        pair: what is read.
        lazy: False to make every table whole: the plain definition that the lazy way must equal.
    """
    params = dict(pair.updated)
    for name, plane in pair.planes.parameters.items():
        rows_of = partial(_looked_up, cell, weights, pair, name, plane)
        if lazy and plane.by_rows:
            small = plane.shape[0] <= SMALL
            params[name] = LazyTable(name, plane.shape, rows_of, like=pair.previous[name], small=small)
        else:
            made = plane.tensor(_rows(cell, weights, pair, name, plane, None))
            params[name] = plane.kept(made, pair.updated[name])
    return params


@torch.no_grad()
def transferred_whole(cell: Transfer, weights: Params, pair: Pair) -> dict[str, Tensor]:
    """The model made of a pair, without gradients and with all rows, made in chunks.

    What an anchored transfer would leave alone, whatever its weights, is taken from the updated model as it is: rows
    that were not updated. A parameter without any other is the updated model's own tensor.
    """
    params = dict(pair.updated)
    for name, plane in pair.planes.parameters.items():
        previous, updated = plane.matrix(pair.previous[name]), plane.matrix(pair.updated[name])
        own = TransferWeights.of(weights, name)
        if not cell.anchored:
            made = torch.empty_like(updated)
            fill_by_chunks(made, [previous, updated], partial(cell.rows, own), even=plane.by_rows)
            params[name] = tensor_of(plane, made, updated)
        elif len(moved := _moved(previous, updated)):
            params[name] = tensor_of(plane, _with_made(cell, own, previous, updated, moved), updated)
    return params


def _moved(previous: Tensor, updated: Tensor) -> Tensor:
    """The rows int64 [N] of a plane [R, G] in which two models differ."""
    differ = torch.cat([(previous[rows] != updated[rows]).any(1) for rows in row_chunks(updated)])
    return differ.nonzero().squeeze(1)


def _with_made(cell: Transfer, weights: TransferWeights, previous: Tensor, updated: Tensor, rows: Tensor) -> Tensor:
    """The plane [R, G] that serves: the given rows are made, the others are the updated ones."""
    made = updated.clone()
    for some in torch.split(rows, rows_per_chunk(updated)):
        made[some] = cell.rows(weights, previous[some], updated[some])
    return made


def _rows(
    cell: Transfer, weights: Mapping[str, Tensor], pair: Pair, name: str, plane: Plane, rows: Tensor | None
) -> Tensor:
    """The part [M, G] of a parameter's plane that holds the given rows of a table, or all of it."""
    previous, updated = (plane.matrix(rows_in(model[name], rows)) for model in (pair.previous, pair.updated))
    return cell.rows(TransferWeights.of(weights, name), previous, updated)


def _looked_up(
    cell: Transfer, weights: Mapping[str, Tensor], pair: Pair, name: str, plane: Plane, rows: Tensor | None
) -> Tensor:
    """Rows [N, D] of a table: the given ones, or all."""
    made = _rows(cell, weights, pair, name, plane, rows)
    return plane.kept(made.reshape(-1, plane.shape[1]), pair.updated[name], rows)
