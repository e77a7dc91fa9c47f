"""Rows that numpy copies are the rows that torch selects."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from freshrec.kernels import gather


@given(
    st.lists(st.integers(0, 6), max_size=20),
    st.sampled_from([torch.float32, torch.float64, torch.float16, torch.bfloat16]),
    st.sampled_from([(3,), (3, 4), (1,), (0,)]),
    st.booleans(),
)
def test_it_is_index_select(drawn: list[int], dtype: torch.dtype, shape: tuple[int, ...], turned: bool) -> None:
    values = torch.arange(7 * torch.Size(shape).numel()).reshape(7, *shape).sin().to(dtype)
    if turned:
        values = values.flip(0).transpose(0, -1).contiguous().transpose(0, -1)
    rows = torch.tensor(drawn, dtype=torch.int64)
    out = torch.empty(len(rows), *shape, dtype=dtype)
    gather(values, rows, out)
    assert torch.equal(out, values.index_select(0, rows))


@pytest.mark.parametrize("wrong", [-1, 5])
def test_a_row_that_is_not_there_is_told(wrong: int) -> None:
    with pytest.raises(IndexError, match=rf"rows {min(wrong, 0)} to {max(wrong, 0)} of a table of 5 rows"):
        gather(torch.zeros(5, 2), torch.tensor([0, wrong]), torch.empty(2, 2))


def test_a_leaf_that_takes_gradients_may_be_read() -> None:
    out = torch.empty(1, 2)
    gather(torch.ones(3, 2, requires_grad=True), torch.tensor([2]), out)
    assert torch.equal(out, torch.ones(1, 2))
