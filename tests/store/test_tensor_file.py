"""Tensors come back from their file as they were, and what is done to them there stays in memory."""

import json
import sys
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import Tensor

from freshrec.errors import CorruptError, OutputError
from freshrec.files import sha256
from freshrec.store import tensor_file
from freshrec.store.tensor_file import map_verified, mapped, write_tensors

TYPES = (
    *(torch.float64, torch.float32, torch.float16, torch.bfloat16),
    *(torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool, torch.complex64),
)


def samples() -> dict[str, Tensor]:
    """Tensors of every type, shapes of every kind; widths are mixed so that order matters."""
    numbers = torch.arange(-7, 8).reshape(3, 5)
    typed = {str(dtype): numbers.to(dtype) for dtype in reversed(TYPES)}
    kinds = {"number": torch.tensor(2.5), "empty": torch.zeros(0, 4), "apart": torch.arange(12.0).reshape(3, 4).t()}
    kinds["any stride"] = torch.as_strided(torch.ones(1), (1, 1), (1, 0))
    return typed | kinds | {"trained": torch.ones(3, requires_grad=True), "part": torch.arange(10)[3:6]}


@pytest.mark.parametrize("chunk", [16, 2**24])
def test_every_type_and_shape_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    """Also with the safetensors library's own reader, which checks the whole header."""
    monkeypatch.setattr(tensor_file, "CHUNK", chunk)
    path, tensors = tmp_path / "t.safetensors", samples()
    digest = write_tensors(path, tensors)
    assert digest == sha256(path.read_bytes())
    for back in (map_verified(path, digest), safetensors.torch.load(path.read_bytes())):
        assert set(back) == set(tensors)
        for name, tensor in tensors.items():
            assert back[name].dtype == tensor.dtype
            assert back[name].shape == tensor.shape
            assert torch.equal(back[name], tensor.detach())
    assert [each.name for each in tmp_path.iterdir()] == ["t.safetensors"]


def test_a_file_without_tensors(tmp_path: Path) -> None:
    digest = write_tensors(tmp_path / "t", {})
    assert map_verified(tmp_path / "t", digest) == {}


def test_every_tensor_begins_at_a_multiple_of_its_width(tmp_path: Path) -> None:
    write_tensors(tmp_path / "t", samples())
    data = (tmp_path / "t").read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    for name, tensor in samples().items():
        assert header[name]["data_offsets"][0] % tensor.itemsize == 0


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_is_mapped_and_privately(tmp_path: Path) -> None:
    """The tensor's memory is the file's; a write is seen by who wrote and by no other, nor in the file."""
    path = tmp_path / "t.safetensors"
    write_tensors(path, {"a": torch.zeros(10_000)})
    before, one, other = path.read_bytes(), mapped(path)["a"], mapped(path)["a"]
    maps = [line.split() for line in Path("/proc/self/maps").read_text().splitlines() if str(path) in line]
    spans = [tuple(int(bound, 16) for bound in line[0].split("-")) for line in maps]
    assert all(any(begin <= tensor.data_ptr() < end for begin, end in spans) for tensor in (one, other))
    assert all(line[1] == "rw-p" for line in maps)
    one += 1
    assert one.sum() == 10_000
    assert other.sum() == 0
    assert path.read_bytes() == before


def test_a_removed_file_can_still_be_read(tmp_path: Path) -> None:
    write_tensors(tmp_path / "t", {"a": torch.arange(100_000)})
    tensor = mapped(tmp_path / "t")["a"]
    (tmp_path / "t").unlink()
    assert tensor.sum() == 99_999 * 50_000


@pytest.mark.parametrize("call", ["os.fsync", "pathlib.Path.replace"])
def test_a_failed_write_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    digest = write_tensors(tmp_path / "t", {"a": torch.zeros(3)})

    def failing(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(call, failing)
        with pytest.raises(OutputError, match=r"cannot write .*t: No space left on device\. Choose a folder"):
            write_tensors(tmp_path / "t", {"a": torch.ones(3)})
    assert map_verified(tmp_path / "t", digest)["a"].sum() == 0
    assert [path.name for path in tmp_path.iterdir()] == ["t"]


def test_changed_or_missing_bytes_are_seen(tmp_path: Path) -> None:
    digest = write_tensors(tmp_path / "t", {"a": torch.zeros(3)})
    with pytest.raises(CorruptError, match="No such file"):
        map_verified(tmp_path / "b", digest)
    data = bytearray((tmp_path / "t").read_bytes())
    data[-1] ^= 1
    (tmp_path / "t").write_bytes(data)
    with pytest.raises(CorruptError, match="was changed or damaged"):
        map_verified(tmp_path / "t", digest)
