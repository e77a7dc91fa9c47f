"""What a comparison found, in sentences that are true of its figures."""

from collections.abc import Iterator, Mapping, Sequence

from freshrec.evaluation.results import Result
from freshrec.evaluation.summary import SHOWN, Score, Summary
from freshrec.evaluation.tables import percent
from freshrec.metrics import Metric

__all__ = [
    "against",
    "baseline_note",
    "headline",
    "improvement_note",
    "interval_text",
    "on_extended_models",
    "on_other_models",
    "ranked",
    "told_improvement",
]


def headline(
    results: Sequence[Result], summaries: Sequence[Summary], metrics: Sequence[Metric], baseline: str | None
) -> list[str]:
    """Whether a method is better than the baseline on the test periods, by how much, and what that rests on.

    A method is called better only if the 95% interval of its improvement excludes zero, in the metric that ranks.

    Args:
        results: the scored periods.
        summaries: of the methods, with intervals; at least one.
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
    if base is None:
        return [
            f"{best.method} has {_scores(best, metrics)} {where}; next is {others[0].method} with "
            f"{_scores(others[0], metrics)}.",
            "Without a baseline there is no interval, so nothing says how much of the difference is chance. Name one.",
        ]
    leader = others[0] if best is base else best
    metric = _deciding(leader, metrics)
    return [
        _verdict(leader, base, metric, where, leads=leader is best),
        *(_second(leader, base, other) for other in metrics[:SHOWN] if other is not metric),
        *_wins(results, leader, base, metric),
        *_also_better(summaries, leader, metric),
        _scope(leader),
    ]


def improvement_note(baseline: str, runs: int) -> str:
    """What imp% in a table and its interval are."""
    told = f"imp% is the improvement over {baseline}: positive is better, for every metric."
    seeds = f" and the seeds of {runs} runs" if runs > 1 else "; one run says nothing about other seeds"
    return f"{told} Its 95% interval is over users and periods{seeds}."


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


def on_extended_models(summaries: Sequence[Summary]) -> str:
    """A sentence on methods that change the base model; empty where there is none."""
    found = [each.method for each in summaries if each.extends_model]
    if not found:
        return ""
    changes, what = ("changes", "it") if len(found) == 1 else ("change", "them")
    return (
        f"{', '.join(found)} {changes} the base model: what sets {what} apart from other methods is not the updater "
        "alone."
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


def _verdict(one: Summary, base: Summary, metric: Metric, where: str, *, leads: bool) -> str:
    """The first sentence: better, worse, or no clear difference."""
    score = one.scores[metric.name]
    if score.low is not None and score.low > 0:
        return f"{one.method} is better than {base.method} {where}: {_gap(one, base, metric)}."
    if score.high is not None and score.high < 0:
        return f"No method beats {base.method} {where}. The closest, {one.method}, is worse: {_gap(one, base, metric)}."
    order = f"{one.method} and {base.method}" if leads else f"{base.method} and {one.method}"
    return f"No clear difference between {order} {where}: {_gap(one, base, metric)}."


def _second(one: Summary, base: Summary, metric: Metric) -> str:
    """A sentence on a metric that does not rank."""
    score = one.scores[metric.name]
    told = "there is no clear difference"
    if score.low is not None and score.high is not None and (score.low > 0 or score.high < 0):
        told = f"{one.method} is {'better' if score.low > 0 else 'worse'}"
    return f"In {metric.title} {told}: {_gap(one, base, metric)}."


def _gap(one: Summary, base: Summary, metric: Metric) -> str:
    """The means of both and the improvement with its interval."""
    score, other = one.scores[metric.name], base.scores[metric.name]
    if score.mean is None or other.mean is None:
        return f"{metric.title} is undefined"
    means = f"{metric.title} {score.mean:.4f} against {other.mean:.4f}"
    if score.improvement is None:
        return means
    return f"{means}, {percent(score.improvement)} {interval_text(score)}"


def interval_text(score: Score) -> str:
    """The 95% interval of an improvement, in brackets.

    >>> interval_text(Score(0.8, improvement=1.0, low=-0.5, high=2.5))
    '(95% interval −0.50% to +2.50%)'
    """
    if score.low is None or score.high is None:
        return "(no interval)"
    return f"(95% interval {percent(score.low)} to {percent(score.high)})"


def _also_better(summaries: Sequence[Summary], leader: Summary, metric: Metric) -> Iterator[str]:
    """A sentence on other methods that are better than the baseline, where there are some."""
    found = []
    for each in summaries:
        low = each.scores[metric.name].low
        if each is not leader and not each.trivial and low is not None and low > 0:
            found.append(f"{each.method} ({percent(each.scores[metric.name].improvement)})")
    if found:
        yield f"Better than the baseline in {metric.title}, too: {', '.join(found)}."


def _scope(one: Summary) -> str:
    """What the interval holds for."""
    score = next(iter(one.scores.values()))
    periods = "users and periods" if one.test_periods > 1 else "users"
    if score.low is None and all(each.low is None for each in one.scores.values()):
        return "There is no interval, so nothing says how much of the difference is chance."
    if one.runs == 1:
        return f"The interval is over {periods} of a single run: how much other seeds differ is not known."
    few = "; two say little about seeds, three or more make it narrower" if one.runs == 2 else ""
    return f"The interval is over {periods} and the seeds of {one.runs} runs{few}."


def _wins(results: Sequence[Result], best: Summary, base: Summary, metric: Metric) -> Iterator[str]:
    """A sentence on how often the score is better than the baseline's, run by run and period by period."""
    values = {
        (each.method, each.run, each.scored_period): metric.goodness(value)
        for each in results
        if each.split == "test" and (value := each.scores[metric.name]) is not None
    }
    pairs = [(run, period) for method, run, period in values if method == base.method]
    pairs = [pair for pair in pairs if (best.method, *pair) in values]
    won = sum(values[best.method, *pair] > values[base.method, *pair] for pair in pairs)
    if len(pairs) > 1:
        which = "test periods" if best.runs == 1 else "pairs of a run and a test period"
        yield f"{best.method} has the better {metric.title} in {won} of the {len(pairs)} {which}."
