"""One resumable state on disk: replaced whole after each finished part of long work.

    FOLDER/checkpoint.json      names the state file, its hash and what is known beside it; replacing it is the commit
    FOLDER/NAME.safetensors     the tensors

The state file is written and synced first, the record is replaced by a rename, and only then is the former state file
removed. So at any moment the record names a complete state.
"""

import json
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from freshrec.errors import CorruptError
from freshrec.files import read_verified, write_bytes
from freshrec.store.packing import pack

__all__ = ["Checkpoint", "read_checkpoint", "write_checkpoint"]

RECORD = "checkpoint.json"


class Checkpoint:
    """What was read: the record's own content, and the state still to be unpacked.

    Attributes:
        content: the JSON that was given with the state.
        structure: the state's structure, for `unpack`.
        tensors: the state's tensors by name.
    """

    def __init__(self, content: Any, structure: Any, tensors: dict[str, Tensor]):
        self.content = content
        self.structure = structure
        self.tensors = tensors


def write_checkpoint(folder: Path, name: str, content: Any, state: Any) -> None:
    """Commit a state in place of the one before.

    Args:
        folder: where; it is made if it is not there.
        name: of the state file, without its ending; another one than the last.
        content: JSON to keep beside the state.
        state: anything that `pack` takes.

    Raises:
        OutputError: the folder cannot be written; the state before is still there.
    """
    structure, tensors = pack(state)
    folder.mkdir(parents=True, exist_ok=True)
    file = f"{name}.safetensors"
    digest = write_bytes(folder / file, safetensors.torch.save({k: v.contiguous() for k, v in tensors.items()}))
    record = {"file": file, "sha256": digest, "structure": structure, "content": content}
    write_bytes(folder / RECORD, json.dumps(record).encode())
    for former in folder.glob("*.safetensors"):
        if former.name != file:
            former.unlink()


def read_checkpoint(folder: Path) -> Checkpoint | None:
    """The committed state of a folder; None where there is none yet.

    Raises:
        CorruptError: the record or the state was damaged.
    """
    path = folder / RECORD
    if not path.exists():
        return None
    try:
        record = json.loads(path.read_bytes())
        file, digest = folder / record["file"], record["sha256"]
        tensors = safetensors.torch.load(read_verified(file, digest))
        return Checkpoint(record["content"], record["structure"], tensors)
    except (ValueError, KeyError, TypeError, SafetensorError) as error:
        raise CorruptError(
            f"{path} is damaged ({error}); a checkpoint was expected. Start again in another folder."
        ) from error
