import pytest

from freshrec.data import Vocabulary
from freshrec.errors import DataError

VOCABULARY = Vocabulary({"user": ("7", "x"), "kind": ("a", None)})


def test_ids_and_values_lead_to_each_other() -> None:
    assert VOCABULARY.ids("user", ["x", 7, "7", "new", None]).tolist() == [1, 0, 0, -1, -1]
    assert VOCABULARY.ids("kind", [None, "a"]).tolist() == [1, 0]
    assert VOCABULARY.ids("kind", []).tolist() == []


def test_a_table_that_is_not_there_is_explained() -> None:
    with pytest.raises(DataError, match="there is no table 'item'; this stream has user, kind"):
        VOCABULARY.ids("item", ["1"])
