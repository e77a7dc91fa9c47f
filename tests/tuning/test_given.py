"""A grid that is given is read as the method reads settings, or refused with every fault where it stands."""

from dataclasses import replace
from functools import partial
from typing import Any

from freshrec.settings import Fault
from freshrec.tuning.given import GivenGrid
from freshrec.tuning.grids import Grid
from freshrec.updaters import IU, SML, build


def checked(method: str, **values: tuple[Any, ...]) -> tuple[Grid, list[Fault]]:
    given = GivenGrid(method, values, dict.fromkeys(values, ("grids", "*")))
    return given.checked(partial(build, method, IU()))


def told(method: str, **values: tuple[Any, ...]) -> list[str]:
    return [str(replace(fault, message=fault.message.split(" (")[0])) for fault in checked(method, **values)[1]]


def test_values_become_what_the_method_makes_of_them() -> None:
    grid, faults = checked("sml", learning_rate=("0.01", 1), epochs=("5",), filters=([10, 5], (2, 2)))
    assert not faults
    assert grid == {"learning_rate": (0.01, 1.0), "epochs": (5,), "filters": ((10, 5), (2, 2))}
    assert type(grid["learning_rate"][1]) is float


def test_every_fault_is_told_where_it_stands() -> None:
    faults = set(told("sml", epochs=(0, 1, "x"), hidden=(20, -1), zzz=(1,)))
    assert faults == {
        "grids.*.epochs.0 is 0: Input should be greater than or equal to 1",
        "grids.*.epochs.2 is 'x': Input should be a valid integer, unable to parse string as an integer",
        "grids.*.hidden.1 is -1: Input should be greater than or equal to 1",
        "grids.*.zzz is (1,): for sml, there is no such setting. Known are: " + ", ".join(SML.model_fields) + ".",
    }


def test_settings_that_do_not_go_together() -> None:
    faults = told("asmg-gru-multi", cell=("gru", "linear"), concurrent=(False, True))
    assert set(faults) == {
        "grids.asmg-gru-multi is {'cell': 'linear', 'concurrent': True}: the linear generator reads K snapshots and "
        "generates once: set concurrent and full to false"
    }
    assert checked("asmg-gru-multi", cell=("linear",), concurrent=(False,))[1] == []


def test_a_value_that_stands_there_twice() -> None:
    assert told("iu", epochs=(1, 5, "1")) == ["grids.*.epochs.2 is 1: it stands there before; once will do"]


def test_a_grid_that_is_too_large_to_look_at() -> None:
    assert told("asmg-gru-multi", window=tuple(range(1, 400)), hidden=tuple(range(1, 400)))[0].endswith(
        "159,201 combinations, expected 100,000 at most; leave values out"
    )
