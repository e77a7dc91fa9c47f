"""`freshrec datasets`: what is known by name; and, of one that was prepared, whether it is what was published."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from freshrec.files import write_bytes

if TYPE_CHECKING:
    from freshrec.data import Dataset, Stream

__all__ = ["datasets", "tell_counts"]

NOTE = "dataset.json"


def datasets() -> None:
    """List the data sets known by name: where each is from, the files it is read from, and what it should hold."""
    from freshrec.data import DATASETS

    for dataset in DATASETS.values():
        typer.echo(f"{dataset.name}: {dataset.title}")
        typer.echo(f"  source   {dataset.source}")
        typer.echo(f"  licence  {dataset.licence}")
        typer.echo(f"  files    {f'{dataset.expected} (--path)' if dataset.files else 'none needed'}")
        typer.echo(f"  counts   {_listed(dataset) or 'not fixed'}")


def tell_counts(dataset: "Dataset | None", stream: "Stream", folder: Path) -> None:
    """Warn on stderr where a prepared data set differs from what was published, and note both in its folder.

    Args:
        dataset: what the stream was prepared from; nothing is done without one.
        stream: the prepared data.
        folder: where it is; `dataset.json` is written into it.

    Raises:
        OutputError: the note cannot be written.
    """
    from freshrec.data import against_published

    if dataset is None:
        return
    differing = against_published(dataset, stream.manifest)
    note = {
        "name": dataset.name,
        "source": dataset.source,
        "licence": dataset.licence,
        "published": dict(dataset.counts),
        "differing": {name: {"found": found, "published": known} for name, (found, known) in differing.items()},
    }
    if not (folder / NOTE).exists():
        write_bytes(folder / NOTE, (json.dumps(note, indent=1, sort_keys=True) + "\n").encode())
    if differing:
        told = "; ".join(f"{_said(found, name)}, published {known:,}" for name, (found, known) in differing.items())
        typer.echo(
            f"Warning: {dataset.name} is not what was published: {told}. It is used as it is; docs/datasets.md "
            "says how the published counts came about and what may differ.",
            err=True,
        )


def _listed(dataset: "Dataset") -> str:
    return ", ".join(_said(count, name) for name, count in dataset.counts.items())


def _said(count: int, name: str) -> str:
    return f"{count:,} {name}" if name in ("interactions", "users", "items") else f"{count:,} values of {name}"
