"""One resumable state on disk: replaced whole after each finished part of long work.

    FOLDER/checkpoint.json          names the files of the state, their hashes and what is known beside it; replacing it
                                    is the commit
    FOLDER/NAME.safetensors         the small tensors
    FOLDER/NAME.TENSOR.safetensors  a large one

Files are written and synced first, the record is replaced by a rename, and only then are files removed that it does not
name. So at any moment the record names a complete state.

A large tensor of the state that was committed before is not written again: its file becomes one of the new state, too.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from freshrec.errors import CorruptError
from freshrec.files import disk, make_folder, read_verified, sha256, write_bytes
from freshrec.store.packing import pack, placed
from freshrec.store.tensor_file import map_verified, mapped, write_tensors

__all__ = ["Checkpoint", "read_checkpoint", "write_checkpoint"]

RECORD = "checkpoint.json"
LARGE = 16 * 2**20
"""From how many bytes on a tensor has a file of its own: an embedding table of 8 dimensions from 524,288 rows on."""
TENSOR = "tensor"
"""What a large tensor is called in its own file; its name in the state is the record's."""


@dataclass(frozen=True)
class _Own:
    """The file of one large tensor."""

    file: str
    sha256: str


@dataclass(frozen=True)
class Checkpoint:
    """A committed state, still to be unpacked.

    Attributes:
        content: the JSON that was given with the state.
        structure: the state's structure, for `unpack`.
        tensors: the state's tensors by name; a large one on the CPU is mapped from its file.
        folder: where it is.
        own: the files of the large ones, by the tensor's name.
    """

    content: Any
    structure: Any
    tensors: Mapping[str, Tensor]
    folder: Path
    own: Mapping[str, _Own]

    def file_of(self, tensor: Tensor) -> _Own | None:
        """The file that holds this very tensor; None where none does."""
        for name, own in self.own.items():
            if self.tensors[name] is tensor and (self.folder / own.file).exists():
                return own
        return None


def write_checkpoint(folder: Path, name: str, content: Any, state: Any, before: Checkpoint | None = None) -> Checkpoint:
    """Commit a state in place of the one before.

    Who goes on with what is returned has large tensors in memory only as far as they are touched:

    >>> import tempfile, torch
    >>> from freshrec.store import unpack
    >>> from freshrec.training import Fitted
    >>> state = Fitted.untrained({"table": torch.zeros(1_000_000, 8)})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     kept = write_checkpoint(Path(folder), "period1", {"period": 1}, state)
    ...     state = unpack(Fitted, kept.structure, kept.tensors)
    ...     kept = write_checkpoint(Path(folder), "period2", {"period": 2}, state, kept)  # writes no table again
    ...     sorted(path.name for path in Path(folder).iterdir())
    ['checkpoint.json', 'period1.0.safetensors', 'period1.2.safetensors', 'period2.safetensors']

    Args:
        folder: where; it is made if it is not there.
        name: of the state's files, without their endings; another one than of any state committed before.
        content: JSON to keep beside the state.
        state: anything that `pack` takes.
        before: the state committed last, if this one has come from it: what they share is not written again.

    Raises:
        OutputError: the folder cannot be written; the state before is still there.
    """
    structure, tensors = pack(state)
    make_folder(folder)
    kept, own = dict(tensors), dict[str, _Own]()
    for key, tensor in tensors.items():
        if tensor.nbytes < LARGE:
            continue
        found = before.file_of(tensor) if before and before.folder == folder else None
        if found is None:
            path = folder / f"{name}.{key}.safetensors"
            found = _Own(path.name, write_tensors(path, {TENSOR: tensor}))
            if tensor.device.type == "cpu":
                kept[key] = mapped(path)[TENSOR]
        own[key] = found
    file = f"{name}.safetensors"
    digest = write_tensors(folder / file, {key: tensor for key, tensor in tensors.items() if key not in own})
    record = {
        "file": file,
        "sha256": digest,
        "own": {key: asdict(each) for key, each in own.items()},
        "structure": structure,
        "content": content,
    }
    write_bytes(folder / RECORD, _sealed(record))
    named = {file, *(each.file for each in own.values())}
    for former in folder.glob("*.safetensors"):
        if former.name not in named:
            with suppress(OSError):  # The commit stands; the next one removes the file.
                disk().remove(former)
    return Checkpoint(content, structure, kept, folder, own)


def read_checkpoint(folder: Path) -> Checkpoint | None:
    """The committed state of a folder; None where there is none yet.

    Raises:
        CorruptError: the record or the state was damaged.
    """
    path = folder / RECORD
    try:
        if not path.exists():
            return None
        record = _unsealed(path.read_bytes())
        own = {key: _Own(**each) for key, each in record["own"].items()}
        tensors = safetensors.torch.load(read_verified(folder / record["file"], record["sha256"]))
        for key, each in own.items():
            tensors[key] = map_verified(folder / each.file, each.sha256)[TENSOR]
        structure = record["structure"]
        return Checkpoint(record["content"], structure, placed(structure, tensors), folder, own)
    except OSError as error:
        raise CorruptError(f"cannot read {path}: {error.strerror}. Restore it, or start again elsewhere.") from error
    except (ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        raise CorruptError(
            f"{path} is damaged ({error}); a checkpoint was expected. Start again in another folder."
        ) from error


def _sealed(record: Any) -> bytes:
    """The record as JSON, with the SHA-256 of its text."""
    text = json.dumps(record)
    return json.dumps({"sha256": sha256(text.encode()), "record": record}).encode()


def _unsealed(data: bytes) -> Any:
    """The record of a file.

    Raises:
        ValueError: it is not the one that was written.
    """
    sealed = json.loads(data)
    if sha256(json.dumps(sealed["record"]).encode()) != sealed["sha256"]:
        raise ValueError("its text is not the one that was written")
    return sealed["record"]
