"""What an experiment runs on, for timings mean nothing without it."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

import torch

from freshrec.training import Run

__all__ = ["Machine"]


@dataclass(frozen=True)
class Machine:
    """A machine and how much of it is used.

    Attributes:
        processor: its name, as the system tells it.
        cores: how many it has, hardware threads counted singly.
        torch_threads: how many torch works on while the model is fitted.
        compiled_threads: how many the compiled paths work on.
    """

    processor: str
    cores: int
    torch_threads: int
    compiled_threads: int

    @classmethod
    def of(cls, run: Run) -> "Machine":
        """This machine, as the run's model is fitted on it."""
        compiled = torch.get_num_threads()
        with run.threading():
            return cls(_processor(), os.cpu_count() or 1, torch.get_num_threads(), compiled)

    def __str__(self) -> str:
        return (
            f"{self.processor}, {_counted(self.cores, 'core')}; torch on {_counted(self.torch_threads, 'thread')}, "
            f"compiled paths on {self.compiled_threads}"
        )


def _processor() -> str:
    """On Linux from /proc/cpuinfo, for there `platform` knows no more than the architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"
