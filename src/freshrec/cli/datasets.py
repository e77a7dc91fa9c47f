"""`freshrec datasets`: what is known by name; and, of one that was prepared, whether it is what was published."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from freshrec.data import Dataset, Stream

__all__ = ["datasets", "tell_counts"]


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
    """Warn on stderr where a prepared data set differs from what was published.

    Args:
        dataset: what the stream was prepared from; nothing is done without one.
        stream: the prepared data.
        folder: where it is, with a manifest that keeps these counts.
    """
    from freshrec.data import published_counts

    if dataset is None:
        return
    told = "; ".join(
        f"{_said(count['found'], name)}, published {count['published']:,}"
        for name, count in published_counts(dataset, stream.manifest).items()
        if count["found"] != count["published"]
    )
    if told:
        typer.echo(
            f"Warning: {dataset.name} is not what was published: {told}. It is used as it is; "
            f"{folder / 'manifest.json'} keeps these counts, and docs/datasets.md says how the published ones came "
            "about and what may differ.",
            err=True,
        )


def _listed(dataset: "Dataset") -> str:
    return ", ".join(_said(count, name) for name, count in dataset.counts.items())


def _said(count: int, name: str) -> str:
    return f"{count:,} {name}" if name in ("interactions", "users", "items") else f"{count:,} values of {name}"
