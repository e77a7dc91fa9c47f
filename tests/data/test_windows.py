"""Many slices of an array at once are those slices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshrec.data import take_windows
from freshrec.errors import DataError


@given(
    st.integers(0, 30).flatmap(
        lambda size: st.tuples(
            st.just(size), st.lists(st.tuples(st.integers(0, size), st.integers(0, size)).map(sorted), max_size=8)
        )
    ),
    st.sampled_from([None, np.int64, np.int32]),
)
def test_they_are_the_slices_one_after_another(
    drawn: tuple[int, list[list[int]]], dtype: type[np.integer] | None
) -> None:
    size, bounds = drawn
    array = np.arange(size, dtype=np.int32) * 7 % 31
    start, end = (np.array([bound[which] for bound in bounds], np.int64) for which in range(2))
    taken, offsets = take_windows(array, start, end, dtype)
    assert taken.dtype == (dtype or np.int32)
    assert taken.tolist() == [int(value) for first, last in bounds for value in array[first:last]]
    assert offsets.tolist() == [0, *np.cumsum([last - first for first, last in bounds]).tolist()]


@pytest.mark.parametrize(("start", "end"), [([0, -1], [2, 1]), ([0, 3], [5, 6]), ([0, 2], [5, 1]), ([0, 9], [1, 9])])
def test_a_slice_beyond_the_array_is_told(start: list[int], end: list[int]) -> None:
    with pytest.raises(DataError, match=rf"slice 1 is \[{start[1]}, {end[1]}\) of an array of 5 elements"):
        take_windows(np.arange(5), np.array(start), np.array(end))
