"""The table of what updaters report of their own states, such as how often a guard serves the generated model."""

from collections.abc import Sequence
from statistics import fmean

from freshrec.evaluation.results import Result
from freshrec.evaluation.tables import Cell, Column, Table

__all__ = ["diagnostics_table"]


def diagnostics_table(results: Sequence[Result]) -> Table | None:
    """A row for each method and diagnostic: mean, least and greatest value over the test periods of all runs.

    Args:
        results: the scored periods of one data set.

    Returns:
        The table; None where no method reports anything.
    """
    values: dict[tuple[str, str], list[float]] = {}
    for each in results:
        for name, value in each.diagnostics.items() if each.split == "test" else ():
            values.setdefault((each.method, name), []).append(value)
    if not values:
        return None
    order = list(dict.fromkeys(each.method for each in results))
    rows = [
        (
            Cell(method),
            Cell(name.replace("_", " ")),
            *(Cell(f"{value:,.4g}") for value in (fmean(of), min(of), max(of))),
        )
        for (method, name), of in sorted(values.items(), key=lambda item: order.index(item[0][0]))
    ]
    columns = ("Method", "Diagnostic", "Mean", "Least", "Greatest")
    return Table("Diagnostics", tuple(map(Column, columns)), tuple(rows))
