"""Compiling for the CPU: once for all processes where the machine code can be kept, and else in each process."""

import warnings
from collections.abc import Callable
from multiprocessing import parent_process
from typing import Any, TypeVar

from numba import njit

from freshrec.errors import FreshrecWarning

__all__ = ["compiled"]

Function = TypeVar("Function", bound=Callable[..., Any])

_warned = False


def compiled(**options: Any) -> Callable[[Function], Function]:
    """Compile a function when it is first called, to run without the interpreter's lock, and keep the code on disk.

    Where numba finds no folder to keep it in, the function is compiled in every process that calls it; the first time a
    `FreshrecWarning` says so.

    Args:
        options: further options of numba's `njit`.
    """

    def decorate(function: Function) -> Function:
        try:
            cached: Function = njit(function, nogil=True, cache=True, **options)
        except RuntimeError as error:
            if "cannot cache" not in str(error):
                raise
            _warn_once()
            uncached: Function = njit(function, nogil=True, **options)
            return uncached
        return cached

    return decorate


def _warn_once() -> None:
    global _warned
    if not _warned and parent_process() is None:
        warnings.warn(
            "there is no folder to keep compiled code in, so that it is compiled again in every process, which takes "
            "up to a minute. Set NUMBA_CACHE_DIR to a folder that you can write to and that nobody else can.",
            FreshrecWarning,
            stacklevel=2,
        )
    _warned = True
