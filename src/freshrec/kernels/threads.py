"""Compiled work on several threads: as many as torch is set to use, in an order that does not depend on them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Any

import torch

__all__ = ["over_blocks"]


def over_blocks(kernel: Callable[..., None], blocks: int, *arguments: Any) -> None:
    """Call `kernel(first, last, *arguments)` on consecutive ranges of blocks, one range a thread.

    The kernel must release the interpreter's lock and write only what belongs to its own blocks, so that the outcome is
    the same for any number of threads.
    """
    threads = min(torch.get_num_threads(), blocks)
    bounds = [blocks * part // threads for part in range(threads + 1)] if threads else [0]
    others = [_pool(threads).submit(kernel, first, last, *arguments) for first, last in pairwise(bounds[1:])]
    if threads:
        kernel(0, bounds[1], *arguments)
    for other in others:
        other.result()


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="freshrec-kernel")
