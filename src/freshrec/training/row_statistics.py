"""What the finished periods say of each table row: how often and how recently it was looked up and liked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import torch
from torch import Tensor, nn

from freshrec.data import Period
from freshrec.kernels import gather
from freshrec.params import Params, Slots
from freshrec.training.lookup_counts import LookupCounts, count_lookups

__all__ = ["ROW_FEATURES", "RowStatistics"]

DECAY = 0.5
"""Weight of a period's counts in the decayed counts, relative to the period after it."""

_COUNTED, _PERIODS = 6, 3
ROW_FEATURES = _COUNTED + _PERIODS + 2
"""F, how many features a row has."""


@dataclass(frozen=True)
class RowStatistics:
    """Counts of look-ups and labels by table row, over the finished periods D_1..D_t.

    A value: `after` gives the statistics after one more period and leaves these as they are.

    Attributes:
        period: t, how many periods are counted, empty ones included.
        tables: for each table, float32 [R, 9]. The columns are the look-ups in the newest period, the decayed look-ups
            (sum over periods i of 2^(i - t) times the look-ups in D_i) and all look-ups; the same three of look-ups
            with label 1; and the number (from 1; 0 for never) of the last period with a look-up, of the first one, and
            of the last one with label 1.
    """

    period: int
    tables: Slots

    @classmethod
    def none(cls, rows: Mapping[str, int], device: torch.device | str = "cpu") -> "RowStatistics":
        """Statistics before the first period, of tables with the given numbers of rows."""
        columns = _COUNTED + _PERIODS
        return cls(0, {name: torch.zeros(number, columns, device=device) for name, number in rows.items()})

    def after(self, counts: Mapping[str, LookupCounts]) -> "RowStatistics":
        """The statistics after one more period.

        Args:
            counts: the period's look-ups by table; an entry for every table.
        """
        period = self.period + 1
        return RowStatistics(period, {name: _after(table, counts[name], period) for name, table in self.tables.items()})

    def including(self, periods: Sequence[Period], model: nn.Module, params: Params) -> "RowStatistics":
        """The statistics after some more periods, counted as `count_lookups` says."""
        counts = (count_lookups(model, params, period.samples()) for period in periods)
        return reduce(RowStatistics.after, counts, self)

    def lookups(self, table: str) -> Tensor:
        """Look-ups in the newest period, float32 [R]."""
        return self.tables[table][:, 0]

    def positives(self, table: str) -> Tensor:
        """Look-ups with label 1 in the newest period, float32 [R]."""
        return self.tables[table][:, 3]

    def seen(self, table: str) -> Tensor:
        """Which rows were ever looked up, bool [R]."""
        return self.tables[table][:, 2] > 0

    def features(self, table: str, rows: Tensor | slice | None = None) -> Tensor:
        """Features float32 [N, 11] of rows, each a value between 0 and some 8.

        The columns are half the log1p of the six counts, of the periods since the last look-up, since the first one and
        since the last one with label 1 (zero for never); and 0.5 for a row never looked up, 0.5 for one never looked up
        with label 1.

        Args:
            table: its parameter name.
            rows: int64 [N], or a slice of all R; None for all.
        """
        whole = self.tables[table]
        statistics = gather(whole, rows) if isinstance(rows, Tensor) else whole[rows or slice(None)]
        last = statistics[:, _COUNTED:]
        features = statistics.new_empty(len(statistics), ROW_FEATURES)
        features[:, :_COUNTED] = statistics[:, :_COUNTED]
        features[:, _COUNTED:-2] = torch.where(last > 0, self.period - last, 0.0)
        features[:, :-2].log1p_()
        features[:, -2:] = last[:, ::2] == 0
        return features.mul_(0.5)


def _after(table: Tensor, counts: LookupCounts, period: int) -> Tensor:
    """A table's statistics [R, 9] after one more period."""
    after = table.clone()
    for first, counted in ((0, counts.lookups), (3, counts.positives)):
        newest, decayed, total = after[:, first : first + 3].unbind(1)
        newest.copy_(counted)
        decayed.mul_(DECAY).add_(counted)
        total.add_(counted)
    last, first_seen, last_positive = after[:, _COUNTED:].unbind(1)
    last[counts.lookups > 0] = period
    first_seen[(counts.lookups > 0) & (first_seen == 0)] = period
    last_positive[counts.positives > 0] = period
    return after
