"""A row is born in the first period after which it has a second moment, and stays so."""

import torch

from freshrec.training import UNBORN, Moments, born_rows, reach


def moments(*rows: list[float]) -> Moments:
    square = torch.tensor(rows)
    return Moments({"table": torch.tensor(1.0)}, {"table": torch.zeros_like(square)}, {"table": square})


def test_the_first_period_with_a_moment_is_noted_and_stays() -> None:
    tables = ("table", "frozen")
    first = born_rows({}, moments([0, 0], [0, 1e-45], [0, 0]), tables, period=0)
    assert first["table"].tolist() == [UNBORN, 0, UNBORN]
    assert first["table"].dtype == torch.int32
    assert reach(first) == {"table": 2}
    # The moment of the second row has faded to zero.
    second = born_rows(first, moments([0.5, 0], [0, 0], [0, 0]), tables, period=11)
    assert second["table"].tolist() == [11, 0, UNBORN]
    assert first["table"].tolist() == [UNBORN, 0, UNBORN]
    third = born_rows(second, moments([0.5, 0], [1, 0], [0, 0]), tables, period=12)
    assert third["table"] is second["table"]
    assert reach(third) == {"table": 2}


def test_one_moment_a_row_is_enough() -> None:
    assert born_rows({}, moments([0], [1]), ["table"], period=3)["table"].tolist() == [UNBORN, 3]


def test_before_any_training_nothing_is_in_reach() -> None:
    assert reach(born_rows({}, moments([0, 0], [0, 0]), ["table"], period=0)) == {"table": 0}
