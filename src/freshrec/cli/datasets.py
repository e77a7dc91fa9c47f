"""`freshrec datasets`: the data sets known by name, and the turnover of one; whether one is what was published."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from freshrec.cli.faults import faults_told
from freshrec.cli.options import Data, Dataset, DatasetPath
from freshrec.errors import ConfigError

if TYPE_CHECKING:
    from freshrec.data import Dataset as KnownDataset
    from freshrec.data import Stream

__all__ = ["datasets", "tell_counts"]


def datasets(dataset: Dataset = None, path: DatasetPath = None, data: Data = None) -> None:
    """List the data sets known by name; with DATASET or --data, show how fast its users and items change.

    A data set is prepared in memory for that, with its own settings; a folder that `prepare` made is read as it is.
    """
    with faults_told("Nothing was written."):
        from freshrec.cli.source import RawLog, find_source
        from freshrec.cli.turnover import print_turnover
        from freshrec.data import Stream

        if not dataset and not data and path is None:
            _list()
            typer.echo("`freshrec datasets NAME` measures how fast one of them changes.", err=True)
            return
        source = find_source(dataset, data, {}, path)
        if isinstance(source, RawLog):
            if source.dataset is not None:
                _echo(source.dataset.name, source.dataset)
            source = Stream.from_frame(source.read(), source.settings)
        print_turnover(source.manifest)


def _list() -> None:
    """Show the shipped data sets, then those that other packages declare."""
    from freshrec.data import DATASETS, find_dataset
    from freshrec.extensions import names

    for name in (*DATASETS, *names("datasets")):
        try:
            _echo(name, find_dataset(name))
        except ConfigError as error:
            typer.echo(f"{name}: cannot be used: {error}")


def _echo(name: str, known: "KnownDataset") -> None:
    typer.echo(f"{name}: {known.title}")
    typer.echo(f"  source   {known.source}")
    typer.echo(f"  licence  {known.licence}")
    typer.echo(f"  files    {f'{known.expected} (--path)' if known.files else 'none needed'}")
    typer.echo(f"  counts   {_listed(known) or 'not fixed'}")


def tell_counts(dataset: "KnownDataset | None", stream: "Stream", folder: Path) -> None:
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


def _listed(dataset: "KnownDataset") -> str:
    return ", ".join(_said(count, name) for name, count in dataset.counts.items())


def _said(count: int, name: str) -> str:
    return f"{count:,} {name}" if name in ("interactions", "users", "items") else f"{count:,} values of {name}"
