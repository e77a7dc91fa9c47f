"""Threads: compiled work on all that torch is set to use, and torch's own small operations on one."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from itertools import pairwise
from typing import Any

import torch

__all__ = ["LEAST", "one_torch_thread", "over_blocks"]

LEAST = 8
"""Blocks of the recurrence that are worth a thread: to wake one and wait for it takes some 50 microseconds."""

_threads: ContextVar[int | None] = ContextVar("threads", default=None)


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Torch's operations on one thread, compiled ones on as many as torch was set to use.

    A step of a small model is hundreds of operations of some ten microseconds each. On several threads torch waits for
    all of them at every one, and waits long where anything else runs on the machine; compiled work meets once a call.
    """
    before = torch.get_num_threads()
    token = _threads.set(_threads.get() or before)
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
        _threads.reset(token)


def over_blocks(kernel: Callable[..., None], blocks: int, *arguments: Any, least: int = 1) -> None:
    """Call `kernel(first, last, *arguments)` on consecutive ranges of blocks, one range a thread, of `least` or more.

    The kernel must release the interpreter's lock and write only what belongs to its own blocks, so that the outcome is
    the same for any number of threads.
    """
    threads = min(_threads.get() or torch.get_num_threads(), max(blocks // least, min(blocks, 1)))
    bounds = [blocks * part // threads for part in range(threads + 1)] if threads else [0]
    others = [_pool(threads).submit(kernel, first, last, *arguments) for first, last in pairwise(bounds[1:])]
    if threads:
        kernel(0, bounds[1], *arguments)
    for other in others:
        other.result()


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="freshrec-kernel")
