"""Marking finds what sorting finds, and leaves nothing behind."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from freshrec.kernels import distinct


@given(st.lists(st.integers(0, 11), max_size=30))
def test_it_is_what_unique_gives_in_the_order_of_the_ids(drawn: list[int]) -> None:
    ids = torch.tensor(drawn, dtype=torch.int64)
    found, positions = distinct(ids, 12)
    assert found.tolist() == list(dict.fromkeys(drawn))
    assert torch.equal(found[positions], ids)


def test_any_shape() -> None:
    found, positions = distinct(torch.tensor([[4, 4], [1, 4]]), 5)
    assert (found.tolist(), positions.tolist()) == ([4, 1], [[0, 0], [1, 0]])


@pytest.mark.parametrize("wrong", [-1, 5])
def test_an_id_out_of_range_is_named_and_leaves_no_mark(wrong: int) -> None:
    with pytest.raises(IndexError, match=rf"id {wrong} was looked up in a table of 5 rows; ids must be in \[0, 5\)"):
        distinct(torch.tensor([3, 2, wrong, 3]), 5)
    assert distinct(torch.tensor([2, 3]), 5)[0].tolist() == [2, 3]
