"""`freshrec methods`: what can be compared."""

import typer

__all__ = ["methods"]


def methods() -> None:
    """List the methods that `compare` knows, with a line on each."""
    from freshrec.updaters import METHODS

    width = max(map(len, METHODS))
    for name, method in METHODS.items():
        typer.echo(f"{name:<{width}}  {method.summary}")
