"""Rows for ids that are first seen: what begins where, and what cannot grow."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from freshrec.data import Schema
from freshrec.errors import ModelError
from freshrec.params import Params, Slots, params_of
from freshrec.training import Births, Growth

BEFORE, AFTER = Schema({"user": 2}), Schema({"user": 4})


class Tables(nn.Module):
    """A table of users and weights that no id has a part in."""

    def __init__(self, rows: int, padding: int | None = None, width: int = 3) -> None:
        super().__init__()
        self.users = nn.Embedding(rows, width, padding_idx=padding)
        self.dense = nn.Linear(2, 2)
        with torch.no_grad():
            self.users.weight.copy_(torch.arange(rows * width).reshape(rows, width))


@dataclass(frozen=True)
class Inner:
    steps: Slots
    mean: Slots


@dataclass(frozen=True)
class State:
    values: Params
    older: tuple[Params, ...]
    nothing: Params | None
    inner: Inner
    born: Births
    shared: Slots
    other: Mapping[str, Tensor]
    count: int


def state() -> State:
    return State(
        values=params_of(Tables(2)),
        older=(params_of(Tables(2)),),
        nothing=None,
        inner=Inner(steps={"users.weight": torch.tensor(7.0)}, mean={"users.weight": torch.ones(2, 3)}),
        born={"users.weight": torch.tensor([3, 4], dtype=torch.int32)},
        # A generator that all numbers of a row share has three rows of memory for each.
        shared={"users.weight": torch.ones(6, 1, 2), "user": torch.ones(2, 9)},
        other={"users.weight": torch.ones(2)},
        count=5,
    )


def test_values_begin_as_the_longer_model_and_memories_as_they_are_annotated() -> None:
    grown = Growth.between(Tables(2), Tables(4), (BEFORE, AFTER)).state(state())
    expected = torch.arange(12.0).reshape(4, 3)
    assert torch.equal(grown.values["users.weight"], expected)
    assert torch.equal(grown.older[0]["users.weight"], expected)
    assert grown.nothing is None
    assert grown.inner.steps["users.weight"].item() == 7
    assert grown.inner.mean["users.weight"].tolist() == [[1] * 3] * 2 + [[0] * 3] * 2
    assert grown.born["users.weight"].tolist() == [3, 4, 2**31 - 1, 2**31 - 1]
    assert grown.born["users.weight"].dtype == torch.int32
    assert grown.shared["users.weight"].flatten(1).sum(1).tolist() == [2] * 6 + [0] * 6
    assert grown.shared["user"].sum(1).tolist() == [9, 9, 0, 0]
    assert grown.other["users.weight"].tolist() == [1, 1]
    assert grown.count == 5


def test_what_does_not_grow_is_the_very_same_tensor() -> None:
    before = state()
    grown = Growth.between(Tables(2), Tables(4), (BEFORE, AFTER)).state(before)
    assert grown.values["dense.weight"] is before.values["dense.weight"]
    same = Growth.between(Tables(2), Tables(2), (BEFORE, BEFORE)).state(before)
    assert same.inner.mean["users.weight"] is before.inner.mean["users.weight"]


@pytest.mark.parametrize(
    ("longer", "words"),
    [
        (Tables(4, width=4), r"'users.weight' has the shape \(2, 3\) before new ids came and \(4, 4\) after"),
        (Tables(1), "more rows were expected"),
        (nn.Linear(2, 2), "for some numbers of ids and not for others"),
    ],
)
def test_models_that_differ_in_something_else(longer: nn.Module, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        Growth.between(Tables(2), longer, (BEFORE, AFTER))


def test_a_padding_row_keeps_its_place() -> None:
    Growth.between(Tables(2, padding=0), Tables(4, padding=0), (BEFORE, AFTER))
    with pytest.raises(ModelError, match=r"the padding row of 'users.weight' is 1 .* and 3 after"):
        Growth.between(Tables(2, padding=1), Tables(4, padding=3), (BEFORE, AFTER))


def test_a_tensor_of_other_rows_is_not_taken_for_a_table() -> None:
    growth = Growth.between(Tables(2), Tables(4), (BEFORE, AFTER))
    with pytest.raises(ModelError, match=r"the state has 5 rows of 'users.weight', and its table has 2"):
        growth.state(Inner({}, {"users.weight": torch.ones(5, 3)}))
