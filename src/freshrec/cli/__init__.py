"""The command line: each command is one call of the library, under the same name."""

from freshrec.cli.app import app, main

__all__ = ["app", "main"]
