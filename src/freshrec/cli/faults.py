"""What went wrong, told on stderr without a traceback; a traceback is left to mean a bug."""

import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import Any

import typer

from freshrec.errors import FreshrecError, FreshrecWarning

__all__ = ["FAULTY", "INTERRUPTED", "TERMINATED", "faults_told"]

FAULTY = 2
INTERRUPTED = 128 + signal.SIGINT
TERMINATED = 128 + signal.SIGTERM


@contextmanager
def faults_told(interrupted: str) -> Iterator[None]:
    """Turn what a user can cause into a message and an exit code: 2 for an error, 130 for Ctrl-C, 143 for SIGTERM.

    Args:
        interrupted: what Ctrl-C and SIGTERM leave behind and how to go on.
    """
    try:
        with _sigterm_raised(), _warnings_in_a_line():
            yield
    except _Terminated:
        typer.echo(f"\nTerminated. {interrupted}", err=True)
        raise typer.Exit(TERMINATED) from None
    except KeyboardInterrupt:
        typer.echo(f"\nInterrupted. {interrupted}", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except FreshrecError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(FAULTY) from None


class _Terminated(KeyboardInterrupt):
    """SIGTERM came."""


@contextmanager
def _sigterm_raised() -> Iterator[None]:
    """Raise an exception where SIGTERM comes, unless somebody has chosen otherwise."""
    if current_thread() is not main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return

    def end(*_: object) -> None:
        raise _Terminated

    signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def _warnings_in_a_line() -> Iterator[None]:
    """Show a warning of this package without the place in its code."""
    before = warnings.showwarning

    def show(message: Warning | str, category: type[Warning], *place: Any, **further: Any) -> None:
        if issubclass(category, FreshrecWarning):
            typer.echo(f"Warning: {message}", err=True)
        else:
            before(message, category, *place, **further)

    warnings.showwarning = show
    try:
        yield
    finally:
        warnings.showwarning = before
