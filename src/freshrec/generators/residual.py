"""The residual generator: corrects the newest snapshot by its last change and by what is known of each table row."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from freshrec.generators.chunks import row_chunks
from freshrec.generators.corrected_rows import correct_rows
from freshrec.generators.generation import without_autocast
from freshrec.generators.planes import SMALL
from freshrec.kernels import CorrectionWeights, gather
from freshrec.params import Params, Table, glorot, tables_of
from freshrec.seeds import torch_rng
from freshrec.training import ROW_FEATURES, LazyTable, RowStatistics

__all__ = ["Correction", "Residual"]

OTHERS = "(others)"
LARGE = 2**19
"""Rows of a table up to which all that is read of it is put together once; of a larger one for each look-up."""


@dataclass(frozen=True)
class Residual:
    """The residual generator of a model.

    Of an embedding table with the rows theta and their change delta since the period before,

        y = theta + s (W2 gelu(W1 x + b1) + b2) + g theta + a delta,   x = (theta / s, delta / s, features of the row)

    where the features are those of `RowStatistics`, s is the root mean square of the rows that were looked up so far,
    and g and a are one a column. Of any other parameter tensor y = theta + g theta + a delta, where g and a are one a
    tensor. W2, b2, g and a start at zero, where y = theta.

    Padding rows, frozen parameters and buffers stay as they are, and so does a table in which no look-up was observed.

    Attributes:
        tables: the embedding tables that are corrected, by parameter name.
        others: the names of the other parameters that are.
        hidden: H, the width of the perceptrons.
    """

    tables: Mapping[str, Table]
    others: tuple[str, ...]
    hidden: int

    @classmethod
    def of(cls, model: nn.Module, hidden: int) -> Self:
        """The generator of a model's trainable parameters."""
        trained = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
        tables = {name: table for name, table in tables_of(model).items() if name in trained}
        return cls(tables, tuple(name for name in trained if name not in tables), hidden)

    def initial_weights(self, params: Params, seed: int) -> dict[str, Tensor]:
        """The generator's weights by name, in the precision and on the device of the parameters that it corrects.

        Of each table: `<table>.hidden` [2 D + F + 1, H], Glorot-uniform but for the bias in its last row;
        `<table>.output` [H, D]; and `<table>.linear` [3, D]: g, a and b2. Of all P other tensors `(others)` [2, P].

        Args:
            params: the model's parameters.
            seed: seed of the initial values.
        """
        weights: dict[str, Tensor] = {}
        for name in self.tables:
            like, size = params[name], params[name].shape[1]
            inputs = 2 * size + ROW_FEATURES
            hidden = glorot((inputs, self.hidden), inputs + self.hidden, torch_rng(seed, "residual", name))
            weights[f"{name}.hidden"] = torch.cat([hidden, hidden.new_zeros(1, self.hidden)]).to(like)
            weights[f"{name}.output"] = like.new_zeros(self.hidden, size)
            weights[f"{name}.linear"] = like.new_zeros(3, size)
        if self.others:
            weights[OTHERS] = params[self.others[0]].new_zeros(2, len(self.others))
        return weights


class Correction:
    """Two snapshots and the row statistics at the time of the newest, ready to be corrected with any weights.

    Args:
        residual: the generator of the model.
        newest: theta, all parameters and buffers.
        previous: theta a period before.
        statistics: of all periods that the newest snapshot has seen.
    """

    def __init__(self, residual: Residual, newest: Params, previous: Params, statistics: RowStatistics) -> None:
        self.residual, self.newest, self.previous, self.statistics = residual, newest, previous, statistics
        self.scales = {name: _rms(newest[name], statistics.seen(name)) for name in residual.tables}
        tables = (name for name in residual.tables if len(newest[name]) <= LARGE)
        self._inputs = {name: self._inputs_of(name, None) for name in tables}
        self._others = _Others(residual.others, newest, previous) if residual.others else None

    def lazily(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The corrected model for one batch: tables make the rows that are looked up; gradients flow to the weights."""
        params = dict(self.newest)
        for name in self.residual.tables:
            params[name] = self._table(name, weights)
        if self._others:
            params |= self._others.corrected(weights[OTHERS])
        return params

    @torch.no_grad()
    def whole(self, weights: Params) -> dict[str, Tensor]:
        """The corrected model with all rows of every table."""
        params = dict(self.newest)
        for name in self.residual.tables:
            params[name], parts = torch.empty_like(self.newest[name]), _weights_of(weights, name)
            for rows in row_chunks(params[name]):
                numbers = torch.arange(rows.start, rows.stop, device=params[name].device)
                params[name][rows] = self._corrected(name, parts, numbers)
        if self._others:
            params |= self._others.corrected(weights[OTHERS])
        return params

    def _table(self, name: str, weights: Mapping[str, Tensor]) -> Tensor:
        """A table for one batch: the rows that it looks up, and no others, whose number would round gradients."""
        table, rows_of = self.newest[name], partial(self._corrected, name, _weights_of(weights, name))
        return LazyTable(name, table.shape, rows_of, like=table, small=len(table) <= SMALL)

    def _corrected(self, name: str, weights: CorrectionWeights, rows: Tensor | None) -> Tensor:
        """Corrected rows [N, D] of a table by their numbers int64 [N]; all of them for None."""
        inputs = _rows_of(self._inputs[name], rows) if name in self._inputs else self._inputs_of(name, rows)
        with without_autocast(inputs.device.type):
            return correct_rows(inputs, self.scales[name], weights)

    def _inputs_of(self, name: str, rows: Tensor | None) -> Tensor:
        """Inputs [N, 2 D + F + 1] of rows, of which the last is 0 for the padding row: it is not corrected."""
        newest, previous = (_rows_of(params[name], rows) for params in (self.newest, self.previous))
        features, padding = self.statistics.features(name, rows).to(newest), self.residual.tables[name].padding
        corrected = newest.new_ones(len(newest), 1)
        if padding is not None:
            numbers = torch.arange(len(newest), device=newest.device) if rows is None else rows
            corrected[numbers == padding] = 0
        return torch.cat([newest, newest - previous, features, corrected], 1)


class _Others:
    """The parameters outside the tables, end to end, to be corrected together."""

    def __init__(self, names: tuple[str, ...], newest: Params, previous: Params) -> None:
        self.names = names
        self.like = [newest[name] for name in names]
        self.newest, before = (torch.cat([params[name].reshape(-1) for name in names]) for params in (newest, previous))
        self.change = self.newest - before
        sizes = torch.tensor([value.numel() for value in self.like], device=self.newest.device)
        self.owner = torch.arange(len(names), device=sizes.device).repeat_interleave(sizes)

    def corrected(self, weights: Tensor) -> dict[str, Tensor]:
        """All of them by name, for weights [2, P] of P tensors."""
        return dict(zip(self.names, _Scaled.apply(self, weights), strict=True))  # type: ignore[no-untyped-call]


class _Scaled(torch.autograd.Function):
    """theta + g theta + a delta of all tensors, with a gradient to g and a alone."""

    @staticmethod
    def forward(ctx: Any, others: _Others, weights: Tensor) -> tuple[Tensor, ...]:
        ctx.others = others
        gain, momentum = weights.index_select(1, others.owner)
        together = others.newest + gain * others.newest + momentum * others.change
        parts = torch.split(together, [value.numel() for value in others.like])
        return tuple(part.view(like.shape).to(like.dtype) for part, like in zip(parts, others.like, strict=True))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        others = ctx.others
        gradient = torch.cat([each.reshape(-1) for each in gradients]).to(others.newest)
        products = torch.stack([others.newest * gradient, others.change * gradient], 1)
        # Equal inputs give equal bits, which adding by index would not on a GPU.
        summed = torch.ops.aten.embedding_dense_backward(products, others.owner, len(others.like), -1, False)
        return None, summed.t()


def _weights_of(weights: Mapping[str, Tensor], table: str) -> CorrectionWeights:
    return CorrectionWeights(weights[f"{table}.hidden"], weights[f"{table}.output"], weights[f"{table}.linear"])


def _rows_of(table: Tensor, rows: Tensor | None) -> Tensor:
    return table if rows is None else gather(table, rows)


def _rms(table: Tensor, seen: Tensor) -> float:
    """The root mean square over the rows that were seen; zero if none was."""
    squares = torch.linalg.vector_norm(table, dim=1, dtype=torch.float64).square()
    entries = int(seen.sum()) * table.shape[1]
    return float((squares[seen].sum() / entries).sqrt()) if entries else 0.0
