import io

import pytest
from rich.console import Console

from freshrec.cli.progress import shown_progress


def console(*, terminal: bool) -> tuple[Console, io.StringIO]:
    file = io.StringIO()
    return Console(file=file, force_terminal=terminal, width=100), file


def test_a_log_gets_a_line_for_each_part_and_none_for_steps() -> None:
    shown, file = console(terminal=False)
    with shown_progress(shown) as progress:
        progress.overall("run 1/1: period 4", 1, 3)
        progress.overall("run 1/1: period 4", 1, 3)
        progress.step("train", 1, 9)
        progress.overall("run [1]: period 5", 2, 3)
    assert file.getvalue() == "[1/3] run 1/1: period 4\n[2/3] run [1]: period 5\n"


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
