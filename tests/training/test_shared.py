"""Work is shared where it is the same, and never where only its name is."""

from dataclasses import dataclass
from typing import Any

import pytest
import torch

from freshrec.params import Params
from freshrec.store import pack, unpack
from freshrec.training import Fitted, Shared
from freshrec.training.shared import same_state

TABLE, BIAS = torch.zeros(3, 2), torch.zeros(1)


@dataclass(frozen=True)
class State:
    params: Params
    many: tuple[Params, ...] = ()
    rate: float = 0.5
    maybe: int | None = None


@dataclass(frozen=True)
class Other(State):
    pass


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        (State({"a": TABLE}, ({"b": BIAS},)), True),
        (State({"a": TABLE.view_as(TABLE)}, ({"b": BIAS},)), False),
        (State({"a": TABLE.clone()}, ({"b": BIAS},)), False),
        (State({"b": TABLE}, ({"b": BIAS},)), False),
        (State({"a": TABLE, "b": BIAS}, ({"b": BIAS},)), False),
        (State({"a": TABLE}, ({"b": BIAS}, {})), False),
        (State({"a": TABLE}), False),
        (State({"a": TABLE}, ({"b": BIAS},), 0.25), False),
        (State({"a": TABLE}, ({"b": BIAS},), 0.5, 0), False),
        (Other({"a": TABLE}, ({"b": BIAS},)), False),
        (None, False),
        (TABLE, False),
    ],
)
def test_states_are_the_same_leaf_by_leaf(changed: Any, same: bool) -> None:
    state = State({"a": TABLE}, ({"b": BIAS},))
    assert same_state(state, changed) is same
    assert same_state(changed, state) is same


def test_states_unpacked_from_one_file_share_their_tensors() -> None:
    """As after every period of a comparison, where each method's state is unpacked by itself."""
    first = Fitted.untrained({"table": TABLE, "bias": BIAS})
    structure, tensors = pack({"one": first, "two": first})
    one, two = (unpack(Fitted, structure[name], tensors) for name in ("one", "two"))
    assert one is not two
    assert same_state(one, two)


def test_work_is_done_once_for_a_period_an_updater_and_a_state() -> None:
    done: list[object] = []
    shared = Shared()

    def update(period: int, updater: str, state: State) -> object:
        def work() -> object:
            done.append(object())
            return done[-1]

        return shared.once(period, updater, state, work)

    here, elsewhere = State({"a": TABLE}), State({"a": TABLE.clone()})
    first, second = update(1, "iu", here), update(1, "iu", elsewhere)
    assert update(1, "iu", State({"a": TABLE})) is first
    assert update(1, "iu", elsewhere) is second
    assert update(1, "bu", here) not in (first, second)
    assert len(done) == 3
    assert update(2, "iu", here) is not first
    assert update(1, "iu", here) is not first, "only the newest period is kept"


def test_what_was_not_repeated_is_counted() -> None:
    shared = Shared()
    for _ in range(2):
        shared.once(1, "iu", None, lambda: sum(range(1000)))
    assert shared.borrowed > 0
