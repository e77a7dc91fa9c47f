"""The package's front door."""

import subprocess
import sys

import freshrec


def test_every_public_name_is_there() -> None:
    assert sorted(freshrec.__all__) == sorted(freshrec._ROOM_OF)
    for name in freshrec.__all__:
        assert getattr(freshrec, name) is not None


def test_importing_it_loads_nothing_heavy() -> None:
    code = "import freshrec, sys; print(sorted({'torch', 'polars', 'matplotlib', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
