"""A part of the damage to files: all that changes what is read is seen before any score."""

from random import Random
from typing import Any

import pytest

from damage import DAMAGE, damage_all, scenes

SCENES = {scene.name: scene for scene in scenes()}
FEW = ("any bit", "digit", "first half", "removed")


def test_every_way_to_damage_changes_the_bytes() -> None:
    data = bytes(range(256)) + b'{"a": 1}\n' * 10
    assert len(DAMAGE) >= 25
    assert all(damage(data, Random(number)) != data for damage in DAMAGE.values() for number in range(20))


def test_damage_to_a_prepared_folder_is_seen() -> None:
    found = damage_all(SCENES["a prepared folder"])
    assert found.faults == []
    assert all(found.detected[kind] == len(DAMAGE) + 2 for kind in ("vocabulary", "index", "samples", "positives"))


@pytest.mark.parametrize("name", sorted({*SCENES} - {"a prepared folder"}))
def test_damage_to_what_work_goes_on_from_is_seen(name: str) -> None:
    scene = SCENES[name]
    found = damage_all(scene, FEW)
    assert found.faults == []
    assert sum(found.detected.values()) + sum(found.harmless.values()) == len(FEW) * len(scene.files)
    assert sum(found.detected.values()) >= 3 * len(scene.files)


def test_damage_that_nobody_looks_for_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def unchecked(path: Any, _: str) -> bytes:
        return bytes(path.read_bytes())

    monkeypatch.setattr("freshrec.data.folder.read_verified", unchecked)
    found = damage_all(SCENES["a prepared folder"], ("any bit", "another bit", "first half"))
    assert found.faults
