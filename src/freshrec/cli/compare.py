"""`freshrec compare`: several methods on one stream, and a report."""

from typing import Annotated

import typer

from freshrec.cli.config import given, merged, parts, read_config
from freshrec.cli.faults import faults_told
from freshrec.cli.options import Config, Data, DataOptions, Dataset, DatasetPath, Metrics, Out, Seed, takes_data_options

__all__ = ["compare"]

TRAINING = "Training"


@takes_data_options
def compare(
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
    baseline: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The method that improvements are over.", show_default="iu, where compared"),
    ] = None,
    no_baselines: Annotated[
        bool, typer.Option("--no-baselines", help="Leave out the trivial baselines, constant and item-odds.")
    ] = False,
    scores: Annotated[
        bool, typer.Option("--scores", help="Write the logits of every scored sample to DIR/scores, as Parquet files.")
    ] = False,
    runs: Annotated[int | None, typer.Option(metavar="N", help="Seeded runs of each method.", show_default="1")] = None,
    seed: Seed = None,
    device: Annotated[
        str | None,
        typer.Option(metavar="cpu|cuda", help="Where models are trained and scored.", show_default="cpu"),
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option(
            metavar="log|bpr",
            help="Log loss, or BPR on pairs, where negatives are drawn; it ranks, and its scores are no probabilities.",
            show_default="log",
            rich_help_panel=TRAINING,
        ),
    ] = None,
    learning_rate: Annotated[
        float | None,
        typer.Option(metavar="RATE", help="Adam's, in updates.", show_default="0.01", rich_help_panel=TRAINING),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Passes over a period in an update.", show_default="1", rich_help_panel=TRAINING
        ),
    ] = None,
    batch_size: Annotated[
        str | None,
        typer.Option(
            metavar="N|auto",
            help="Samples a step; auto takes the largest of 1024, 512, ... 32 with 64 steps an update.",
            show_default="auto",
            rich_help_panel=TRAINING,
        ),
    ] = None,
    config: Config = None,
    data_options: DataOptions,
) -> None:
    """Compare methods honestly: each period is scored by the model of the one before it, then learned from.

    Started again with the same options and --out, it continues where it stopped; with more methods or runs, it computes
    what is missing.
    """
    with faults_told(f"What is finished is kept in {out}: the same command continues there."):
        from freshrec.cli.checked import checked
        from freshrec.cli.prepared import stream_of
        from freshrec.cli.progress import shown_progress
        from freshrec.cli.source import find_source
        from freshrec.cli.table import print_summaries
        from freshrec.evaluation import CompareSettings
        from freshrec.evaluation import compare as compare_methods

        of_data, of_comparison = read_config(config)
        base = given(loss=loss, learning_rate=learning_rate, epochs=epochs, batch_size=batch_size)
        chosen = given(
            methods=parts(methods),
            metrics=parts(metrics),
            baseline=baseline,
            baselines=False if no_baselines else None,
            scores=scores or None,
            runs=runs,
            seed=seed,
            device=device,
            base=base or None,
        )
        settings, source = checked(
            lambda facts: CompareSettings.model_validate(merged(of_comparison, chosen), context=facts),
            lambda of_data: find_source(dataset, data, of_data, path),
            {**of_data, **data_options.given()},
        )
        with shown_progress() as progress:
            stream = stream_of(source, out, progress)
            comparison = compare_methods(stream, settings, out, progress)
        print_summaries(comparison.summaries, settings.measured, settings.compared_to)
        for caution in comparison.cautions:
            typer.echo(f"Caution: {caution}", err=True)
        typer.echo(f"Report: {comparison.report}")
