"""`freshrec score`: rows scored by a published model."""

from pathlib import Path
from typing import Annotated

import typer

from freshrec.cli.faults import faults_told
from freshrec.errors import DataError, OutputError

__all__ = ["score"]


def score(
    store: Annotated[Path, typer.Argument(metavar="STORE", help="A store, its serving/, or the folder of a version.")],
    *,
    data: Annotated[Path, typer.Option(metavar="FILE", help="Parquet or CSV with the rows to score.")],
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="Parquet file to write: the rows with probability, version.")
    ],
    version: Annotated[
        int | None, typer.Option(metavar="N", help="The version to score with.", show_default="the one served")
    ] = None,
) -> None:
    """Score raw rows: a column of the user, one of the item, and the fields; ids that are new are scored, too."""
    with faults_told("Nothing was written."):
        import io

        import polars as pl

        from freshrec.files import write_bytes
        from freshrec.serving import load

        scorer = load(store, version)
        try:
            rows = pl.read_csv(data, infer_schema=False) if data.suffix == ".csv" else pl.read_parquet(data)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise DataError(f"cannot read {data}: {error}. Give a Parquet or CSV file.") from error
        if out.exists() and out.samefile(data):
            raise OutputError(f"{out} is the file of the rows. Choose another file.")
        columns = {name: rows[name].to_list() for name in rows.columns if name in scorer.columns}
        unused = [name for name in rows.columns if name not in columns]
        scored = rows.with_columns(
            probability=pl.Series(scorer.score(columns)), version=pl.lit(scorer.version.number, pl.Int64)
        )
        buffer = io.BytesIO()
        scored.write_parquet(buffer)
        write_bytes(out, buffer.getvalue())
        new = scorer.unknown(columns)
        typer.echo(
            f"{out}: {rows.height:,} rows scored by version {scorer.version.number}; "
            + ", ".join(f"{count:,} of unknown {table}s" for table, count in new.items())
        )
        if unused:
            typer.echo(f"Columns not read: {', '.join(unused)}")
