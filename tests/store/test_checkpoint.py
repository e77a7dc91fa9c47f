"""A checkpoint is the last one written, whole; anything else is a typed error."""

import json
import os
from pathlib import Path

import pytest
import torch

from freshrec.errors import CorruptError, OutputError
from freshrec.files import sha256
from freshrec.store import Checkpoint, checkpoint, read_checkpoint, write_checkpoint


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


LARGE = 1000


@pytest.fixture
def own_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tensors of 250 numbers and more have files of their own."""
    monkeypatch.setattr(checkpoint, "LARGE", LARGE)


def large(value: float) -> torch.Tensor:
    return torch.full((LARGE // 4,), value)


def values_of(found: Checkpoint | None) -> dict[str, float]:
    """The first number of each tensor of a state that is a mapping."""
    assert found is not None
    return {name: found.tensors[part["tensor"]].reshape(-1)[0].item() for name, part in found.structure.items()}


def files_in(folder: Path) -> dict[str, int]:
    """The safetensors files of a folder by name, with their inodes: another one is another writing."""
    return {path.name: path.stat().st_ino for path in folder.glob("*.safetensors")}


def going_on(kept: Checkpoint) -> dict[str, torch.Tensor]:
    return {name: kept.tensors[part["tensor"]] for name, part in kept.structure.items()}


@pytest.mark.usefixtures("own_files")
def test_what_did_not_change_is_not_written_again(tmp_path: Path) -> None:
    first = write_checkpoint(tmp_path, "p1", {}, {"small": torch.ones(2), "old": large(1), "new": large(2)})
    before, state = files_in(tmp_path), going_on(first)
    assert set(before) == {"p1.safetensors", "p1.1.safetensors", "p1.2.safetensors"}
    state = {"new": large(3), "old": state["new"], "again": state["new"], "small": state["small"]}
    write_checkpoint(tmp_path, "p2", {}, state, first)
    after = files_in(tmp_path)
    assert set(after) == {"p1.2.safetensors", "p2.safetensors", "p2.0.safetensors"}
    assert after["p1.2.safetensors"] == before["p1.2.safetensors"]
    assert values_of(read_checkpoint(tmp_path)) == {"new": 3, "old": 2, "again": 2, "small": 1}


@pytest.mark.usefixtures("own_files")
def test_who_has_read_a_state_does_not_write_it_again_either(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, "p1", {}, {"a": large(1)})
    before, found = files_in(tmp_path), read_checkpoint(tmp_path)
    assert found is not None
    write_checkpoint(tmp_path, "p2", {}, going_on(found), found)
    assert files_in(tmp_path)["p1.0.safetensors"] == before["p1.0.safetensors"]


@pytest.mark.usefixtures("own_files")
def test_equal_numbers_in_another_tensor_are_written(tmp_path: Path) -> None:
    """Who is the same is decided by identity: a copy may be changed later."""
    first = write_checkpoint(tmp_path, "p1", {}, {"a": large(1)})
    write_checkpoint(tmp_path, "p2", {}, {"a": going_on(first)["a"].clone()}, first)
    assert set(files_in(tmp_path)) == {"p2.safetensors", "p2.0.safetensors"}


@pytest.mark.usefixtures("own_files")
def test_nothing_is_taken_from_files_that_are_gone(tmp_path: Path) -> None:
    """Neither those of another folder nor those that a later commit has removed."""
    first = write_checkpoint(tmp_path / "one", "p1", {}, {"a": large(1)})
    write_checkpoint(tmp_path / "other", "p2", {}, going_on(first), first)
    assert values_of(read_checkpoint(tmp_path / "other")) == {"a": 1}
    write_checkpoint(tmp_path / "one", "p2", {}, {"a": large(2)}, first)
    write_checkpoint(tmp_path / "one", "p3", {}, going_on(first), first)
    assert values_of(read_checkpoint(tmp_path / "one")) == {"a": 1}


@pytest.mark.usefixtures("own_files")
def test_a_failure_at_any_sync_leaves_the_state_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And it succeeds afterwards, with no file too many."""
    kept = write_checkpoint(tmp_path, "p1", {"number": 1}, {"a": large(1), "b": large(1), "c": torch.ones(2)})
    following = {"a": going_on(kept)["b"], "b": large(2), "c": torch.ones(2), "d": large(2)}
    sync, left = os.fsync, 0

    def failing(descriptor: int) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(5, "Input/output error")
        sync(descriptor)

    monkeypatch.setattr("os.fsync", failing)
    # A file and its folder for two large tensors, the small ones and the record, whose rename is the commit.
    for allowed in range(7):
        left = allowed
        with pytest.raises(OutputError, match="Input/output error"):
            write_checkpoint(tmp_path, "p2", {"number": 2}, following, kept)
        assert values_of(read_checkpoint(tmp_path)) == {"a": 1, "b": 1, "c": 1}
    left = 8
    write_checkpoint(tmp_path, "p2", {"number": 2}, following, kept)
    assert left == 0
    assert values_of(read_checkpoint(tmp_path)) == {"a": 1, "b": 2, "c": 1, "d": 2}
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *("checkpoint.json", "p1.1.safetensors", "p2.1.safetensors", "p2.3.safetensors", "p2.safetensors"),
    ]


@pytest.mark.usefixtures("own_files")
@pytest.mark.parametrize("damage", ["truncate", "flip", "delete", "swap", "unnamed", "another tensor"])
def test_damage_to_a_large_tensor_is_seen(tmp_path: Path, damage: str) -> None:
    write_checkpoint(tmp_path, "p1", {}, {"a": large(1), "b": large(2)})
    one, other = tmp_path / "p1.0.safetensors", tmp_path / "p1.1.safetensors"
    record = json.loads((tmp_path / "checkpoint.json").read_text())["record"]
    if damage == "truncate":
        one.write_bytes(one.read_bytes()[:-4])
    elif damage == "flip":
        one.write_bytes(one.read_bytes()[:-1] + b"x")
    elif damage == "delete":
        one.unlink()
    elif damage == "swap":
        first, second = one.read_bytes(), other.read_bytes()
        one.write_bytes(second)
        other.write_bytes(first)
    elif damage == "unnamed":
        del record["own"]["0"]["file"]
    else:
        record["own"]["0"] |= {"file": record["file"], "sha256": record["sha256"]}
    sealed = {"sha256": sha256(json.dumps(record).encode()), "record": record}
    (tmp_path / "checkpoint.json").write_text(json.dumps(sealed))
    with pytest.raises(CorruptError):
        read_checkpoint(tmp_path)


@pytest.mark.usefixtures("own_files")
def test_a_large_tensor_is_written_in_row_order_and_comes_back_so(tmp_path: Path) -> None:
    turned = torch.arange(2 * LARGE).reshape(2, LARGE).t()
    kept = write_checkpoint(tmp_path, "p1", {}, {"a": turned})
    assert torch.equal(going_on(kept)["a"], turned)
    assert going_on(kept)["a"].is_contiguous()


def test_no_changed_bit_of_the_record_is_read(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, "p1", {"period": 6, "results": [{"scores": {"auc": 0.75}}]}, {"a": torch.zeros(2)})
    path = tmp_path / "checkpoint.json"
    written = path.read_bytes()
    for place in range(len(written)):
        for bit in range(8):
            path.write_bytes(written[:place] + bytes([written[place] ^ (1 << bit)]) + written[place + 1 :])
            with pytest.raises(CorruptError):
                read_checkpoint(tmp_path)


def test_a_record_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.json").mkdir()
    with pytest.raises(CorruptError, match=r"cannot read .*checkpoint\.json: Is a directory"):
        read_checkpoint(tmp_path)


def test_a_tensor_has_a_file_of_its_own_from_a_size_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for size, own in ((399, False), (400, True), (401, True)):
        monkeypatch.setattr(checkpoint, "LARGE", 400)
        write_checkpoint(tmp_path / str(size), "p1", {}, {"a": torch.zeros(size, dtype=torch.uint8)})
        assert (tmp_path / str(size) / "p1.0.safetensors").exists() == own
