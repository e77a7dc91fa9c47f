"""Tensors in a safetensors file: written in chunks and hashed on the way, read by mapping the file into memory.

The library's own writer is not used: it leaves a file of a random name behind where it is killed, and versions before
0.8 hold a second copy of all tensors in memory.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
import torch
from safetensors import safe_open
from torch import Tensor

from freshrec.files import staged_file, verify

__all__ = ["map_verified", "mapped", "write_tensors"]

CHUNK = 16 * 2**20
"""Bytes that are hashed and written at a time; of a tensor on a GPU so many are copied at a time."""


def write_tensors(path: Path, tensors: Mapping[str, Tensor]) -> str:
    """Write tensors durably in place of what was there, and return the file's SHA-256.

    Beside the tensors it takes the memory of a chunk, and of a contiguous copy of a tensor that is not.

    Raises:
        OutputError: the file cannot be written; what was there before is unchanged.
    """
    # The widest first, so that each begins at a multiple of its numbers' size.
    ordered = dict(sorted(tensors.items(), key=lambda one: -one[1].itemsize))
    digest = hashlib.sha256()
    with staged_file(path) as file:
        header = _header(ordered)
        digest.update(header)
        file.write(header)
        for tensor in ordered.values():
            # A dimension of length 1 may have any stride, which `view` does not take.
            flat, step = tensor.detach().contiguous().as_strided((tensor.numel(),), (1,)), CHUNK // tensor.itemsize
            for first in range(0, len(flat), step):
                values = flat[first : first + step].cpu().view(torch.uint8).numpy().data
                digest.update(values)
                file.write(values)
    return digest.hexdigest()


def mapped(path: Path) -> dict[str, Tensor]:
    """The tensors of a file, mapped: a page is in memory once it was touched, until memory is short.

    What is written to such a tensor stays in memory, and the file as it is. The file may be removed meanwhile, but not
    shortened: the process would be killed.
    """
    with safe_open(path, "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def map_verified(path: Path, digest: str) -> dict[str, Tensor]:
    """As `mapped`, after checking that the file is the one written, which reads it once.

    Raises:
        CorruptError: the file is missing, unreadable, or its SHA-256 is not `digest`.
    """
    verify(path, digest)
    return mapped(path)


def _header(tensors: Mapping[str, Tensor]) -> bytes:
    """What stands before the tensors' bytes: its own length, and JSON that says where each of them is."""
    entries, end = dict[str, object](), 0
    for name, tensor in tensors.items():
        begin, end = end, end + tensor.nbytes
        entries[name] = {"dtype": _name(tensor.dtype), "shape": list(tensor.shape), "data_offsets": [begin, end]}
    text = json.dumps(entries).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _name(dtype: torch.dtype) -> str:
    """How the format calls a type, asked of the library."""
    sample = safetensors.torch.save({"": torch.empty(0, dtype=dtype)})
    return str(json.loads(sample[8:])[""]["dtype"])
