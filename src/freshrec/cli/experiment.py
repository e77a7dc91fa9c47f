"""`freshrec experiment`: the tables and figures of the paper, on any stream."""

import shlex
from typing import Annotated

import typer

from freshrec.cli.config import given, merged, parts, read_config
from freshrec.cli.faults import faults_told
from freshrec.cli.options import Config, Data, DataOptions, Dataset, DatasetPath, Out, Seed, takes_data_options

__all__ = ["experiment"]


@takes_data_options
def experiment(
    *,
    context: typer.Context,
    names: Annotated[
        str,
        typer.Argument(
            metavar="NAMES",
            help="Tables and figures, separated by commas: table1, table2, table3, figure3, figure4, figure6.",
        ),
    ],
    dataset: Dataset = None,
    path: DatasetPath = None,
    data: Data = None,
    out: Out,
    runs: Annotated[
        int | None,
        typer.Option(metavar="N", help="Seeded runs of a method, repeats of a timing.", show_default="5"),
    ] = None,
    seed: Seed = None,
    config: Config = None,
    data_options: DataOptions,
) -> None:
    """Make tables and figures of the paper anew: the same layout, on your data or the paper's.

    What is named together shares its runs. Started again with the same options and --out, it continues where it
    stopped.
    """
    command = _command_line(context)
    with faults_told(f"What is finished is kept in {out}: the same command continues there."):
        from freshrec.cli.checked import checked
        from freshrec.cli.prepared import stream_of
        from freshrec.cli.progress import shown_progress
        from freshrec.cli.source import find_source
        from freshrec.cli.table import print_table
        from freshrec.experiments import ExperimentPlan
        from freshrec.experiments import experiment as make_exhibits

        of_data, of_comparison = read_config(config)
        chosen = given(runs=runs, seed=seed)
        plan = ExperimentPlan.of(parts(names), merged(of_comparison, chosen))
        _, source = checked(
            plan.settings,
            lambda of_data: find_source(dataset, data, of_data, path),
            {**of_data, **data_options.given()},
        )
        with shown_progress() as progress:
            stream = stream_of(source, out, progress)
            done = make_exhibits(stream, plan, out, progress, command)
        for each in done.made:
            typer.echo(each.exhibit.title)
            for table in each.shown.tables:
                print_table(table)
            for sentence in each.shown.sentences:
                typer.echo(sentence)
            typer.echo("")
        typer.echo(f"Report: {done.report}")


def _command_line(context: typer.Context) -> str:
    """What was typed, from the values that came of it."""
    words = ["freshrec", str(context.info_name)]
    for parameter in context.command.params:
        value = context.params[str(parameter.name)]
        for each in value if isinstance(value, list | tuple) else [value]:
            if isinstance(each, bool):
                words += [parameter.opts[0]] * each
            elif each is not None:
                words += [str(each)] if parameter.param_type_name == "argument" else [parameter.opts[0], str(each)]
    return shlex.join(words)
