"""Runs come back from the file as they were, and a slide is found among what moves by itself."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.entry import Entry, Host, Outcome, Row
from harness.history import append, changes, read
from measured import Measured

HOST = Host("A processor", 2, 23.5, "Linux x86_64", {"Python": "3.11.9", "torch": "2.13.0"})


@pytest.fixture
def entry() -> Callable[..., Entry]:
    def make(ratio: float | None = 3.0, value: float = 30.0, unit: str = "ms", others: float | None = 0.0) -> Entry:
        against = None if ratio is None else "plain torch"
        outcome = Outcome("step", 2, (Measured("ours", value, unit, ratio, against),), 12.5, others, 300.25, 301.0)
        return Entry(datetime(2026, 11, 23, 16, tzinfo=UTC), "0123456789abcdef", True, HOST, (outcome,))

    return make


def test_what_is_appended_is_read_again_in_its_order(entry: Callable[..., Entry], tmp_path: Path) -> None:
    path, entries = tmp_path / "history.jsonl", [entry(3.0), entry(None), entry(4.0, others=None)]
    assert read(path) == []
    for each in entries:
        append(path, each)
    assert read(path) == entries
    assert len(path.read_text().splitlines()) == 3


@pytest.mark.parametrize("line", ["not JSON", "[]", "{}", '{"outcomes": [{"measured": []}]}'])
def test_a_damaged_line_is_named(line: str, entry: Callable[..., Entry], tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    append(path, entry())
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(ValueError, match=r"history\.jsonl, line 2: .* Restore the line, or remove it"):
        read(path)


def test_a_ratio_is_compared_with_the_median_of_the_last_five(entry: Callable[..., Entry]) -> None:
    earlier = [entry(ratio) for ratio in (100.0, 2.0, 4.0, 4.0, 5.0, 9.0)]
    (change,) = changes(entry(3.0), earlier)
    assert change.row == Row("step", 2, "ours", "plain torch")
    assert (change.now, change.before, change.runs, change.gain) == (3.0, 4.0, 5, 0.75)
    assert change.worse
    assert str(change) == ("WORSE   step, 2 threads: ours against plain torch: ratio 3, before 4 (median of 5), -25%")


@pytest.mark.parametrize(("ratio", "worse"), [(3.0, False), (2.75, False), (2.65, True), (30.0, False)])
def test_a_ratio_is_worse_when_it_is_smaller_by_more_than_a_tenth(
    ratio: float, worse: bool, entry: Callable[..., Entry]
) -> None:
    (change,) = changes(entry(ratio), [entry(3.0)])
    assert change.worse is worse


@pytest.mark.parametrize(
    ("unit", "value", "worse"),
    [("ms", 120.0, False), ("ms", 140.0, True), ("samples/s", 80.0, False), ("samples/s", 70.0, True)],
)
def test_a_figure_alone_is_worse_by_more_than_a_quarter_in_its_own_direction(
    unit: str, value: float, worse: bool, entry: Callable[..., Entry]
) -> None:
    (change,) = changes(entry(None, value, unit), [entry(None, 100.0, unit)])
    assert change.worse is worse
    assert not change.is_ratio


def test_ratios_are_told_before_figures(entry: Callable[..., Entry]) -> None:
    alone, compared = entry(None).outcomes[0], replace(entry(2.0).outcomes[0], benchmark="later")
    both = replace(entry(), outcomes=(alone, compared))
    assert [change.is_ratio for change in changes(both, [both])] == [True, False]


def test_other_machines_busy_runs_and_other_rows_are_not_compared_with(entry: Callable[..., Entry]) -> None:
    elsewhere = replace(entry(9.0), host=replace(HOST, cores=64))
    busy, other = entry(9.0, others=0.5), entry(None)
    assert changes(entry(3.0), [elsewhere, busy, other]) == []


def test_another_version_of_torch_is_still_the_machine(entry: Callable[..., Entry]) -> None:
    upgraded = replace(entry(3.0), host=replace(HOST, versions={"torch": "3.0"}))
    assert len(changes(entry(3.0), [upgraded])) == 1


def test_a_slide_on_a_busy_machine_says_so(entry: Callable[..., Entry]) -> None:
    (change,) = changes(entry(1.0, others=0.5), [entry(3.0)])
    assert change.worse
    assert str(change).endswith("; the machine was busy")
