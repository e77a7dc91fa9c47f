"""`freshrec prepare`: a log becomes a stream on disk."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from freshrec.cli.config import read_config
from freshrec.cli.faults import faults_told
from freshrec.cli.options import Config, Data, DataOptions, Dataset, DatasetPath, takes_data_options
from freshrec.errors import ConfigError

__all__ = ["prepare"]


@takes_data_options
def prepare(
    *,
    dataset: Dataset = None,
    path: DatasetPath = None,
    data: Data = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder to make; it must not exist yet.")],
    append: Annotated[
        bool, typer.Option("--append", help="Add the rows to the folder of --out, with its settings.")
    ] = False,
    open_end: Annotated[
        bool, typer.Option("--open", help="More rows are to come: those of periods that are not over wait for them.")
    ] = False,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Root seed, for negatives.", show_default="0")] = None,
    config: Config = None,
    data_options: DataOptions,
) -> None:
    """Cut an interaction log into periods of samples, on disk, ready to be compared on again and again."""
    left = "The folder is as it was" if append else "Nothing was left in the folder"
    with faults_told(f"{left}; the same command starts again."):
        from freshrec.cli.checked import checked_source
        from freshrec.cli.datasets import tell_counts
        from freshrec.cli.inferred import inferred_sentence
        from freshrec.cli.labels import labels_sentence, note_unused_labels
        from freshrec.cli.progress import shown_progress
        from freshrec.cli.source import RawLog, find_source
        from freshrec.cli.turnover import time_and_turnover
        from freshrec.data import Stream
        from freshrec.data import prepare as prepare_log

        in_file, _ = read_config(config)
        seeded = {} if seed is None else {"seed": seed}
        held = dict(Stream.open(out).manifest["settings"]) if append else {}
        of_data = {**held, **in_file, **data_options.given(), **seeded}
        log = checked_source(lambda chosen: find_source(dataset, data, chosen, path), of_data)
        if not isinstance(log, RawLog):
            raise ConfigError(
                f"{(data or [''])[0]} is prepared already. Give a raw log, or compare on the folder as it is."
            )
        with shown_progress() as progress:
            stream = prepare_log(
                log.read(),
                out,
                log.settings,
                progress,
                dataset=log.dataset,
                append=append,
                finished=not open_end,
            )
        tell_counts(log.dataset, stream, out)
        note_unused_labels(log, stream)
        rows, samples = stream.manifest["rows"], sum(period.size for period in stream.periods)
        typer.echo(
            f"{out} holds {len(stream.periods)} periods with {samples:,} samples of {rows['used']:,} "
            f"interactions. Of {rows['in']:,} rows, {rows['duplicates']:,} were duplicates, "
            f"{rows['filtered']:,} filtered out and {rows['quarantined']:,} set aside as malformed."
        )
        if append or open_end:
            typer.echo(_step_sentence(stream.manifest["steps"]))
        typer.echo(labels_sentence(stream))
        typer.echo(inferred_sentence(stream.manifest["steps"][-1]))
        typer.echo(time_and_turnover(stream.manifest))


def _step_sentence(steps: Sequence[Mapping[str, Any]]) -> str:
    """What became of the rows of the newest step.

    >>> _step_sentence([{"rows": {"in": 9, "used": 4, "duplicates": 1, "late": 1, "waiting": 3}, "waited": 2}])
    'Step 1: 7 new rows and 2 that had waited. Used: 4; duplicates: 1; late: 1; waiting: 3.'
    """
    rows, waited = steps[-1]["rows"], steps[-1]["waited"]
    became = "; ".join(f"{name}: {rows[name]:,}" for name in ("used", "duplicates", "late", "waiting"))
    return (
        f"Step {len(steps)}: {rows['in'] - waited:,} new rows and {waited:,} that had waited. "
        f"{became[0].upper()}{became[1:]}."
    )
