"""Compiled code is kept where it can be, and works where it cannot."""

import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from freshrec.errors import FreshrecWarning
from freshrec.kernels import compiling


def test_without_a_folder_for_it_a_function_is_compiled_and_one_warning_given(monkeypatch: pytest.MonkeyPatch) -> None:
    def njit(function: object, *, cache: bool = False, **_: object) -> object:
        if cache:
            raise RuntimeError("cannot cache function 'one': no locator available for file 'one.py'")
        return function

    monkeypatch.setattr(compiling, "njit", njit)
    monkeypatch.setattr(compiling, "_warned", False)
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        assert [compiling.compiled()(lambda x: x + 1)(1) for _ in range(2)] == [2, 2]
    assert [each.category for each in found] == [FreshrecWarning]
    assert "Set NUMBA_CACHE_DIR" in str(found[0].message)


def test_another_error_of_compiling_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def njit(*_: object, **__: object) -> object:
        raise RuntimeError("something else")

    monkeypatch.setattr(compiling, "njit", njit)
    with pytest.raises(RuntimeError, match="something else"):
        compiling.compiled()(lambda x: x)


def test_a_command_works_where_numba_finds_no_folder(shop_log: Path, tmp_path: Path) -> None:
    """As in a read-only image without a home: every place that numba would take is a file."""
    (tmp_path / "file").touch()
    place = str(tmp_path / "file" / "cache")
    start = (
        "import os; from numba.core import caching; "
        "caching.InTreeCacheLocator.get_cache_path = lambda self: os.environ['NOWHERE']; "
        "from freshrec.cli import app; app()"
    )
    done = subprocess.run(
        [sys.executable, "-c", start, "prepare", "--data", shop_log, "--out", tmp_path / "out", "--periods", "4"],
        env={**os.environ, "NOWHERE": place, "HOME": place, "XDG_CACHE_HOME": place, "NUMBA_CACHE_DIR": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stderr.splitlines() if "Warning" in line] == [
        "Warning: there is no folder to keep compiled code in, so that it is compiled again in every process, which "
        "takes up to a minute. Set NUMBA_CACHE_DIR to a folder that you can write to and that nobody else can."
    ]
    assert (tmp_path / "out" / "manifest.json").exists()


def test_every_compiled_function_goes_through_one_door() -> None:
    folder = Path(compiling.__file__).parent
    with_cache = [path.name for path in folder.glob("*.py") if "cache=True" in path.read_text()]
    assert with_cache == ["compiling.py"]
