"""What a comparison found, in sentences that are true of its figures."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from freshrec.evaluation.results import Result
from freshrec.evaluation.summary import Summary
from freshrec.metrics import Metric

__all__ = [
    "SHOWN",
    "against",
    "baseline_note",
    "headline",
    "improvement_note",
    "on_other_models",
    "ranked",
    "told_improvement",
]

SHOWN = 2
"""How many metrics sentences, the main table and figures show; the others are in files and in a table of their own."""


def headline(
    results: Sequence[Result], summaries: Sequence[Summary], metrics: Sequence[Metric], baseline: str | None
) -> list[str]:
    """Which method is best on the test periods, by how much, and how far that can be trusted.

    Args:
        results: the scored periods.
        summaries: what `summarise` made of them; at least one.
        metrics: those of the summaries, in the order in which they rank methods.
        baseline: the method to measure against, where it is among them.
    """
    best, *others = ranked([each for each in summaries if not each.trivial] or summaries, metrics)
    where = f"on the {best.test_periods} test periods" if best.test_periods > 1 else "on the one test period"
    if not others:
        return [
            f"{best.method} has {_scores(best, metrics)} {where}.",
            "It is the only method here, so there is nothing to compare it with.",
        ]
    base = next((each for each in summaries if each.method == baseline), None)
    if base is best:
        return [
            f"No method beats {baseline} {where}: it has {_scores(base, metrics)}.",
            f"The closest is {others[0].method}: {against(others[0], base, metrics)}.",
            _trust(others[0], base, metrics),
        ]
    lead = f"{best.method} is best {where}: it has {_scores(best, metrics)}."
    if base is None:
        return [
            lead,
            f"Next is {others[0].method} with {_scores(others[0], metrics)}.",
            _trust(best, others[0], metrics),
        ]
    return [
        lead,
        f"Against {baseline}: {against(best, base, metrics)}{_wins(results, best, base, metrics)}.",
        _trust(best, base, metrics),
    ]


def improvement_note(baseline: str, runs: int) -> str:
    """What imp% in a table is, and where there are several runs its spread."""
    told = f"imp% is the improvement over {baseline}: positive is better, for every metric."
    if runs == 1:
        return told
    return f"{told} Its ± is of the improvements within runs, whose methods share seed and first model."


def baseline_note(summaries: Sequence[Summary], metrics: Sequence[Metric]) -> str:
    """A sentence on the trivial baselines and their scores; empty where there is none."""
    told = [f"{each.method} has {_scores(each, metrics)}" for each in summaries if each.trivial]
    return f"Trivial baselines, which no ranking counts: {'; '.join(told)}." if told else ""


def on_other_models(models: Mapping[str, type], baseline: str | None) -> str:
    """A sentence on methods whose base model is not the baseline's; empty where there is none.

    Args:
        models: the base model of every method.
        baseline: the method to measure against, where it is among them.
    """
    if baseline is None or baseline not in models:
        return ""
    others = [name for name, model in models.items() if model is not models[baseline]]
    if not others:
        return ""
    has, what = ("has", "it") if len(others) == 1 else ("have", "them")
    return (
        f"{', '.join(others)} {has} another base model than {baseline}: what sets {what} apart from {baseline} is not "
        "the updater alone."
    )


def ranked(summaries: Sequence[Summary], metrics: Sequence[Metric]) -> list[Summary]:
    """The best method first: by the first metric, and of equals by the next one; trivial baselines last."""

    def place(summary: Summary) -> tuple[bool, list[float]]:
        means = [(metric, summary.scores[metric.name].mean) for metric in metrics]
        badness = [float("inf") if mean is None else -metric.goodness(mean) for metric, mean in means]
        return summary.trivial, badness

    return sorted(summaries, key=place)


def against(one: Summary, other: Summary, metrics: Sequence[Metric]) -> str:
    """How much better or worse a method is than another in the metrics that are shown, with the means of both."""
    parts = []
    for metric in metrics[:SHOWN]:
        value, base = (each.scores[metric.name].mean for each in (one, other))
        percent = metric.improvement(value, base)
        if percent is not None:
            parts.append(f"{told_improvement(percent)} in {metric.title} ({value:.4f} against {base:.4f})")
    return " and ".join(parts)


def told_improvement(value: float) -> str:
    """An improvement in percent, in words.

    >>> told_improvement(-0.894)
    '0.89% worse'
    """
    if abs(value) < 0.005:
        return "no difference"
    return f"{abs(value):.2f}% {'better' if value > 0 else 'worse'}"


def _scores(summary: Summary, metrics: Sequence[Metric]) -> str:
    means = {metric.title: summary.scores[metric.name].mean for metric in metrics[:SHOWN]}
    return " and ".join(f"{title} {mean:.4f}" for title, mean in means.items() if mean is not None) or "no score"


def _deciding(one: Summary, metrics: Sequence[Metric]) -> Metric:
    """The metric that ranks methods: the first that is defined."""
    return next((metric for metric in metrics if one.scores[metric.name].mean is not None), metrics[0])


def _wins(results: Sequence[Result], best: Summary, base: Summary, metrics: Sequence[Metric]) -> str:
    """In how many test periods the best method's score, averaged over runs, is better than the baseline's."""
    metric = _deciding(best, metrics)
    values: dict[tuple[str, int], list[float]] = {}
    for each in results:
        value = each.scores[metric.name]
        if each.split == "test" and value is not None:
            values.setdefault((each.method, each.scored_period), []).append(value)
    goodness = {key: metric.goodness(fmean(runs)) for key, runs in values.items()}
    periods = [period for method, period in goodness if method == base.method]
    won = sum(goodness[best.method, period] > goodness[base.method, period] for period in periods)
    which = "test periods" if len(periods) == base.test_periods else "test periods where it is defined"
    if len(periods) < 2:
        return ""
    return f"; its {metric.title} is the better one in {won} of the {len(periods)} {which}"


def _trust(one: Summary, other: Summary, metrics: Sequence[Metric]) -> str:
    if one.runs == 1 or other.runs == 1:
        return "This is a single run: only several runs can show how much of a difference is chance."
    metric = _deciding(one, metrics)
    own, base = one.scores[metric.name], other.scores[metric.name]
    if own.improvement is not None and own.improvement_std:
        return (
            f"Run by run, the difference in {metric.title} to {other.method} is "
            f"{abs(own.improvement) / own.improvement_std:.1f} times its standard deviation between {one.runs} runs."
        )
    spread = max(own.std or 0.0, base.std or 0.0)
    if own.mean is None or base.mean is None or spread == 0.0:
        return f"All {one.runs} runs gave the same {metric.title}."
    return (
        f"The difference in {metric.title} is {abs(own.mean - base.mean) / spread:.1f} times the larger of the two "
        f"standard deviations between {one.runs} runs."
    )
