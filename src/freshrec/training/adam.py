"""Adam on rows of a table, in plain torch: what a step does, and what steps do in which a row has no gradient.

Kingma, Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, Algorithm 1, with torch's order of operations. With
b1, b2 the decays of the moments m and v, step s moves a parameter by

    -rate / (1 - b1^s) * m / (sqrt(v) / sqrt(1 - b2^s) + epsilon).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["BETAS", "EPSILON", "PlainIdleSteps", "Schedule", "lasting", "row_steps", "still"]

BETAS = (0.9, 0.999)
EPSILON = 1e-8

# Without gradients m / sqrt(v) becomes so many times as large with every step.
FADING = BETAS[0] / math.sqrt(BETAS[1])
# m / sqrt(v) is never larger: Cauchy and Schwarz, with m = (1 - b1) sum b1^j g_j and v = (1 - b2) sum b2^j g_j^2.
LARGEST = (1 - BETAS[0]) / math.sqrt((1 - BETAS[1]) * (1 - BETAS[0] ** 2 / BETAS[1]))
CHUNK = 4096
"""Rows that the plain path takes at a time, which bounds the memory beside the table."""


def still(dtype: torch.dtype) -> float:
    """Where |m| is no larger than so many sqrt(v), all steps without gradients together move by nothing.

    Nothing is half an ulp of the learning rate: m / sqrt(v) fades by `FADING` a step, and the first bias correction is
    1 - b1 at least, the second at most 1.
    """
    return torch.finfo(dtype).eps / 2 * (1 - BETAS[0]) * (1 - FADING) / FADING


def lasting(dtype: torch.dtype) -> int:
    """After so many steps without gradients any row stands `still`: 221 in float32, 413 in float64."""
    return math.ceil(math.log(still(dtype) / LARGEST) / math.log(FADING))


@dataclass(frozen=True)
class Schedule:
    """What is to be known of the steps of one optimisation; step 0 is the last that was taken before it.

    Attributes:
        learning_rate: of every step.
        before: how many steps were taken before, which the bias corrections count.
    """

    learning_rate: float
    before: int

    def rate(self, step: int) -> float:
        """The learning rate over the first bias correction."""
        return float(self.learning_rate / (1 - BETAS[0] ** (self.before + step)))

    def width(self, step: int) -> float:
        """One over the root of the second bias correction."""
        return float((1 - BETAS[1] ** (self.before + step)) ** -0.5)


def row_steps(
    value: Tensor,
    mean: Tensor,
    square: Tensor,
    rows: Tensor | None,
    gradient: Tensor,
    idle: bool,
    schedule: Schedule,
    step: int,
) -> None:
    """Take a step with some rows of a table, in place.

    Args:
        value: table [R, D].
        mean: first moments [R, D].
        square: second moments [R, D]; or [R, 1], which are means over a row's squared gradients.
        rows: int64 [N], or None for all R; what stands twice has equal gradients.
        gradient: of those rows, [N, D].
        idle: whether rows whose gradient is zero take the step as well.
        schedule: of the steps.
        step: which one it is, from 1.
    """
    rows = torch.arange(len(value), device=value.device) if rows is None else rows
    squared = gradient.square() if square.shape == value.shape else gradient.square().mean(1, keepdim=True)
    before = value.index_select(0, rows), mean.index_select(0, rows), square.index_select(0, rows)
    m = before[1].lerp(gradient, 1 - BETAS[0])
    v = before[2].mul(BETAS[1]).add_(squared, alpha=1 - BETAS[1])
    after = before[0] - schedule.rate(step) * m / (v.sqrt() * schedule.width(step) + EPSILON), m, v
    takes = torch.ones_like(gradient[:, :1], dtype=torch.bool) if idle else gradient.any(1, keepdim=True)
    for tensor, old, new in zip((value, mean, square), before, after, strict=True):
        tensor.index_copy_(0, rows, torch.where(takes, new, old))


class PlainIdleSteps:
    """The steps of an optimisation that rows of a table have missed, for having no gradient.

    With the j-th such step after the step s that a row is at, m becomes b1^j m, v becomes b2^j v, and the row moves by

        -rate / (1 - b1^(s + j)) * b1^j m / (b2^(j / 2) sqrt(v) / sqrt(1 - b2^(s + j)) + epsilon),

    of which as many are added up as momentum is `lasting`. `freshrec.kernels.IdleSteps` is the compiled path.
    """

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.step = 0

    def advance(self) -> None:
        """A step was taken."""
        self.step += 1

    def take(self, value: Tensor, mean: Tensor, square: Tensor, at: Tensor, rows: Tensor | None) -> None:
        """Let some rows take all steps that they have missed, in place.

        Args:
            value: table [R, D].
            mean: first moments [R, D].
            square: second moments [R, D].
            at: the step that each row is at, int32 [R].
            rows: int64 [N], or None for all R.
        """
        if rows is None and len(value) <= CHUNK and value.device.type != "cpu":
            # All rows of a small table: to ask how many of them still move, the host would wait for the device.
            rows = torch.arange(len(value), device=value.device)
        if rows is None:
            # Few rows of a large table still move, and only those are worth more than a pass.
            moving = (mean.abs() > still(value.dtype) * square.sqrt()).any(1)
            self._move(value, mean, square, at, moving.nonzero().squeeze(1))
            rows = torch.arange(len(value), device=value.device)
        else:
            self._move(value, mean, square, at, rows)
        missed = (self.step - at.index_select(0, rows)).double().unsqueeze(1)
        for moment, beta in zip((mean, square), BETAS, strict=True):
            moment.index_copy_(0, rows, moment.index_select(0, rows) * (beta**missed).to(moment.dtype))
        at.index_fill_(0, rows, self.step)

    def _move(self, value: Tensor, mean: Tensor, square: Tensor, at: Tensor, rows: Tensor) -> None:
        """Move rows by all their missed steps; their moments stay."""
        terms = min(self.step, lasting(value.dtype))
        j = torch.arange(1, terms + 1, dtype=torch.float64, device=value.device)
        for some in torch.split(rows, CHUNK):
            began = at.index_select(0, some).double().unsqueeze(1)
            taken = self.schedule.before + began + j
            rate = torch.where(j <= self.step - began, self.schedule.learning_rate / (1 - BETAS[0] ** taken), 0)
            lead = (rate * BETAS[0] ** j).to(value.dtype).unsqueeze(1)
            width = (BETAS[1] ** (j / 2) * (1 - BETAS[1] ** taken) ** -0.5).to(value.dtype).unsqueeze(1)
            root = square.index_select(0, some).sqrt().unsqueeze(2)
            way = (lead / (root * width + EPSILON)).sum(2)
            value.index_copy_(0, some, value.index_select(0, some) - mean.index_select(0, some) * way)
