import io
from collections.abc import Sequence

import pytest
from rich.console import Console

from freshrec.cli.progress import shown_progress


def console(*, terminal: bool) -> tuple[Console, io.StringIO]:
    file = io.StringIO()
    return Console(file=file, force_terminal=terminal, width=100), file


def lines(told: Sequence[tuple[float, str, int, int]]) -> list[str]:
    """What a log gets of the whole work, told at the given seconds."""
    shown, file = console(terminal=False)
    now = 0.0
    with shown_progress(shown, clock=lambda: now) as progress:
        for seconds, text, done, total in told:
            now = seconds
            progress.overall(text, done, total)
            progress.step("train", 1, 9)
    return file.getvalue().splitlines()


def test_a_log_gets_lines_with_the_time_left_and_none_for_steps() -> None:
    assert lines(
        [
            (100, "run 1/2: pre-training", 0, 6),
            (130, "run 1/2: period 4", 0, 6),
            (190, "run 1/2: period 5", 1, 6),
            (250, "run [1]: period 6", 2, 6),
            (280, "run [1]: period 7", 6, 6),
        ]
    ) == [
        "[0/6] run 1/2: pre-training",
        "[0/6] run 1/2: period 4",
        "[1/6] run 1/2: period 5, about 8 min left",
        "[2/6] run [1]: period 6, about 5 min left",
        "[6/6] run [1]: period 7",
    ]


def test_lines_are_few_where_work_is_quick() -> None:
    told = [(0.5 * done, f"run {1 + done // 50}/2: period {done % 50}", done, 100) for done in range(101)]
    assert lines(told) == [
        "[0/100] run 1/2: period 0",
        "[20/100] run 1/2: period 20, about 40 s left",
        "[40/100] run 1/2: period 40, about 30 s left",
        "[50/100] run 2/2: period 0, about 25 s left",
        "[70/100] run 2/2: period 20, about 15 s left",
        "[90/100] run 2/2: period 40, about 5 s left",
        "[100/100] run 3/2: period 0",
    ]


def test_a_long_part_says_each_minute_what_it_is_at() -> None:
    shown, file = console(terminal=False)
    now = 0.0
    with shown_progress(shown, clock=lambda: now) as progress:
        progress.overall("run 1/1: period 4", 3, 9)
        for step in range(1, 31):
            now += 5
            progress.step("asmg-gru-full: meta generator", step, 30)
    assert file.getvalue().splitlines() == [
        "[3/9] run 1/1: period 4",
        "[3/9] run 1/1: period 4, asmg-gru-full: meta generator 12/30",
        "[3/9] run 1/1: period 4, asmg-gru-full: meta generator 24/30",
    ]


def test_the_same_is_not_said_twice_and_numbered_parts_are_one_work() -> None:
    assert lines([(0, "period 1", 0, 9), (0, "period 1", 0, 9), (1, "period 2", 1, 9), (2, "period 3", 2, 9)]) == [
        "[0/9] period 1"
    ]


def test_other_work_has_a_pace_of_its_own() -> None:
    told = [
        (0, "prepare: a", 0, 4),
        (100, "prepare: b", 1, 4),
        (200, "compare: a", 0, 4),
        (210, "compare: b", 1, 4),
        (210, "tune: a", 0, 7200),
        (220, "tune: b", 1, 7200),
    ]
    assert lines(told)[3::2] == ["[1/4] compare: b, about 30 s left", "[1/7200] tune: b, about 20 h 0 min left"]


def test_what_was_done_before_says_nothing_of_the_pace() -> None:
    told = [(0, "run 1/1: period 8", 8, 10), (60, "run 1/1: period 9", 9, 10)]
    assert lines(told) == ["[8/10] run 1/1: period 8", "[9/10] run 1/1: period 9, about 60 s left"]


def test_a_terminal_gets_bars_with_the_time_left() -> None:
    shown, file = console(terminal=True)
    with shown_progress(shown) as progress:
        progress.overall("period [4]", 1, 3)
        progress.step("train", 2, 9)
    for text in ("period [4]", "1/3", "train", "2/9", "-:--:--"):
        assert text in file.getvalue()


def test_another_total_begins_another_bar() -> None:
    shown, file = console(terminal=True)
    with shown_progress(shown) as progress:
        progress.overall("prepare", 10, 10)
        progress.step("sort", 1, 2)
        progress.overall("compare", 0, 7)
        progress.step("train", 1, 2)
        progress.step("score", 1, 5)
    last = file.getvalue().split("prepare")[-1].split("compare")[-1]
    assert "0/7" in last
    assert "score" in last
    assert "sort" not in last


def test_nothing_goes_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_progress() as progress:
        progress.overall("period 4", 1, 3)
    assert capsys.readouterr() == ("", "[1/3] period 4\n")
