"""`freshrec update`: a store learns the newest period, and publishes the model that it makes."""

from typing import Annotated

import typer

from freshrec.cli.faults import faults_told
from freshrec.cli.options import Store

__all__ = ["REFUSED", "update"]

REFUSED = 3
"""Exit code where a new model was made and refused; the one before serves on."""


def update(
    store: Store,
    *,
    data: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="The new rows: files, folders or patterns, in the form of the first data."),
    ] = None,
    open_end: Annotated[
        bool,
        typer.Option("--open", help="More rows are to come for the last period: they wait, and it is not learned yet."),
    ] = False,
    no_gate: Annotated[bool, typer.Option("--no-gate", help="Publish the new model whatever the gate says.")] = False,
) -> None:
    """Score the new period with the model that is served, learn it, and publish the model that comes out.

    The same rows again change nothing. Exit code 0: published, or nothing was new; 3: the new model was refused, and
    the one before serves on; 2: an error, and nothing was committed.
    """
    with faults_told(f"What is finished is kept in {store}: the same command continues there."):
        from freshrec.cli.progress import shown_progress
        from freshrec.keeping import Track

        with shown_progress() as progress:
            track = Track.open(store, progress)
            entries = track.advance(list(data) if data else None, finished=not open_end, gated=not no_gate)
        for entry in entries:
            scores = ", ".join(
                f"{name} {value:.4f}" for name, value in list(entry.scores.items())[:2] if value is not None
            )
            outcome = (
                f"published version {entry.period}" if entry.decision == "published" else f"refused: {entry.reason}"
            )
            typer.echo(
                f"period {entry.period}: {entry.size:,} samples, scored by version {entry.version}"
                f"{f' ({scores})' if scores else ''}; {outcome}; {sum(entry.seconds.values()):.1f} s"
            )
        if not entries:
            typer.echo("nothing new: every finished period was learned before")
        if any(entry.decision == "refused" for entry in entries):
            raise typer.Exit(REFUSED)
