"""The core runs without any extra: the main job with every package hidden that the core does not require."""

import re
import subprocess
import sys
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
import torch

MAIN_JOB = """
import sys

hidden = set(sys.argv[1].split(","))

class Hiding:
    def __init__(self, finder):
        self.finder = finder

    def __getattr__(self, name):
        return getattr(self.finder, name)

    def find_spec(self, name, path=None, target=None):
        return None if name.partition(".")[0] in hidden else self.finder.find_spec(name, path, target)

sys.meta_path[:] = [Hiding(finder) for finder in sys.meta_path]
from freshrec.cli import main
sys.argv = ["freshrec", "compare", "--data", sys.argv[2], "--out", sys.argv[3], "--periods", "9"]
main()
"""


def core() -> set[str]:
    """Names of the distributions that freshrec requires without extras, and of those that they require."""
    found: set[str] = set()
    waiting = ["freshrec"]
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in found:
            continue
        try:
            required = distribution(name).requires or []
        except ModuleNotFoundError:  # not for this platform
            continue
        found.add(name)
        waiting += [re.split(r"[ <>=!~;\[(]", one)[0] for one in required if "extra ==" not in one]
    return found


def test_the_main_job_needs_the_core_alone(shop_log: Path, tmp_path: Path) -> None:
    known = core()
    owners = packages_distributions()
    hidden = {
        module
        for module, names in owners.items()
        if not {re.sub(r"[-_.]+", "-", name).lower() for name in names} & known and module.isidentifier()
    }
    assert {"pandas", "pyarrow", "sklearn", "pytest", "hypothesis"} <= hidden
    assert not {"torch", "numpy", "polars", "freshrec"} & hidden
    arguments = [sys.executable, "-c", MAIN_JOB, ",".join(sorted(hidden)), str(shop_log), str(tmp_path / "out")]
    done = subprocess.run(arguments, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "report.html").exists()


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU to use")
def test_torch_has_no_cuda_on_a_cpu_install() -> None:
    nvidia = [name for name in packages_distributions() if name.startswith("nvidia")]
    assert nvidia == []
    assert torch.version.cuda is None
