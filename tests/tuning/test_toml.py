"""What is written as TOML is read back by the standard library as it was."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshrec.tuning.toml import quoted, to_toml

texts = st.text(st.characters(exclude_categories=["Cs"]))
values: Any = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | texts, st.lists, max_leaves=8
)
tables: Any = st.recursive(
    st.dictionaries(texts, values, max_size=3),
    lambda inner: st.dictionaries(texts, values | inner, max_size=3),
    max_leaves=8,
)


@given(tables)
def test_every_document_comes_back(settings: dict[str, Any]) -> None:
    assert tomllib.loads(to_toml(settings)) == settings


@given(texts)
def test_a_text_takes_one_line(text: str) -> None:
    assert "\n" not in quoted(text)
    assert tomllib.loads(f"text = {quoted(text)}") == {"text": text}


def test_kinds_are_kept() -> None:
    settings = {
        "one": 1,
        "real": 1.0,
        "true": True,
        "tiny": 1e-05,
        "pair": (10, 5),
        "none of": (),
        "text": "\x7f\t\"'é",
    }
    found = tomllib.loads(to_toml(settings))
    assert found == {**settings, "pair": [10, 5], "none of": []}
    assert [type(found[name]) for name in ("one", "real", "true")] == [int, float, bool]


@pytest.mark.parametrize("value", [None, object(), [None], {1}])
def test_what_toml_has_no_word_for(value: object) -> None:
    with pytest.raises(TypeError, match="TOML has no "):
        to_toml({"base": {"rate": value}})
