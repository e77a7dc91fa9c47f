"""The command line of a benchmark that has no options but the number of threads."""

import argparse
from collections.abc import Callable, Iterable

import torch

from measured import Measured

__all__ = ["show"]


def show(text: str | None, measure: Callable[[], Iterable[Measured]]) -> None:
    """Measure on as many threads as the command line says, and print what comes.

    Args:
        text: says what the benchmark does.
        measure: the benchmark.
    """
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    torch.set_num_threads(parser.parse_args().threads)
    for each in measure():
        print(each)
