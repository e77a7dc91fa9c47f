"""`freshrec tune`: settings for `compare`, chosen on validation periods alone."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from freshrec.cli.config import given, merged, parts, read_config
from freshrec.cli.faults import faults_told
from freshrec.cli.options import Config, Data, DataOptions, Dataset, DatasetPath, Metrics, Out, Seed, takes_data_options

if TYPE_CHECKING:
    from freshrec.data import StreamSettings
    from freshrec.metrics import Metric
    from freshrec.tuning import Choice

__all__ = ["tune"]

TRIED = "What is tried"


@takes_data_options
def tune(
    *,
    dataset: Dataset = None,
    path: DatasetPath = None,
    data: Data = None,
    out: Out,
    methods: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Methods, separated by commas: names that `freshrec methods` lists, or package.module:Name.",
            show_default="iu,rsg",
        ),
    ] = None,
    metrics: Metrics = None,
    jobs: Annotated[
        int,
        typer.Option(
            metavar="N", help="Processes that run trials; any number gives the same choice.", show_default="1"
        ),
    ] = 1,
    runs: Annotated[int | None, typer.Option(metavar="N", help="Seeded runs of each trial.", show_default="1")] = None,
    seed: Seed = None,
    loss: Annotated[
        str | None,
        typer.Option(metavar="log|bpr", help="Of the base and all methods on it; not tuned.", show_default="log"),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(metavar="N", help="Samples a step of an update, not tuned then.", show_default="auto and 1024"),
    ] = None,
    budget: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Trials of each method, at most.", show_default="its grid", rich_help_panel=TRIED
        ),
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What settings are chosen by.",
            show_default="the first",
            rich_help_panel=TRIED,
        ),
    ] = None,
    learning_rates: Annotated[
        str | None,
        typer.Option(
            metavar="RATES",
            help="For every method, separated by commas.",
            show_default="0.01,0.001,0.0001",
            rich_help_panel=TRIED,
        ),
    ] = None,
    epochs: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBERS",
            help="For every method, separated by commas.",
            show_default="1,5,10,20",
            rich_help_panel=TRIED,
        ),
    ] = None,
    config: Config = None,
    data_options: DataOptions,
) -> None:
    """Choose settings honestly: on the validation periods, with the test periods out of reach.

    The chosen ones are written to DIR/tuned.toml, which `compare` and `experiment` take as
    --config. Started again with the same options
    and --out, it continues where it stopped.
    """
    with faults_told(f"What is finished is kept in {out}: the same command continues there."):
        from freshrec.cli.checked import checked
        from freshrec.cli.prepared import stream_of
        from freshrec.cli.progress import shown_progress
        from freshrec.cli.source import RawLog, find_source
        from freshrec.tuning import TuneSettings
        from freshrec.tuning import tune as tune_methods

        of_data, of_tuning = read_config(config)
        grids = given(learning_rate=parts(learning_rates), epochs=parts(epochs))
        chosen = given(
            methods=parts(methods),
            metrics=parts(metrics),
            runs=runs,
            seed=seed,
            base=given(loss=loss, batch_size=batch_size) or None,
            budget=budget,
            metric=metric,
            grids={"*": grids} if grids else None,
        )
        of_data |= data_options.given()
        settings, source = checked(
            lambda facts: TuneSettings.model_validate(merged(_without(of_tuning, grids), chosen), context=facts),
            lambda of_data: find_source(dataset, data, of_data, path),
            of_data,
        )
        with shown_progress() as progress:
            stream = stream_of(source, out, progress)
            prepared = _in_file(source.settings, of_data) if isinstance(source, RawLog) else {}
            tuned = tune_methods(stream, settings, out, jobs=jobs, data=prepared, progress=progress)
        for choice in tuned.choices:
            typer.echo(_told(choice, settings.ranking))
        typer.echo(f"Settings, for --config of compare and experiment: {tuned.file}")


def _in_file(settings: "StreamSettings", names: Iterable[str]) -> dict[str, Any]:
    """Settings of the data as a file has them: TOML has no null, so that one that is none is left out or false."""
    values = {name: getattr(settings, name) for name in names}
    return {
        name: False if value is None else value
        for name, value in values.items()
        if value is not None or name == "label_column"
    }


def _without(settings: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a file without the values of single methods that an option replaces for all methods."""
    grids = settings.get("grids")
    if not isinstance(grids, dict):
        return dict(settings)
    kept = {
        name: {setting: values for setting, values in grid.items() if setting not in given}
        if isinstance(grid, dict)
        else grid
        for name, grid in grids.items()
    }
    return {**settings, "grids": kept}


def _told(choice: "Choice", metrics: "Sequence[Metric]") -> str:
    """What was chosen, in a line."""
    from freshrec.evaluation import SHOWN

    scores = choice.outcome.told(metrics[:SHOWN])
    scores += f" (untuned {choice.untuned.told(metrics[:1])})" if choice.untuned else ""
    settings = ", ".join(f"{name} = {value}" for name, value in choice.settings.items())
    return f"{choice.method}: {scores}; {settings}"
