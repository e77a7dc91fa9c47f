import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshrec.data import Vocabulary, vocabulary
from freshrec.data.values import Values, text_hashes
from freshrec.errors import DataError

VOCABULARY = Vocabulary({"user": ("7", "x"), "kind": ("a", None)})


def test_ids_and_values_lead_to_each_other() -> None:
    assert VOCABULARY.ids("user", ["x", 7, "7", "new", None]).tolist() == [1, 0, 0, -1, -1]
    assert VOCABULARY.ids("kind", [None, "a"]).tolist() == [1, 0]
    assert VOCABULARY.ids("kind", []).tolist() == []
    assert VOCABULARY.raw("kind", np.array([1, 0])).to_list() == [None, "a"]


def test_a_table_that_is_not_there_is_explained() -> None:
    with pytest.raises(DataError, match="there is no table 'item'; this stream has user, kind"):
        VOCABULARY.ids("item", ["1"])


@pytest.mark.parametrize("bits", [0, 1, 64])
@given(known=st.sets(st.text(max_size=3), max_size=20), asked=st.lists(st.text(max_size=3)))
def test_values_of_one_hash_are_told_apart(bits: int, known: set[str], asked: list[str]) -> None:
    """With hashes of 0 or 1 bits nearly all collide."""
    few = np.uint64(2**bits - 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vocabulary, "text_hashes", lambda texts, seed: text_hashes(texts, seed) & few)
        ordered = sorted(known)
        both = Vocabulary({"user": ordered, "item": ordered[::-1]})
        for table, values in (("user", ordered), ("item", ordered[::-1])):
            expected = [values.index(text) if text in known else -1 for text in asked]
            assert both.find(table, pl.Series(asked, dtype=pl.String)).tolist() == expected


def test_values_are_a_sequence() -> None:
    values = Values(["7", "x", None])
    assert values == ("7", "x", None)
    assert values == Values(("7", "x", None))
    assert values != ("7", "x")
    assert values != ("7", "x", "y")
    assert values != "7x"
    assert values.index(None) == 2
    assert values[np.int32(1)] == "x"
    assert list(values[1:]) == ["x", None]
    assert repr(values) == "Values(['7', 'x', None])"
    assert repr(Values(list("abcd"))) == "Values(['a', 'b', 'c', ...])"


def test_a_million_ids_take_forty_megabytes_at_most() -> None:
    """So 10 million take 400 MB."""
    texts = pl.Series(np.arange(1_000_000) * 7_919_000_001).cast(pl.String)
    large = Vocabulary({"item": Values(texts)})
    assert large.find("item", texts[[999_999, 5]]).tolist() == [999_999, 5]
    (run,) = large._indexed("item").runs
    assert run.payload is not None
    assert texts.estimated_size() + run.key.nbytes + run.payload.nbytes <= 40e6
