"""Whose labels a prepared log has, which column may hold some that were not asked for, and which ids it lacks."""

from typing import TYPE_CHECKING

import typer

from freshrec.cli.source import RawLog

if TYPE_CHECKING:
    from freshrec.data import Stream

__all__ = ["labels_sentence", "note_lacking_ids", "note_unused_labels"]

MEANINGS = {
    "explicit": "positives and negatives are those of the log",
    "implicit": "every row is a positive, and negatives are drawn",
}


def labels_sentence(stream: "Stream") -> str:
    """Whether the labels are explicit or implicit, and what that means."""
    labels = stream.schema.labels
    return f"Labels: {labels}; {MEANINGS[labels]}."


def note_unused_labels(log: RawLog, stream: "Stream") -> None:
    """Note on stderr each column of 0 and 1 that is not used, where every row was taken as a positive unasked.

    Args:
        log: what the stream was prepared from.
        stream: the prepared data.
    """
    if stream.schema.labels == "explicit" or log.settings.label_column is None:
        return
    for name in log.flags():
        typer.echo(
            f"Note: every row is taken as a positive, and column {name!r}, whose values can be labels, is not used. If "
            f"it says which rows were clicked or liked, prepare again with --label-column {name}.",
            err=True,
        )


def note_lacking_ids(stream: "Stream") -> None:
    """Say on stderr what a stream without users or without items cannot have."""
    from freshrec.data import lacking_ids

    for sentence in lacking_ids(stream.manifest):
        typer.echo(f"Note: {sentence}", err=True)
