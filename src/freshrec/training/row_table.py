"""A table that is fitted by the rows that batches look up, so that no gradient is as large as the table."""

from typing import Literal, TypeAlias

import torch
from torch import Tensor

from freshrec.kernels import IdleSteps, adam_row_steps, distinct, gather
from freshrec.training.adam import BETAS, EPSILON, PlainIdleSteps, Schedule, lasting, row_steps, still
from freshrec.training.fitted import Moments
from freshrec.training.lazy_table import LazyTable

__all__ = ["ByRow", "RowTable", "can_compile", "spread"]

ByRow: TypeAlias = Literal["deferred", "lazy", "rowwise"]


def can_compile(table: Tensor) -> bool:
    """Whether the compiled path takes this table; the plain one takes all."""
    return table.device.type == "cpu" and table.dtype == torch.float32


class RowTable:
    """An embedding table [R, D] while it is fitted.

    In every step `looked_up` stands in for the weight, and after the loss's backward pass `step` moves the rows.

    - deferred: dense Adam. A row takes the steps that it has missed when it is next looked up, and all rows do at the
      end, which gives the same values and moments up to rounding.
    - lazy: a row whose gradient is zero keeps its value and moments.
    - rowwise: as lazy, with one second moment a row, of the mean over its squared gradients.

    Bias corrections count the table's steps, whichever rows took them. A step in which no gradient reaches the table is
    none for it, as in torch's Adam.

    Args:
        name: of the parameter.
        start: its value, which is left as it was.
        moments: of all parameters, likewise; each optimizer can go on from those of any.
        by_row: the optimizer.
        learning_rate: of every step.
    """

    def __init__(self, name: str, start: Tensor, moments: Moments, by_row: ByRow, learning_rate: float) -> None:
        self.name = name
        self.by_row = by_row
        self.value = start.detach().clone()
        self.mean = moments.mean[name].clone()
        self.square = _narrowed(moments.square[name]) if by_row == "rowwise" else spread(moments.square[name], start)
        self._before = moments.steps[name], moments.mean[name], moments.square[name]
        self._schedule = Schedule(learning_rate, int(moments.steps[name].item()))
        self._step = 0
        self._at = torch.zeros(len(start) if by_row == "deferred" else 0, dtype=torch.int32, device=start.device)
        self._idle = _idle_steps(self._schedule, start) if by_row == "deferred" else None
        self._asked: list[tuple[Tensor | None, Tensor]] = []

    def looked_up(self) -> LazyTable:
        """What the model is given in the place of the weight for the next step."""
        self._asked = []
        return LazyTable(self.name, self.value.shape, self._rows, like=self.value)

    def step(self) -> None:
        """Take a step along the gradients of the rows that were looked up since."""
        asked = [(rows, leaf.grad) for rows, leaf in self._asked if leaf.grad is not None]
        self._asked = []
        if not asked:
            return
        self._step += 1
        rows, gradient = _added_up(asked, len(self.value))
        self._take(rows, gradient)
        if self._idle:
            self._idle.advance()
            _fill(self._at, rows, self._step)

    def finished(self) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor]]:
        """The value after the last step, and of the moments the steps, the mean and the square."""
        if not self._step:
            return self.value, self._before
        self._catch_up(None)
        return self.value, (self._before[0] + self._step, self.mean, self.square)

    def _rows(self, rows: Tensor | None) -> Tensor:
        """Rows [N, D] as they stand after the last step, or all of them, to take gradients."""
        self._catch_up(rows)
        leaf = self.value.clone() if rows is None else gather(self.value, rows)
        self._asked.append((rows, leaf.requires_grad_()))
        return leaf

    @torch.no_grad()
    def _catch_up(self, rows: Tensor | None) -> None:
        """Let rows, or all of them, take the steps that they have missed."""
        if self._idle and self._step:
            self._idle.take(self.value, self.mean, self.square, self._at, rows)

    @torch.no_grad()
    def _take(self, rows: Tensor | None, gradient: Tensor) -> None:
        tensors, idle = (self.value, self.mean, self.square), self.by_row == "deferred"
        if can_compile(self.value):
            rate, width = self._schedule.rate(self._step), self._schedule.width(self._step)
            adam_row_steps(*tensors, rows, gradient, idle, rate, width, BETAS, EPSILON)
        else:
            row_steps(*tensors, rows, gradient, idle, self._schedule, self._step)


def _idle_steps(schedule: Schedule, table: Tensor) -> IdleSteps | PlainIdleSteps:
    if not can_compile(table):
        return PlainIdleSteps(schedule)
    limits = still(table.dtype), lasting(table.dtype)
    return IdleSteps(schedule.learning_rate, schedule.before, BETAS, EPSILON, *limits)


def spread(square: Tensor, like: Tensor) -> Tensor:
    """A copy of second moments in a parameter's shape; from [R, 1], every number of a row begins with the row's."""
    return square.expand_as(like).clone()


def _narrowed(square: Tensor) -> Tensor:
    """Second moments [R, 1], of rows [R, D]: what the row-wise optimizer had, had it taken the same steps."""
    return square.mean(1, keepdim=True)


def _fill(at: Tensor, rows: Tensor | None, step: int) -> None:
    if rows is None:
        at.fill_(step)
    else:
        at.index_fill_(0, rows, step)


def _added_up(asked: list[tuple[Tensor | None, Tensor]], size: int) -> tuple[Tensor | None, Tensor]:
    """The gradients of one or more look-ups by row: the rows int64 [N], None for all in their order, and [N, D]."""
    wholes = [gradient for rows, gradient in asked if rows is None]
    parts = [(rows, gradient) for rows, gradient in asked if rows is not None]
    if wholes:
        total = torch.stack(wholes).sum(0) if len(wholes) > 1 else wholes[0]
        for rows, gradient in parts:
            total = total.index_add(0, rows, gradient)
        return None, total
    if len(parts) == 1 and parts[0][0].device.type == "cpu":
        return parts[0]
    return _once_a_row(torch.cat([rows for rows, _ in parts]), torch.cat([gradient for _, gradient in parts]), size)


def _once_a_row(rows: Tensor, gradient: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Distinct rows with their whole gradients; on other devices than the CPU as `_each_time`."""
    if rows.device.type != "cpu":
        return _each_time(rows, gradient)
    found, places = distinct(rows, size)
    return found, gradient if len(found) == len(rows) else _summed(gradient, places, len(found))


def _each_time(rows: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor]:
    """Each row as often as it was looked up, every time with its whole gradient.

    For how many are distinct the host would have to wait.
    """
    order = rows.argsort(stable=True)
    rows, gradient = rows[order], gradient[order]
    places = torch.cat([rows.new_zeros(1), (rows[1:] != rows[:-1]).long()])[: len(rows)].cumsum(0)
    return rows, _summed(gradient, places, len(rows)).index_select(0, places)


def _summed(gradient: Tensor, places: Tensor, count: int) -> Tensor:
    """Sums [count, D] of the rows of a gradient [N, D] that belong to each place; equal inputs give equal bits."""
    return torch.ops.aten.embedding_dense_backward(gradient, places, count, -1, False)  # type: ignore[no-any-return]
