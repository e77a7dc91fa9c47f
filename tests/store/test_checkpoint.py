"""A checkpoint is the last one written, whole; anything else is a typed error."""

from pathlib import Path

import pytest
import torch

from freshrec.errors import CorruptError, OutputError
from freshrec.store import read_checkpoint, write_checkpoint


def state(value: float) -> dict[str, torch.Tensor]:
    return {"a": torch.full((3,), value)}


def test_the_last_one_is_read(tmp_path: Path) -> None:
    assert read_checkpoint(tmp_path / "c") is None
    for number in range(3):
        write_checkpoint(tmp_path / "c", f"p{number}", {"number": number}, state(number))
    found = read_checkpoint(tmp_path / "c")
    assert found is not None
    assert found.content == {"number": 2}
    assert found.tensors[found.structure["a"]["tensor"]].tolist() == [2.0, 2.0, 2.0]
    assert sorted(path.name for path in (tmp_path / "c").iterdir()) == ["checkpoint.json", "p2.safetensors"]


def test_a_failed_write_leaves_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_checkpoint(tmp_path, "p1", {"number": 1}, state(1))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match="No space left on device"):
        write_checkpoint(tmp_path, "p2", {"number": 2}, state(2))
    found = read_checkpoint(tmp_path)
    assert found is not None
    assert found.content == {"number": 1}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint.json", "p1.safetensors"]


@pytest.mark.parametrize("damage", ["truncate", "flip", "delete", "record"])
def test_damage_is_seen(tmp_path: Path, damage: str) -> None:
    write_checkpoint(tmp_path, "p1", {"number": 1}, state(1))
    path = tmp_path / ("checkpoint.json" if damage == "record" else "p1.safetensors")
    data = bytearray(path.read_bytes())
    if damage == "delete":
        path.unlink()
    else:
        data[-1] ^= 1
        path.write_bytes(data if damage == "flip" else data[:-4])
    with pytest.raises(CorruptError):
        read_checkpoint(tmp_path)
