"""What went wrong, told on stderr without a traceback; a traceback is left to mean a bug."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from freshrec.errors import FreshrecError

__all__ = ["FAULTY", "INTERRUPTED", "faults_told"]

FAULTY = 2
INTERRUPTED = 130


@contextmanager
def faults_told(interrupted: str) -> Iterator[None]:
    """Turn what a user can cause into a message and an exit code: 2 for an error, 130 for Ctrl-C.

    Args:
        interrupted: what Ctrl-C leaves behind and how to go on.
    """
    try:
        yield
    except KeyboardInterrupt:
        typer.echo(f"\nInterrupted. {interrupted}", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except FreshrecError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(FAULTY) from None
