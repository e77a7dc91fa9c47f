"""Hashes of texts against the definition, in numpy."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshrec.data.values import text_hashes
from freshrec.hashing import hash_columns
from freshrec.kernels import hash_texts


def defined(text: str, seed: int) -> int:
    data = text.encode()
    words = np.frombuffer(data + b"\0" * (-len(data) % 8), "<u8")
    with np.errstate(over="ignore"):
        return int(hash_columns(seed, len(data), *(np.uint64(word) for word in words)))  # type: ignore[arg-type]


@given(st.lists(st.text(max_size=20)), st.integers(0, 2**63 - 1))
def test_a_hash_is_what_its_definition_says(texts: list[str], seed: int) -> None:
    hashes = text_hashes(pl.Series(texts, dtype=pl.String), seed)
    assert hashes.tolist() == [defined(text, seed) for text in texts]


def test_null_is_the_empty_text_and_zeros_count() -> None:
    hashes = text_hashes(pl.Series([None, "", "\0", "\0\0"]), 3).tolist()
    assert hashes[0] == hashes[1] == defined("", 3)
    assert len(set(hashes)) == 3


@pytest.mark.parametrize("count", [0, 1, 100_000])
def test_many_texts_on_all_threads(count: int) -> None:
    texts = [str(number) for number in range(count)]
    offsets = np.cumsum([0, *map(len, texts)])
    data = np.frombuffer("".join(texts).encode(), np.uint8)
    hashes = hash_texts(data, offsets, 1)
    assert len(set(hashes.tolist())) == count
    for place in range(0, count, 9_973):
        assert int(hashes[place]) == defined(texts[place], 1)
