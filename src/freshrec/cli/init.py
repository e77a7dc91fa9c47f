"""`freshrec init`: a store that keeps one model fresh."""

from pathlib import Path
from typing import Annotated

import typer

from freshrec.cli.config import given, merged, read_config
from freshrec.cli.faults import faults_told
from freshrec.cli.options import Config, Data, DataOptions, DatasetPath, Seed, takes_data_options
from freshrec.errors import ConfigError

__all__ = ["init"]


@takes_data_options
def init(
    store: Annotated[Path, typer.Argument(metavar="STORE", help="The folder to make.")],
    *,
    data: Data = None,
    dataset: Annotated[
        str | None, typer.Option(metavar="NAME", help="A data set known by name, in place of --data.")
    ] = None,
    path: DatasetPath = None,
    method: Annotated[
        str | None, typer.Option(metavar="NAME", help="The updater that keeps the model fresh.", show_default="rsg")
    ] = None,
    pretrain: Annotated[
        int | None,
        typer.Option(metavar="N", help="Periods that train the first model.", show_default="all of the first data"),
    ] = None,
    seed: Seed = None,
    config: Config = None,
    data_options: DataOptions,
) -> None:
    """Make a store: pre-train a model on the first data and publish it as the first version.

    Then `freshrec update` takes the rows of each new period, and `freshrec score` scores with what is published.
    """
    with faults_told(f"What is finished is kept in {store}: the same command continues there."):
        from freshrec.cli.checked import checked_source
        from freshrec.cli.progress import shown_progress
        from freshrec.cli.source import RawLog, find_source
        from freshrec.keeping import Track, TrackSettings

        of_data, of_track = read_config(config)
        chosen = given(method=method, pretrain=pretrain, seed=seed)
        settings = TrackSettings.model_validate(merged(of_track, chosen))
        named = None if dataset is None else [dataset]
        log = checked_source(
            lambda of_data: find_source(named, data, of_data, path), {**of_data, **data_options.given()}
        )
        if not isinstance(log, RawLog):
            raise ConfigError(
                f"{(data or [''])[0]} is prepared already. Give the raw log: a store prepares it, and what comes later."
            )
        with shown_progress() as progress:
            track = Track.create(store, log.read(), log.settings, settings, progress)
        commit, pointer = track.commit, track.serving
        served = "none" if pointer is None else str(pointer.version)
        typer.echo(
            f"{store} keeps {settings.name} fresh: pre-trained on {commit.pretrain} periods in {commit.epochs} "
            f"epochs, {commit.period - commit.pretrain} periods learned since, version {served} is served."
        )
