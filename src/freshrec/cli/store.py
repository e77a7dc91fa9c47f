"""Looking at a store and choosing what it serves: `status`, `log`, `rollback`, `unpin`, `verify`."""

from typing import Annotated

import typer

from freshrec.cli.faults import faults_told
from freshrec.cli.options import Store

__all__ = ["log", "rollback", "status", "unpin", "verify"]

NOTHING = "Nothing was changed."


def status(store: Store) -> None:
    """Show what a store serves and what it has learned."""
    with faults_told(NOTHING):
        from freshrec.keeping import Track

        track = Track.open(store)
        commit, pointer = track.commit, track.serving
        if pointer is None:
            typer.echo("nothing is published yet: `freshrec init` was stopped, and continues when it is called again")
            return
        typer.echo(f"serves     version {pointer.version}{', pinned' if pointer.pinned else ''}")
        typer.echo(f"finished   period {commit.period} of {len(track.stream.periods)}")
        typer.echo(f"learned    period {commit.learned}")
        typer.echo(f"versions   {', '.join(map(str, track.versions()))}")
        typer.echo(f"method     {track.settings.name}")


def log(store: Store) -> None:
    """List every finished period: its samples, who scored it, how well, and what became of the new model."""
    with faults_told(NOTHING):
        from freshrec.keeping import Track

        track = Track.open(store)
        shown = track.settings.measured[:2]
        typer.echo("  ".join(["period", "   samples", "scored by", *(f"{each.name:>9}" for each in shown), "then"]))
        for entry in track.commit.entries:
            values = (entry.scores.get(each.name) for each in shown)
            scores = [f"{'' if value is None else format(value, '.4f'):>9}" for value in values]
            by = "" if entry.version is None else str(entry.version)
            then = "pre-trained on" if entry.version is None else entry.decision
            reason = f": {entry.reason}" if entry.reason else ""
            typer.echo("  ".join([f"{entry.period:6}", f"{entry.size:10,}", f"{by:>9}", *scores, f"{then}{reason}"]))


def rollback(
    store: Store,
    version: Annotated[int, typer.Argument(metavar="VERSION", help="An older version, as `freshrec status` lists.")],
    pin: Annotated[bool, typer.Option("--pin", help="Keep it, also when later versions are published.")] = False,
) -> None:
    """Serve an older version, until the next one is published; with --pin until `freshrec unpin`."""
    with faults_told(NOTHING):
        from freshrec.keeping import Track

        pointer = Track.open(store).rollback(version, pinned=pin)
        typer.echo(f"version {pointer.version} is served{' and pinned' if pointer.pinned else ''}")


def unpin(store: Store) -> None:
    """Serve the newest published version again."""
    with faults_told(NOTHING):
        from freshrec.keeping import Track

        typer.echo(f"version {Track.open(store).unpin().version} is served")


def verify(store: Store) -> None:
    """Check every file of a store against what was written."""
    with faults_told(NOTHING):
        from freshrec.keeping import Track

        typer.echo(f"{store} is as it was written: {Track.open(store).verify()} periods and versions checked")
