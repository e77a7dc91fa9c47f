"""`freshrec methods`: what can be compared."""

import typer

from freshrec.errors import ConfigError

__all__ = ["methods"]


def methods() -> None:
    """List the methods that `compare` knows, with a line on each; those that other packages declare come last.

    A class of your own needs no declaration: name it as package.module:Name.
    """
    from freshrec.extensions import names
    from freshrec.updaters import METHODS, find_method

    known = (*METHODS, *names("updaters"))
    width = max(map(len, known))
    for name in known:
        try:
            summary = find_method(name).summary
        except ConfigError as error:
            summary = f"cannot be used: {error}"
        typer.echo(f"{name:<{width}}  {summary}")
