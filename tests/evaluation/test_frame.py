import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshrec.evaluation.frame import Frame, bad_side, frame
from freshrec.metrics import METRICS

lines = st.dictionaries(st.text(max_size=3), st.lists(st.floats(-5, 5), max_size=4), max_size=6)


@given(lines)
def test_all_lines_inside_are_held_and_most_are_inside(values: dict[str, list[float]]) -> None:
    shown = frame(values)
    drawn = [name for name in values if values[name]]
    assert 2 * len(shown.outside) < max(len(drawn), 1)
    inside = [value for name in drawn if name not in shown.outside for value in values[name]]
    assert (shown.low, shown.high) == ((min(inside), max(inside)) if inside else (0.0, 0.0))
    for name, furthest in shown.outside.items():
        assert furthest in values[name]
        assert furthest < shown.low or furthest > shown.high


def test_a_bad_line_is_outside_and_a_spread_of_good_ones_is_not() -> None:
    good = {"iu": [0.88, 0.90], "bu": [0.87, 0.89], "sml": [0.86, 0.91]}
    assert frame(good) == Frame(0.86, 0.91, {})
    assert frame({**good, "dead": [0.5, 0.5]}) == Frame(0.86, 0.91, {"dead": 0.5})
    # A spike of one period is enough, and the line keeps its other periods.
    assert frame({**good, "spike": [0.88, 3.0, 0.88]}) == Frame(0.86, 0.91, {"spike": 3.0})


@pytest.mark.parametrize(
    "values", [{"iu": [0.9, 0.91], "dead": [0.5]}, {"a": [0.1], "b": [0.1, 0.11], "c": [0.9], "d": [0.9]}]
)
def test_of_two_lines_or_two_groups_none_is_outside(values: dict[str, list[float]]) -> None:
    assert not frame(values).outside


def test_only_what_is_bad_is_left_outside() -> None:
    values = {"a": [0.7, 0.72], "b": [0.7, 0.71], "c": [0.69, 0.72], "good": [0.7, 0.99], "dead": [0.5, 0.5]}
    assert frame(values, "below") == Frame(0.69, 0.99, {"dead": 0.5})
    assert frame(values, "above") == Frame(0.5, 0.72, {"good": 0.99})
    assert set(frame(values).outside) == {"good", "dead"}
    assert [bad_side(METRICS[name]) for name in ("auc", "logloss", "calibration_ratio")] == ["below", "above", "both"]


def test_a_note_names_what_is_outside_and_how_far_it_goes() -> None:
    shown = Frame(-0.1, 0.1, {"dead": -0.4721, "wild": 3.0})
    assert shown.note == "Outside the frame: dead, down to −0.472; wild, up to 3."
    assert shown.only(["wild"]).note == "Outside the frame: wild, up to 3."
    assert Frame(0, 1, {}).note == ""
    assert Frame(0, 1, {}).limits == (-0.04, 1.04)


def test_a_line_that_is_wanted_is_inside_and_what_is_undefined_counts_nowhere() -> None:
    values = {"a": [1.0, 1.1], "b": [1.0, math.nan, 1.1], "base": [0.0, 0.0]}
    assert frame(values).outside == {"base": 0.0}
    assert frame(values, always=["base"]) == Frame(0.0, 1.1, {})
    assert frame({"a": [math.nan], "b": []}) == Frame(0.0, 0.0, {})
