"""Arrays in a file that is mapped rather than read: a page is in memory once it was touched.

The format is safetensors, which other programs read as well.
"""

import hashlib
import json
import mmap
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from freshrec.errors import CorruptError
from freshrec.files import staged_file, verify

__all__ = ["map_arrays", "write_arrays"]

Arrays: TypeAlias = Mapping[str, npt.NDArray[Any]]

_CHUNK = 16 * 2**20
_NAMES = {
    "uint8": "U8",
    "int8": "I8",
    "int16": "I16",
    "int32": "I32",
    "int64": "I64",
    "uint64": "U64",
    "float32": "F32",
    "float64": "F64",
}
_DTYPES = {name: np.dtype(dtype).newbyteorder("<") for dtype, name in _NAMES.items()}


def write_arrays(path: Path, arrays: Arrays) -> str:
    """Write arrays durably in place of what was there, and return the file's SHA-256.

    Args:
        path: the file.
        arrays: name to integers or floats of any shape.

    Raises:
        OutputError: the file cannot be written; what was there before is unchanged.
    """
    # The widest first, so that each begins at a multiple of its numbers' size.
    ordered = {
        name: np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"), copy=False))
        for name, array in sorted(arrays.items(), key=lambda one: (-one[1].itemsize, one[0]))
    }
    digest = hashlib.sha256()
    with staged_file(path) as file:
        header = np.frombuffer(_header(ordered), np.uint8)
        for data in (header, *(array.reshape(-1).view(np.uint8) for array in ordered.values())):
            for first in range(0, len(data), _CHUNK):
                part = data[first : first + _CHUNK].data
                digest.update(part)
                file.write(part)
    return digest.hexdigest()


def map_arrays(path: Path, digest: str) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a file, read-only, after checking that the file is the one written.

    The file may be removed meanwhile, but not shortened: the process would be killed.

    Raises:
        CorruptError: the file is missing, unreadable, or its SHA-256 is not `digest`.
    """
    verify(path, digest)
    try:
        with path.open("rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise CorruptError(
            f"cannot read {path}: {error.strerror}. Restore the file, or make the folder anew."
        ) from error
    begin = 8 + int.from_bytes(data[:8], "little")
    return {name: _array(data, begin, entry) for name, entry in json.loads(data[8:begin]).items()}


def _array(data: mmap.mmap, begin: int, entry: Mapping[str, Any]) -> npt.NDArray[Any]:
    dtype, shape = _DTYPES[entry["dtype"]], entry["shape"]
    count = int(np.prod(shape))
    if not count:
        return np.zeros(shape, dtype)
    return np.frombuffer(data, dtype, count, begin + entry["data_offsets"][0]).reshape(shape)


def _header(arrays: Arrays) -> bytes:
    """What stands before the bytes of the arrays: its own length, and JSON that says where each of them is."""
    entries, end = dict[str, object](), 0
    for name, array in arrays.items():
        begin, end = end, end + array.nbytes
        entries[name] = {
            "dtype": _NAMES[array.dtype.name],
            "shape": list(array.shape),
            "data_offsets": [begin, end],
        }
    text = json.dumps(entries).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text
