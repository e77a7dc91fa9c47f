"""SplitMix64 by its published outputs and in plain Python; hashes of rows are uniform and independent."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshrec.hashing import hash_columns, hash_further, uniform

WORD = 2**64


def mix(state: int) -> int:
    """One output of SplitMix64, in integers of any size."""
    z = (state + 0x9E3779B97F4A7C15) % WORD
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % WORD
    z = (z ^ z >> 27) * 0x94D049BB133111EB % WORD
    return z ^ z >> 31


def test_one_column_is_splitmix64() -> None:
    """The first outputs for the seeds 0 and 1234567, as the reference implementation gives them."""
    assert hash_columns(np.array([0, 1234567])).tolist() == [16294208416658607535, 6457827717110365317]


@given(st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.integers(0, 2**31 - 1)), min_size=1, max_size=9))
def test_columns_are_chained(rows: list[tuple[int, int]]) -> None:
    first, second = np.array([row[0] for row in rows]), np.array([row[1] for row in rows], np.int32)
    expected = [mix((mix((mix(5) + a) % WORD) + b) % WORD) for a, b in rows]
    assert hash_columns(5, first, second).tolist() == expected
    assert hash_further(hash_columns(5, first), second).tolist() == expected
    assert uniform(hash_columns(5, first, second)).tolist() == [(value >> 11) / 2**53 for value in expected]


def test_a_column_is_broadcast() -> None:
    hashes = hash_columns(3, np.arange(4)[:, None], np.arange(2))
    assert hashes.shape == (4, 2)
    assert hashes[2, 1] == hash_columns(3, 2, 1)


@pytest.mark.parametrize("column", [0, 1, 2])
def test_consecutive_numbers_in_any_column_are_uniform_and_independent(column: int) -> None:
    """Chi-square of pairs of neighbours in a 16 x 16 grid; below the 99.99% point of 255 degrees of freedom."""
    columns = [1, 2, 3]
    count = 1 << 15
    numbers = np.arange(count + 1)
    hashes = hash_columns(*(numbers if place == column else value for place, value in enumerate(columns)))
    places = (uniform(hashes) * 16).astype(int)
    counts = np.bincount(places[:-1] * 16 + places[1:], minlength=256)
    expected = count / 256
    assert ((counts - expected) ** 2 / expected).sum() < 348
