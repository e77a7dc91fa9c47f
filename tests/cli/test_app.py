import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version

import pytest

from freshrec.cli import app

Run = Callable[..., tuple[str, str]]

HEAVY = ("torch", "polars", "matplotlib", "numpy", "jinja2")


def in_a_process(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)


def test_help_of_every_command_loads_nothing_heavy() -> None:
    done = in_a_process(
        "import sys\n"
        "from freshrec.cli import app\n"
        "for command in ([], ['compare'], ['prepare'], ['methods'], ['datasets']):\n"
        "    app([*command, '--help'], standalone_mode=False)\n"
        f"print('loaded:', [name for name in {HEAVY} if name in sys.modules])\n"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Usage:") == 5
    assert "loaded: []" in done.stdout


def test_main_is_a_command_of_its_own() -> None:
    done = in_a_process("import sys; from freshrec.cli import main; sys.argv = ['freshrec', '--version']; main()")
    assert (done.returncode, done.stdout) == (0, f"freshrec {version('freshrec')}\n")


def test_version_is_the_packages(run_command: Run) -> None:
    assert run_command("--version")[0] == f"freshrec {version('freshrec')}\n"


def test_without_arguments_it_helps(run_command: Run) -> None:
    assert "Usage: freshrec" in "".join(run_command(code=2))


def test_an_unknown_command_is_refused(run_command: Run) -> None:
    assert "No such command 'bogus'" in run_command("bogus", code=2)[1]


@pytest.mark.parametrize("command", ["compare", "prepare"])
def test_the_output_folder_is_required(command: str, run_command: Run) -> None:
    assert "--out" in run_command(command, code=2)[1]


def test_every_command_is_told_in_the_help(run_command: Run) -> None:
    shown = run_command("--help")[0]
    names = [each.name or each.callback.__name__ for each in app.registered_commands if each.callback]
    assert names == [
        *("compare", "tune", "experiment", "prepare", "methods", "metrics", "datasets"),
        *("init", "update", "score", "status", "log", "rollback", "unpin", "verify"),
    ]
    assert all(name in shown for name in names)
