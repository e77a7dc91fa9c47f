from collections.abc import Callable

import pytest
import typer
from pydantic import BaseModel, ConfigDict, Field, field_validator

from freshrec.cli.faults import faults_told
from freshrec.errors import DataError


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    epochs: int = Field(1, ge=1)

    @field_validator("epochs")
    @classmethod
    def _lucky(cls, value: int) -> int:
        if value == 13:
            raise ValueError("no luck with 13")
        return value


class Settings(BaseModel):
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


def test_all_faults_of_settings_are_listed_with_their_paths(capsys: pytest.CaptureFixture[str]) -> None:
    faulty = {"base": {"epochs": 0, "epoch": 3}}
    code, message = told(lambda: Settings.model_validate(faulty), capsys)
    assert code == 2
    assert message.splitlines() == [
        "Error: Settings cannot be used, for 3 reasons:",
        "  runs: Field required",
        "  base.epochs is 0: Input should be greater than or equal to 1",
        "  base.epoch is 3: Extra inputs are not permitted",
    ]


def test_a_fault_of_ones_own_wording_is_told_plainly(capsys: pytest.CaptureFixture[str]) -> None:
    message = told(lambda: Settings.model_validate({"runs": 1, "base": {"epochs": 13}}), capsys)[1]
    assert message.splitlines()[1] == "  base.epochs is 13: no luck with 13"


@pytest.mark.parametrize("bug", [ValueError("a bug"), RuntimeError("a bug")])
def test_a_bug_keeps_its_traceback(bug: Exception) -> None:
    with pytest.raises(type(bug), match="a bug"), faults_told(""):
        raise bug


def test_a_block_that_ends_well_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with faults_told("The same command continues."):
        pass
    assert capsys.readouterr() == ("", "")
