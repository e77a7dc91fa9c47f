"""The commands together; nothing heavy is imported before one of them runs, so that help comes at once."""

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from freshrec.cli.compare import compare
from freshrec.cli.datasets import datasets
from freshrec.cli.experiment import experiment
from freshrec.cli.init import init
from freshrec.cli.methods import methods
from freshrec.cli.metrics import metrics
from freshrec.cli.prepare import prepare
from freshrec.cli.score import score
from freshrec.cli.store import log, rollback, status, unpin, verify
from freshrec.cli.tune import tune
from freshrec.cli.update import update

__all__ = ["app", "main"]

app = typer.Typer(
    name="freshrec",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"freshrec {version('freshrec')}")
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool,
        typer.Option("--version", help="Say which version this is.", callback=_say_version, is_eager=True),
    ] = False,
) -> None:
    """Keep recommender models fresh: update them period by period, and compare the ways to."""


app.command()(compare)
app.command()(tune)
app.command()(experiment)
app.command()(prepare)
app.command()(methods)
app.command()(metrics)
app.command()(datasets)
for command in (init, update, score, status, log, rollback, unpin, verify):
    app.command(rich_help_panel="Keeping a model")(command)


def main() -> None:
    """Run the command line of this process; packages of the current folder can be named as extensions."""
    sys.path.append(str(Path.cwd()))
    app()
