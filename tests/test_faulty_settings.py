"""Settings that cannot be used: all faults, with paths, values, and what was meant."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, field_validator

from freshrec.errors import ConfigError
from freshrec.settings import Fault, Settings, SettingsError, faults_of, nearest, refusal, salvage, told


class Inner(Settings):
    epochs: int = Field(1, ge=1, description="passes over the data.")
    bare: int = 0

    @field_validator("bare")
    @classmethod
    def _lucky(cls, value: int) -> int:
        if value == 13:
            raise ValueError("no luck with 13")
        return value


class Outer(Settings):
    runs: int = Field(1, ge=1, description="seeded runs")
    base: Inner = Field(Inner(), description="how it is trained")
    many: tuple[int, ...] = ()
    tables: Mapping[str, Mapping[str, int]] = Field(default_factory=dict)


def faults(given: Any) -> list[str]:
    with pytest.raises(SettingsError) as raised:
        Outer.model_validate(given)
    return list(map(str, faults_of(raised.value)))


def test_what_a_setting_means_stands_beside_what_is_wrong() -> None:
    assert faults({"runs": 0, "base": {"epochs": 0, "bare": 13}}) == [
        "runs is 0: Input should be greater than or equal to 1 (seeded runs)",
        "base.epochs is 0: Input should be greater than or equal to 1 (passes over the data)",
        "base.bare is 13: no luck with 13",
    ]


def test_an_unknown_name_gets_the_nearest_of_its_own_table() -> None:
    assert faults({"bases": 1, "base": {"epoch": 1, "runs": 2}}) == [
        "base.epoch is 1: there is no such setting. Did you mean 'epochs'?",
        "base.runs is 2: there is no such setting. Known are: epochs, bare.",
        "bases is 1: there is no such setting. Did you mean 'base'?",
    ]


def test_a_long_value_is_cut_and_a_missing_one_not_shown() -> None:
    assert str(Fault(("a", 0), "no", "x" * 200)) == f"a.0 is '{'x' * 79}...: no"
    assert str(Fault(("a",), "needed", {"b": 1}, "missing")) == "a: needed"
    assert str(Fault((), "they differ", {"b": 1})) == "the settings together: they differ"


def test_faults_keep_path_value_and_kind_on_their_way_through_other_settings() -> None:
    found = [Fault(("a", 1, "b"), "no {braces}", [3], "extra_forbidden"), Fault((), "together", None)]
    assert faults_of(refusal("Some", found)) == found
    assert found[0].below("base").path == ("base", "a", 1, "b")


def test_one_message_with_a_line_each() -> None:
    assert told("this", ["a: no"]) == "this cannot be used, for 1 reason:\n  a: no"
    assert told("this", ["a: no", "b: no"]) == "this cannot be used, for 2 reasons:\n  a: no\n  b: no"


def test_near_and_far_names() -> None:
    assert nearest("epoch", ["runs", "epochs"]) == "Did you mean 'epochs'?"
    assert nearest("zzz", ["runs", "epochs"]) == "Known are: runs, epochs."


def test_what_is_left_can_be_used() -> None:
    given = {
        "runs": "x",
        "base": {"epochs": 0, "bare": 5},
        "many": [1, "y", 3],
        "tables": {"a": {"b": 1, "c": "z"}, "d": 4},
    }
    made, found = salvage(Outer.model_validate, given)
    assert made == Outer(base=Inner(bare=5), many=(1, 3), tables={"a": {"b": 1}})
    assert [fault.path for fault in found] == [
        ("runs",),
        ("base", "epochs"),
        ("many", 1),
        ("tables", "a", "c"),
        ("tables", "d"),
    ]
    assert given["many"] == [1, "y", 3]


@pytest.mark.parametrize("hopeless", [3, None, "text", [1]])
def test_where_nothing_is_left_nothing_is_made(hopeless: object) -> None:
    made, found = salvage(Outer.model_validate, hopeless)
    assert made is None
    assert [fault.path for fault in found] == [()]


def test_a_part_that_was_made_before_is_left_out_where_it_is_refused() -> None:
    made, found = salvage(Outer.model_validate, {"runs": 2, "base": Outer()})
    assert made == Outer(runs=2)
    assert [fault.path for fault in found] == [("base",)]


@pytest.mark.parametrize("make", [Outer, Outer.model_validate])
def test_settings_made_in_python_raise_a_config_error_with_every_fault(make: Any) -> None:
    given = {"runs": 0, "base": {"epochs": 0, "bare": 13}, "rums": 2}
    with pytest.raises(ConfigError) as raised:
        make(**given) if make is Outer else make(given)
    assert str(raised.value).splitlines() == [
        "Outer cannot be used, for 4 reasons:",
        "  runs is 0: Input should be greater than or equal to 1 (seeded runs)",
        "  base.epochs is 0: Input should be greater than or equal to 1 (passes over the data)",
        "  base.bare is 13: no luck with 13",
        "  rums is 2: there is no such setting. Did you mean 'runs'?",
    ]
    assert raised.value.__suppress_context__


values = st.recursive(
    st.one_of(st.integers(-2, 20), st.text(max_size=3), st.none()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["runs", "base", "many", "tables", "epochs", "bare", "x"]), inner, max_size=4),
    ),
    max_leaves=8,
)


@given(values)
def test_whatever_comes_it_is_used_or_told(given: Any) -> None:
    made, found = salvage(Outer.model_validate, given)
    assert (made is None) <= bool(found)
    if not found:
        assert made == Outer.model_validate(given)
