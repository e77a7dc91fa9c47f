"""One benchmark in a process of its own, so that its threads and its memory are its own.

    python -m harness.isolated NAME OUT

measures in this process, and writes what came of it as JSON to the file OUT; `run` is who calls that.
"""

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from harness.busy import others_since, snapshot
from harness.entry import Host, Outcome
from measured import Measured

__all__ = ["run"]

FOLDER = Path(__file__).parents[1]
LIMIT = 300
"""Seconds after which a benchmark is given up: on a busy machine two threads may wait for each other that long."""
VERSIONS = ("torch", "numba", "numpy", "polars")


def run(benchmark: str, threads: int, folders: Sequence[Path] = (FOLDER,)) -> tuple[Outcome, Host]:
    """Measure in a new process, with torch and the compiled paths on so many threads.

    This process should be small: what a process holds when it starts another counts as that one's peak for
    `resource.getrusage`.

    Args:
        benchmark: a module with `measure() -> list[Measured]`.
        threads: of torch and the compiled paths.
        folders: where modules are looked for.

    Raises:
        RuntimeError: the benchmark failed, or took longer than `LIMIT`.
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))}
    environment |= {name: str(threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    with tempfile.TemporaryDirectory() as folder:
        out, start, before = Path(folder) / "outcome.json", time.perf_counter(), snapshot()
        command = [sys.executable, "-m", "harness.isolated", benchmark, str(out)]
        try:
            subprocess.run(command, env=environment, check=True, timeout=LIMIT)
        except subprocess.CalledProcessError as error:
            raise RuntimeError(f"{benchmark} failed with exit code {error.returncode}; what it said is above") from None
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"{benchmark} took more than {LIMIT} s; run it when nothing else runs") from None
        others, seconds = others_since(before), time.perf_counter() - start
        made = json.loads(out.read_text())
    measured = tuple(Measured(**each) for each in made["measured"])
    outcome = Outcome(benchmark, threads, measured, seconds, others, made["resource"], made["system"])
    return outcome, Host(**made["host"])


def _main(benchmark: str, out: str) -> None:
    measured: list[Measured] = import_module(benchmark).measure()
    twice = [key for key, count in Counter((each.what, each.against) for each in measured).items() if count > 1]
    if twice:
        raise ValueError(f"{benchmark} hands back several figures for {twice[0]}; name each by its own words")
    # Before anything else is imported.
    memory = {"resource": _peak_by_resource(), "system": _peak_by_system()}
    made = {"measured": [asdict(each) for each in measured], "host": asdict(_host()), **memory}
    Path(out).write_text(json.dumps(made))


def _peak_by_resource() -> float:
    """MiB; the system counts in KiB on Linux and in bytes on macOS."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak / 2**20 if sys.platform == "darwin" else peak / 2**10)


def _peak_by_system() -> float | None:
    """MiB, as the kernel keeps it for this process."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / 2**10 for line in lines if line.startswith("VmHWM")), None)


def _host() -> Host:
    from torch import nn

    from freshrec.experiments.machine import Machine
    from freshrec.training import Run

    machine = Machine.of(Run(nn.Linear(1, 1)))
    return Host(
        processor=machine.processor,
        cores=machine.cores,
        memory=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        system=f"{platform.system()} {platform.machine()}",
        versions={"Python": platform.python_version(), **{name: version(name) for name in VERSIONS}},
    )


if __name__ == "__main__":
    _main(*sys.argv[1:])
