from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from freshrec.data.array_file import map_arrays, write_arrays
from freshrec.errors import CorruptError, OutputError

ARRAYS: dict[str, np.ndarray[Any, Any]] = {
    "a": np.arange(5, dtype=np.int8),
    "b": np.arange(12, dtype=np.uint64).reshape(3, 4),
    "none": np.zeros(0, np.int32),
    "c": np.array([1.5, -2], np.float32),
}


def test_arrays_come_back_as_they_were(tmp_path: Path) -> None:
    digest = write_arrays(tmp_path / "f", ARRAYS)
    mapped = map_arrays(tmp_path / "f", digest)
    for read in (mapped, load_file(tmp_path / "f")):
        assert set(read) == set(ARRAYS)
        for name, array in ARRAYS.items():
            assert read[name].dtype == array.dtype
            assert np.array_equal(read[name], array)
    assert not mapped["b"].flags.writeable
    (tmp_path / "f").unlink()
    assert mapped["b"].sum() == 66


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    digest = write_arrays(tmp_path / "f", ARRAYS)
    data = bytearray((tmp_path / "f").read_bytes())
    data[-1] ^= 1
    (tmp_path / "f").write_bytes(data)
    with pytest.raises(CorruptError, match="was changed or damaged"):
        map_arrays(tmp_path / "f", digest)
    (tmp_path / "f").unlink()
    with pytest.raises(CorruptError, match="cannot read"):
        map_arrays(tmp_path / "f", digest)


def test_a_folder_that_is_not_there_is_explained(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="Choose a folder you can write to"):
        write_arrays(tmp_path / "none" / "f", ARRAYS)
