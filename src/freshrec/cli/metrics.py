"""`freshrec metrics`: what can be measured."""

import typer

from freshrec.errors import ConfigError

__all__ = ["metrics"]


def metrics() -> None:
    """List the metrics that --metrics knows, with a line on each; those that other packages declare come last.

    A class of your own needs no declaration: name it as package.module:Name.
    """
    from freshrec.extensions import names
    from freshrec.metrics import METRICS, find_metric

    known = (*METRICS, *names("metrics"))
    width = max(map(len, known))
    for name in known:
        try:
            metric = find_metric(name)
            better = f"nearer to {metric.ideal:g}" if metric.better == "nearer" else metric.better
            line = f"{metric.title}: {better} is better"
        except ConfigError as error:
            line = f"cannot be used: {error}"
        typer.echo(f"{name:<{width}}  {line}")
