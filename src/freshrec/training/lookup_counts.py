"""Counting a period's look-ups by table row, for any model, by observing the model while it runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from inspect import signature
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from freshrec.data import SCORING_BATCH, Samples
from freshrec.params import Params, Table, tables_of
from freshrec.training.forward import frozen, logits

__all__ = ["LookupCounts", "count_lookups"]

_SIGNATURES = {F.embedding: signature(F.embedding), F.embedding_bag: signature(F.embedding_bag)}


@dataclass(frozen=True)
class LookupCounts:
    """How often the samples of one period look up each row of a table.

    Attributes:
        lookups: float32 [R], look-ups by all samples.
        positives: float32 [R], look-ups by samples with label 1.
    """

    lookups: Tensor
    positives: Tensor


def count_lookups(model: nn.Module, params: Params, samples: Samples) -> dict[str, LookupCounts]:
    """Counts what the model looks up for a period's samples without their histories, by the table's parameter name.

    The model runs once over the samples as for users without history. It then looks up the ids of the user and of the
    candidate, in whichever tables it keeps them and however it derives them. Items of a history were counted when they
    were candidates themselves. Several ids a sample count one by one, each with the sample's label. The same look-up
    twice in a forward pass, as by two modules that share a table, counts once. Padding rows do not count.

    `F.embedding` and `F.embedding_bag` on the table itself are observed; a table that the model reads in another way
    has zero counts. Where ids do not stand sample by sample (their first dimension is not B), look-ups count, and
    labels do not.

    Args:
        model: the structure; it runs in evaluation mode.
        params: what it computes with; only read.
        samples: the period.

    Returns:
        An entry for every embedding table.
    """
    tables = tables_of(model)
    device = next(iter(params.values())).device
    counts = {
        name: LookupCounts(*torch.zeros(2, len(params[name]), dtype=torch.float32, device=device)) for name in tables
    }
    without_history = replace(samples, end=samples.start)
    with frozen(model):
        for batch in without_history.batches(SCORING_BATCH):
            placed = batch.to(device)
            with _Observer({id(params[name]): (counts[name], table) for name, table in tables.items()}, placed.label):
                logits(model, params, placed)
    return counts


class _Observer(TorchFunctionMode):
    """Adds one batch's look-ups to the counts of the tables that they are made in.

    Args:
        tables: counts and padding row of each table, by the identity of its tensor.
        label: float32 [B].
    """

    def __init__(self, tables: Mapping[int, tuple[LookupCounts, Table]], label: Tensor) -> None:
        super().__init__()
        self.tables = tables
        self.label = label
        self._earlier: list[tuple[int, Tensor]] = []

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Count a look-up, then let everything through."""
        kwargs = kwargs or {}
        if func in _SIGNATURES:
            arguments = _SIGNATURES[func].bind(*args, **kwargs).arguments
            if id(arguments["weight"]) in self.tables:
                self._count(id(arguments["weight"]), **arguments)
        return func(*args, **kwargs)

    def _count(
        self,
        table: int,
        input: Tensor,
        offsets: Tensor | None = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        **_: Any,
    ) -> None:
        if any(table == before and torch.equal(input, ids) for before, ids in self._earlier):
            return
        self._earlier.append((table, input))
        counts, known = self.tables[table]
        ids, label = input.reshape(-1), self._labels(input, offsets, include_last_offset)
        for padding in {known.padding, padding_idx} - {None}:
            real = ids != padding % len(counts.lookups)  # type: ignore[operator]
            ids, label = ids[real], None if label is None else label[real]
        counts.lookups.index_add_(0, ids, torch.ones_like(ids, dtype=torch.float32))
        if label is not None:
            counts.positives.index_add_(0, ids, label)

    def _labels(self, input: Tensor, offsets: Tensor | None, include_last_offset: bool) -> Tensor | None:
        """The label float32 [N] of each id's sample; None where ids do not stand sample by sample."""
        if offsets is None:
            if len(input) != len(self.label):
                return None
            return self.label.repeat_interleave(input.numel() // len(input))
        ends = offsets[1:] if include_last_offset else torch.cat([offsets[1:], offsets.new_tensor([len(input)])])
        if len(ends) != len(self.label):
            return None
        return self.label.repeat_interleave(ends - offsets[: len(ends)])
