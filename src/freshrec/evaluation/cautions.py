"""What a reader must know before the finding: methods below a baseline, idle runs, trouble in training."""

from collections.abc import Iterator, Sequence
from statistics import median

from freshrec.evaluation.results import Result
from freshrec.evaluation.summary import Summary
from freshrec.evaluation.training_cautions import training_cautions
from freshrec.metrics import Metric

__all__ = ["cautions"]

NEAR = 0.05
"""A run whose median score is less than this above chance did not learn; one with twice as much did."""


def cautions(results: Sequence[Result], summaries: Sequence[Summary], metrics: Sequence[Metric]) -> list[str]:
    """What is wrong with methods that are worse than guessing, runs that did not learn, and how models were trained.

    Args:
        results: the scored periods.
        summaries: of the methods.
        metrics: those of the summaries.
    """
    return [
        *_worse_than_guessing(summaries, metrics),
        *_not_learned(results, summaries, metrics),
        *training_cautions(results).values(),
    ]


def _worse_than_guessing(summaries: Sequence[Summary], metrics: Sequence[Metric]) -> Iterator[str]:
    by_name = {each.method: each for each in summaries}
    titles = {metric.name: metric.title for metric in metrics}
    for each in summaries:
        reasons = []
        for baseline, names in each.worse_than.items():
            for name in names:
                own, base = (one.scores[name].mean for one in (each, by_name[baseline]))
                reasons.append(f"{titles[name]} {own:.4f} against {base:.4f} of {baseline}")
        if reasons:
            yield f"{each.method} is worse than guessing: {', '.join(reasons)}."


def _not_learned(results: Sequence[Result], summaries: Sequence[Summary], metrics: Sequence[Metric]) -> Iterator[str]:
    """Runs whose scores stay near chance in the first metric that has one, while another run or method learns."""
    metric = next((metric for metric in metrics if metric.chance is not None), None)
    if metric is None or metric.chance is None:
        return
    trivial = {each.method for each in summaries if each.trivial}
    runs: dict[tuple[str, int], list[float]] = {}
    for each in results:
        value = each.scores[metric.name]
        if value is not None and each.method not in trivial:
            runs.setdefault((each.method, each.run), []).append(value)
    learned = [values for values in runs.values() if _above(metric, values) >= 2 * NEAR]
    for (method, run), values in runs.items():
        if learned and _above(metric, values) < NEAR:
            others = [median(other) for other in learned]
            yield (
                f"Run {run} of {method} did not learn: its {metric.title} is {_span(values)} in the scored periods; "
                f"the medians of runs that learned are {_span(others)}. The means include it."
            )


def _above(metric: Metric, values: Sequence[float]) -> float:
    """How much better than chance the median is."""
    return metric.goodness(median(values)) - metric.goodness(metric.chance or 0.0)


def _span(values: Sequence[float]) -> str:
    low, high = f"{min(values):.2f}", f"{max(values):.2f}"
    return low if low == high else f"{low} to {high}"
