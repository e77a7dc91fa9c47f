"""A table fitted by the rows looked up, against the optimizers that it stands for."""

import math
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from freshrec.params import Params
from freshrec.training import ByRow, Fitted, Moments, fit, lazy_table, row_table
from freshrec.training.row_table import RowTable

from .optimisations import (
    DIM,
    RATE,
    ROWS,
    Step,
    assert_same,
    looked_up,
    optimised,
    random_steps,
    start,
)

BY_ROW: tuple[ByRow, ...] = ("deferred", "lazy", "rowwise")
DTYPES = (torch.float32, torch.float64)
# Ids by the dozen of forty rows; factors from where epsilon is everything to where it is nothing.
STEPS = st.tuples(st.lists(st.integers(0, ROWS - 1), max_size=12), st.sampled_from([1e-9, 1e-6, 1e-2, 1.0, 30.0]))
PERIODS = st.lists(st.lists(STEPS, max_size=12), min_size=1, max_size=4)


@settings(max_examples=60, deadline=None)
@given(PERIODS)
def test_deferred_is_dense_adam_for_any_rows_and_periods(periods: list[list[Step]]) -> None:
    """In float64: no different from adding in another order."""
    assert_same(optimised(start(), periods, "deferred"), optimised(start(), periods, None), 1e-12, 1e-12)


def test_deferred_is_dense_adam_where_rows_return_after_hundreds_of_steps() -> None:
    periods = [random_steps(seed, count, 300) for seed, count in enumerate((5, 600, 1, 250, 400))]
    dense = optimised(start(rows=300), periods, None)
    assert_same(optimised(start(rows=300), periods, "deferred"), dense, 1e-12, 1e-11)


def test_in_float32_deferred_is_as_near_to_the_truth_as_dense_adam() -> None:
    """The truth is dense Adam in float64, in steps of 0.05; a gradient near zero makes either of them take another."""
    periods = [random_steps(seed, count, 300) for seed, count in enumerate((5, 600, 1, 250, 400))]
    truth = optimised(start(rows=300), periods, None)
    off: dict[ByRow | None, list[float]] = {}
    for way in ("deferred", None):
        made = optimised(start(torch.float32, 300), periods, way)
        off[way] = [
            ((ours["table"].double() - theirs["table"]).square().mean() / theirs["table"].square().mean()).sqrt().item()
            for ours, theirs in (
                (made.params, truth.params),
                (made.moments.mean, truth.moments.mean),
                (made.moments.square, truth.moments.square),
            )
        ]
    assert all(ours < 1.5 * dense for ours, dense in zip(off["deferred"], off[None], strict=True))
    assert max(off["deferred"]) < 5e-5


def by_hand(periods: list[list[Step]], rowwise: bool) -> tuple[npt.NDArray[np.float64], ...]:
    """Lazy and row-wise Adam as their sources have them, row after row; the gradients come of torch."""
    begin = start()
    table, head = begin.params["table"].clone(), begin.params["head"]
    value, mean, square = table.numpy(), np.zeros((ROWS, DIM)), np.zeros((ROWS, 1 if rowwise else DIM))
    for number, step in enumerate((step for steps in periods for step in steps), start=1):
        leaf = table.clone().requires_grad_()
        looked_up({"table": leaf, "head": head}, step).backward()  # type: ignore[no-untyped-call]
        assert leaf.grad is not None
        for row in set(step[0]):
            g = leaf.grad[row].numpy()
            mean[row] = 0.9 * mean[row] + 0.1 * g
            square[row] = 0.999 * square[row] + 0.001 * (np.mean(g * g) if rowwise else g * g)
            corrected = mean[row] / (1 - 0.9**number), square[row] / (1 - 0.999**number)
            value[row] -= RATE * corrected[0] / (np.sqrt(corrected[1]) + 1e-8)
    return value, mean, square


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 2e-5)])
@pytest.mark.parametrize("by_row", ["lazy", "rowwise"])
def test_lazy_and_rowwise_are_their_definitions(by_row: ByRow, dtype: torch.dtype, tolerance: float) -> None:
    periods = [random_steps(seed, 30) for seed in range(3)]
    begin = start(dtype)

    def loss(params: Params, step: Step) -> Tensor:
        return looked_up({**params, "head": begin.params["head"]}, step)

    made = begin
    for steps in periods:
        made = fit(made, steps, loss, RATE, by_row={"table": by_row})
    expected = by_hand(periods, by_row == "rowwise")
    assert made.moments.square["table"].shape == ((ROWS, 1) if by_row == "rowwise" else (ROWS, DIM))
    for ours, theirs in zip(
        (made.params["table"], made.moments.mean["table"], made.moments.square["table"]), expected, strict=True
    ):
        torch.testing.assert_close(ours.double(), torch.from_numpy(theirs), rtol=tolerance, atol=tolerance)
    assert made.moments.steps["table"] == 90


def test_lazy_is_torchs_adam_for_sparse_gradients() -> None:
    """But for epsilon, which torch adds before the bias correction there: gradients are large beside it."""
    steps, begin = [(ids, 1e6) for ids, _ in random_steps(0, 200)], start()
    table = torch.nn.Embedding.from_pretrained(begin.params["table"].clone(), freeze=False, sparse=True)  # type: ignore[no-untyped-call]
    adam = torch.optim.SparseAdam(table.parameters(), lr=RATE)
    for ids, factor in steps:
        adam.zero_grad()
        loss = factor * torch.tanh(table(torch.tensor(ids)) * begin.params["head"] - 0.3).square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()  # type: ignore[no-untyped-call]

    def same_head(params: Params, step: Step) -> Tensor:
        return looked_up({**params, "head": begin.params["head"]}, step)

    made = fit(begin, steps, same_head, RATE, by_row={"table": "lazy"})
    torch.testing.assert_close(made.params["table"], table.weight.detach(), rtol=0, atol=1e-9)


def bag(mode: str, **options: Any) -> Any:
    """A look-up of bags of three."""
    return lambda ids, table: F.embedding_bag(ids, table, torch.arange(0, len(ids), 3), mode=mode, **options)


def at_the_same_time(ids: Tensor, table: Tensor) -> Tensor:
    return F.embedding(ids, table) + F.embedding(ids.flip(0), table).tanh() * F.embedding(ids[:1], table)


LOOK_UPS: dict[str, Any] = {
    "sums": bag("sum"),
    "means": bag("mean"),
    "maxima": bag("max"),
    "padding in bags": bag("sum", padding_idx=3),
    "weighted": lambda ids, table: F.embedding_bag(
        ids,
        table,
        torch.arange(0, len(ids), 3),
        mode="sum",
        per_sample_weights=torch.linspace(0, 1, len(ids)).to(table),
    ),
    "with the last offset": lambda ids, table: F.embedding_bag(
        ids, table, torch.arange(0, len(ids) + 1, 3), mode="mean", include_last_offset=True
    ),
    "padding": lambda ids, table: F.embedding(ids, table, padding_idx=3),
    "by frequency": lambda ids, table: F.embedding(ids, table, scale_grad_by_freq=True),
    "sparse": lambda ids, table: F.embedding(ids, table, sparse=True),
    "several": at_the_same_time,
    "some without gradients": lambda ids, table: F.embedding(ids, table) + F.embedding(ids.flip(0), table).detach(),
    "more ids than rows": lambda ids, table: F.embedding(ids.repeat(12), table),
    "whole": lambda ids, table: torch.tanh(table)[ids],
    "whole and rows": lambda ids, table: F.embedding(ids, table) + (table * 2)[ids],
    "rows, then more ids than rows": lambda ids, table: (
        F.embedding(ids, table).sum() + F.embedding(ids.repeat(12), table)
    ),
    "none": lambda ids, table: F.embedding(ids[:0], table),
}


def through(way: Any, by_row: ByRow | None, dtype: torch.dtype) -> Fitted:
    begin = start(dtype)

    def loss(params: Params, step: Step) -> Tensor:
        table = params["table"]
        # Dense gradients, as the package's own call of a model asks for.
        found = way(torch.tensor(step[0]), table if by_row else table.view_as(table))
        return torch.tanh(found * begin.params["head"] - 0.3).square().sum()

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*other than by looking up ids")
        for seed in range(2):
            begin = fit(begin, random_steps(seed, 25, 30), loss, RATE, by_row={"table": by_row} if by_row else {})
    return begin


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-11), (torch.float32, 2e-5)])
@pytest.mark.parametrize("case", LOOK_UPS)
def test_however_a_model_looks_up_deferred_is_dense(case: str, dtype: torch.dtype, tolerance: float) -> None:
    if case == "sparse":
        expected = through(lambda ids, table: F.embedding(ids, table), None, dtype)
    else:
        expected = through(LOOK_UPS[case], None, dtype)
    assert_same(through(LOOK_UPS[case], "deferred", dtype), expected, tolerance, tolerance)


@pytest.mark.parametrize("by_row", ["lazy", "rowwise"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_rows_without_gradients_stay_whichever_way_the_table_is_read(by_row: ByRow, dtype: torch.dtype) -> None:
    """So what is lazy does not depend on how the look-ups of a step are put together."""
    plain = through(lambda ids, table: F.embedding(ids, table), by_row, dtype)
    whole = through(lambda ids, table: (table * 1)[ids], by_row, dtype)
    assert_same(whole, plain, 1e-6, 1e-6)
    never = torch.ones(ROWS, dtype=torch.bool)
    never[[row for seed in range(2) for ids, _ in random_steps(seed, 25, 30) for row in ids]] = False
    assert never.any()
    for made in (plain, whole):
        assert torch.equal(made.params["table"][never], start(dtype).params["table"][never])
        assert not made.moments.mean["table"][never].any()


@pytest.mark.parametrize("by_row", BY_ROW)
def test_a_step_that_no_gradient_reaches_is_none(by_row: ByRow) -> None:
    def loss(params: Params, looks: bool) -> Tensor:
        found = F.embedding(torch.tensor([1, 2]), params["table"])
        return ((found if looks else found.detach()) * params["head"]).sum()

    made, dense = (fit(start(), [True, False, False, True], loss, RATE, by_row=way) for way in ({"table": by_row}, {}))
    assert made.moments.steps["table"] == dense.moments.steps["table"] == 2
    assert made.moments.steps["head"] == 4
    untouched = fit(start(), [False], loss, RATE, by_row={"table": by_row})
    assert torch.equal(untouched.params["table"], start().params["table"])
    assert untouched.moments.steps["table"] == 0
    assert untouched.moments.square["table"].shape == (ROWS, DIM)


@pytest.mark.parametrize("by_row", BY_ROW)
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_start_is_left_as_it_was(by_row: ByRow, dtype: torch.dtype) -> None:
    begin = optimised(start(dtype), [random_steps(0, 20)], by_row)
    parts = [begin.params, begin.moments.steps, begin.moments.mean, begin.moments.square]
    before = [{name: value.clone() for name, value in part.items()} for part in parts]
    after = optimised(begin, [random_steps(1, 20)], by_row)
    assert not torch.equal(after.params["table"], begin.params["table"])
    for part, kept in zip(parts, before, strict=True):
        assert all(torch.equal(value, kept[name]) for name, value in part.items())
    assert not any(value.requires_grad for value in after.params.values())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("first", [*BY_ROW, None])
@pytest.mark.parametrize("then", [*BY_ROW, None])
def test_any_optimizer_goes_on_from_the_moments_of_any(
    first: ByRow | None, then: ByRow | None, dtype: torch.dtype
) -> None:
    begin = optimised(start(dtype), [random_steps(0, 20)], first)
    square = begin.moments.square["table"]
    expected = square.mean(1, keepdim=True) if then == "rowwise" else square.expand(ROWS, DIM)
    given = Fitted(
        begin.params,
        Moments(begin.moments.steps, begin.moments.mean, {**begin.moments.square, "table": expected.clone()}),
    )
    made, same = (optimised(one, [random_steps(1, 20)], then) for one in (begin, given))
    assert_same(made, same, 0, 0)
    assert made.moments.square["table"].shape == expected.shape


def test_from_lazy_to_rowwise_is_as_if_it_had_been_rowwise() -> None:
    """Of the second moments: the mean over a row of running means is the running mean of the row's means."""
    lazy = RowTable("table", start().params["table"], start().moments, "lazy", 0.0)
    rowwise = RowTable("table", start().params["table"], start().moments, "rowwise", 0.0)
    for ids, _ in random_steps(0, 30):
        for table in (lazy, rowwise):
            F.embedding(torch.tensor(ids), table.looked_up()).exp().sum().backward()  # type: ignore[no-untyped-call]
            table.step()
    torch.testing.assert_close(lazy.square.mean(1, keepdim=True), rowwise.square, rtol=1e-13, atol=0)


@pytest.mark.parametrize("by_row", BY_ROW)
def test_a_model_may_be_nothing_but_a_table(by_row: ByRow) -> None:
    begin = Fitted.untrained({"table": torch.ones(ROWS, DIM)})

    def loss(params: Params, ids: list[int]) -> Tensor:
        return F.embedding(torch.tensor(ids), params["table"]).square().sum()

    made = fit(begin, [[1, 2], [2, 3]], loss, 0.1, by_row={"table": by_row})
    moved = (made.params["table"] != 1).any(1)
    assert moved.nonzero().flatten().tolist() == [1, 2, 3]


def test_what_is_frozen_may_be_named() -> None:
    begin = Fitted.untrained({"head": torch.ones(2), "frozen": torch.nn.Buffer(torch.ones(4, 2))})

    def loss(params: Params, ids: list[int]) -> Tensor:
        return (F.embedding(torch.tensor(ids), params["frozen"]) * params["head"]).sum()

    made = fit(begin, [[1]], loss, 0.1, by_row={"frozen": "lazy"})
    assert made.params["frozen"] is begin.params["frozen"]


@pytest.mark.parametrize("by_row", BY_ROW)
@pytest.mark.parametrize("several", [False, True])
def test_a_row_that_is_made_as_often_as_it_is_looked_up_moves_once(
    by_row: ByRow, several: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a GPU, in the plain path."""
    way = LOOK_UPS["several"] if several else lambda ids, table: F.embedding(ids, table)
    expected = through(way, by_row, torch.float64)
    made: list[int] = []

    def each_time(asked: Any, size: int) -> tuple[Tensor, Tensor]:
        rows, gradient = (torch.cat(part) for part in zip(*asked, strict=True))
        made.append(len(rows) - len(torch.unique(rows)))
        return row_table._each_time(rows, gradient)

    monkeypatch.setattr(row_table, "_added_up", each_time)
    monkeypatch.setattr(
        lazy_table,
        "_compact",
        lambda ids, table, padding, once: lazy_table._as_they_stand(ids, table, padding),
    )
    assert_same(through(way, by_row, torch.float64), expected, 1e-12, 1e-12)
    assert sum(made) > 20


@pytest.mark.parametrize("by_row", BY_ROW)
def test_a_step_reads_nothing_back_from_another_device(by_row: ByRow) -> None:
    """On "meta" that would raise."""
    zeros = torch.zeros(ROWS, DIM, device="meta")
    moments = Moments({"table": torch.tensor(7.0)}, {"table": zeros}, {"table": zeros})
    table = RowTable("table", zeros, moments, by_row, 0.1)
    ids = torch.zeros(8, dtype=torch.int64, device="meta")
    for _ in range(3):
        weight = table.looked_up()
        (F.embedding(ids, weight) * F.embedding(ids[:3], weight).sum()).sum().backward()  # type: ignore[no-untyped-call]
        table.step()
    assert math.isclose(float(table._step), 3)


class Largest(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While it is entered, notes the bytes of the largest tensor that an operation makes, and is not given."""

    bytes = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        made = func(*args, **(kwargs or {}))
        given = _storages((args, kwargs))
        self.bytes = max(self.bytes, *(size for place, size in _storages(made).items() if place not in given), 0)
        return made


def _storages(values: Any) -> dict[int, int]:
    """Where the memory of some tensors begins, and how many bytes it is."""
    storages = [leaf.untyped_storage() for leaf in tree_leaves(values) if isinstance(leaf, Tensor)]
    return {storage.data_ptr(): storage.nbytes() for storage in storages}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("by_row", [*BY_ROW, None])
def test_no_step_makes_anything_that_is_as_large_as_the_table(by_row: ByRow | None, dtype: torch.dtype) -> None:
    rows = 50_000
    largest = Largest()  # type: ignore[no-untyped-call]

    def watched() -> Iterator[Step]:
        with largest:
            yield from random_steps(0, 4, rows)

    optimised(start(dtype, rows), [watched()], by_row)
    whole = rows * DIM * dtype.itemsize
    assert (largest.bytes < whole / 10) == (by_row is not None)
