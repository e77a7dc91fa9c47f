import os
import signal
import warnings
from collections.abc import Callable

import pytest
import typer
from pydantic import Field

from freshrec.cli.faults import faults_told
from freshrec.errors import DataError, FreshrecWarning
from freshrec.settings import Settings


class Inner(Settings):
    epochs: int = Field(1, ge=1)


class Outer(Settings):
    runs: int
    base: Inner


def told(action: Callable[[], object], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    with pytest.raises(typer.Exit) as stopped, faults_told("The same command continues."):
        action()
    out, err = capsys.readouterr()
    assert out == ""
    return stopped.value.exit_code, err


def fails(error: BaseException) -> Callable[[], None]:
    def action() -> None:
        raise error

    return action


def test_a_typed_error_is_a_message_and_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(fails(DataError("no rows. Give some.")), capsys) == (2, "Error: no rows. Give some.\n")


def test_ctrl_c_says_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(fails(KeyboardInterrupt()), capsys) == (130, "\nInterrupted. The same command continues.\n")


def test_sigterm_says_how_to_go_on_and_is_given_back(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        ended = told(lambda: os.kill(os.getpid(), signal.SIGTERM), capsys)
        assert ended == (143, "\nTerminated. The same command continues.\n")
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)


def test_who_has_a_use_for_sigterm_keeps_it() -> None:
    came = list[int]()
    before = signal.signal(signal.SIGTERM, lambda number, _: came.append(number))
    try:
        with faults_told(""):
            os.kill(os.getpid(), signal.SIGTERM)
        assert came == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_warning_of_this_package_is_a_line_and_others_are_as_before(capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings(record=True) as others, faults_told(""):
        warnings.simplefilter("always")
        warnings.warn("few steps", FreshrecWarning, stacklevel=1)
        warnings.warn("old", UserWarning, stacklevel=1)
    assert [str(each.message) for each in others] == ["old"]
    assert capsys.readouterr().err == "Warning: few steps\n"


def test_all_faults_of_settings_are_listed_with_their_paths(capsys: pytest.CaptureFixture[str]) -> None:
    faulty = {"base": {"epochs": 0, "epoch": 3}}
    code, message = told(lambda: Outer.model_validate(faulty), capsys)
    assert code == 2
    assert message.splitlines() == [
        "Error: Outer cannot be used, for 3 reasons:",
        "  runs: Field required",
        "  base.epochs is 0: Input should be greater than or equal to 1",
        "  base.epoch is 3: there is no such setting. Did you mean 'epochs'?",
    ]


@pytest.mark.parametrize("bug", [ValueError("a bug"), RuntimeError("a bug")])
def test_a_bug_keeps_its_traceback(bug: Exception) -> None:
    with pytest.raises(type(bug), match="a bug"), faults_told(""):
        raise bug


def test_a_block_that_ends_well_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with faults_told("The same command continues."):
        pass
    assert capsys.readouterr() == ("", "")
