"""Optimisations of a table by batches of ids, for tests of its optimizers."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor

from freshrec.params import Params
from freshrec.seeds import torch_rng
from freshrec.training import ByRow, Fitted, fit

ROWS, DIM, RATE = 40, 3, 0.05
Step: TypeAlias = tuple[Sequence[int], float]
"""Ids that are looked up, and a factor of their gradients."""


def start(dtype: torch.dtype = torch.float64, rows: int = ROWS) -> Fitted:
    rng = torch_rng(0, "table")
    values = {"table": torch.randn(rows, DIM, generator=rng), "head": torch.randn(DIM, generator=rng)}
    return Fitted.untrained({name: value.to(dtype) for name, value in values.items()})


def looked_up(params: Params, step: Step) -> Tensor:
    """A loss whose gradients differ by row and dimension, and are of the size of the factor."""
    ids, factor = step
    vectors = F.embedding(torch.tensor(ids, dtype=torch.int64), params["table"])
    return factor * torch.tanh(vectors * params["head"] - 0.3).square().sum()


def optimised(begin: Fitted, periods: Iterable[Iterable[Step]], by_row: ByRow | None) -> Fitted:
    """What comes of periods, each fitted by itself."""
    for steps in periods:
        begin = fit(begin, steps, looked_up, RATE, by_row={} if by_row is None else {"table": by_row})
    return begin


def random_steps(seed: int, count: int, rows: int = ROWS) -> list[Step]:
    """Steps of a few ids, in which some rows return often and others after hundreds of steps."""
    rng = torch_rng(seed, "steps")
    drawn = (torch.rand(count, 6, generator=rng) ** 3 * rows).long()
    return [(ids.tolist(), 1.0) for ids in drawn]


def assert_same(made: Fitted, expected: Fitted, value: float, moment: float) -> None:
    """Values up to a tolerance, moments up to one that is relative to the largest."""
    assert list(made.params) == list(expected.params)
    for name, one in expected.params.items():
        torch.testing.assert_close(made.params[name], one, rtol=0, atol=value)
        assert torch.equal(made.moments.steps[name], expected.moments.steps[name])
        for ours, theirs in (
            (made.moments.mean, expected.moments.mean),
            (made.moments.square, expected.moments.square),
        ):
            largest = theirs[name].abs().max().item()
            torch.testing.assert_close(ours[name], theirs[name], rtol=0, atol=moment * largest)
