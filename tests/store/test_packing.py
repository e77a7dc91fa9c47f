"""States survive being packed, and only what was asked for is built."""

import gc
import weakref
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from freshrec.errors import CorruptError
from freshrec.params import Params
from freshrec.store import pack, unpack
from freshrec.store.packing import placed


@dataclass(frozen=True)
class Inner:
    values: Params
    number: int


@dataclass(frozen=True)
class Outer:
    first: Inner
    many: tuple[Params, ...]
    named: Mapping[str, Inner]
    rate: float
    maybe: Tensor | None
    text: str


@dataclass(frozen=True)
class Many:
    many: tuple[Params, ...]


def example() -> Outer:
    shared = torch.arange(3.0)
    inner = Inner({"a": shared, "b": torch.ones(2, 2)}, 7)
    return Outer(inner, ({"a": shared}, {}), {"x": inner}, 0.5, None, "t")


def test_it_comes_back_whole() -> None:
    structure, tensors = pack(example())
    back = unpack(Outer, structure, tensors)
    assert pack(back)[0] == structure
    assert back.first.values["a"].tolist() == [0.0, 1.0, 2.0]
    assert (back.first.number, back.rate, back.maybe, back.text) == (7, 0.5, None, "t")


def test_a_tensor_in_several_places_is_kept_once() -> None:
    structure, tensors = pack(example())
    assert len(tensors) == 2
    back = unpack(Outer, structure, tensors)
    assert back.first.values["a"] is back.many[0]["a"] is back.named["x"].values["a"]


def test_nothing_of_a_state_is_kept_by_packing_it() -> None:
    """Not even until cycles are collected: states are large."""
    state = example()
    held = weakref.ref(state.first.values["b"])
    gc.disable()
    try:
        pack(state)
        del state
        assert held() is None
    finally:
        gc.enable()


def test_what_cannot_be_kept_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot hold list"):
        pack({"a": [1]})


@pytest.mark.parametrize(
    "change",
    [
        {"rate": "fast"},
        {"first": {"values": {}}},
        {"many": {"tensor": "0"}},
        {"maybe": {"tensor": "99"}},
        {"text": 5},
        {"named": [1]},
        {"extra": 1},
    ],
)
def test_another_structure_is_a_typed_error(change: dict[str, object]) -> None:
    structure, tensors = pack(example())
    with pytest.raises(CorruptError, match="not a Outer"):
        unpack(Outer, structure | change, tensors)


def test_a_tensor_comes_back_on_the_device_that_it_was_on() -> None:
    state = Inner({"here": torch.ones(2), "there": torch.ones(2, device="meta")}, 1)
    structure, tensors = pack(state)
    assert structure["values"] == {"here": {"tensor": "0"}, "there": {"tensor": "1", "device": "meta"}}
    back = unpack(Inner, structure, {name: torch.ones(2) for name in tensors})
    assert [value.device.type for value in back.values.values()] == ["cpu", "meta"]


def test_a_tensor_of_several_states_is_moved_to_its_device_once() -> None:
    tensors = {"0": torch.ones(2), "1": torch.ones(3)}
    shared, other = {"tensor": "0", "device": "meta"}, {"tensor": "1"}
    structure = {"one": [{"device": shared, "tensor": other}], "two": [{"device": shared}]}
    found = placed(structure, tensors)
    one, two = (unpack(Many, {"many": structure[name]}, found).many[0] for name in ("one", "two"))
    assert one["device"] is two["device"]
    assert (one["device"].device.type, one["tensor"].device.type) == ("meta", "cpu")
