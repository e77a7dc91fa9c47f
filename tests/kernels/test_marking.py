"""Marking finds what sorting finds, and leaves nothing behind."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from freshrec.kernels import borrow, distinct, give_back


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


@given(st.lists(st.lists(st.integers(0, 11), max_size=12), max_size=5))
def test_several_look_ups_are_seen_as_one(drawn: list[list[int]]) -> None:
    seen, found = borrow(12), list[int]()
    for each in drawn:
        positions, new = seen.positions(torch.tensor(each, dtype=torch.int64))
        found += new.tolist()
        assert [found[position] for position in positions.tolist()] == each
    assert found == list(dict.fromkeys(one for each in drawn for one in each))
    give_back(seen)


def test_what_is_given_back_has_seen_nothing_and_what_is_not_stays_apart() -> None:
    first = borrow(6)
    first.positions(torch.tensor([4, 1]))
    second = borrow(6)
    assert second is not first
    assert second.positions(torch.tensor([1]))[1].tolist() == [1]
    with pytest.raises(IndexError, match="id 6 was looked up"):
        first.positions(torch.tensor([5, 6]))
    assert first.positions(torch.tensor([1, 5]))[0].tolist() == [1, 2]
    give_back(first)
    assert borrow(6) is first
    assert first.positions(torch.tensor([4]))[1].tolist() == [4]
    give_back(first)
    give_back(second)
