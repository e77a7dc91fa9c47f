"""What a comparison found, in sentences that are true of its figures."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from freshrec.evaluation.results import Result
from freshrec.evaluation.summary import Summary, improvement

__all__ = ["against", "baseline_note", "headline", "improvement_note", "on_other_models", "ranked", "told_improvement"]


def headline(results: Sequence[Result], summaries: Sequence[Summary], baseline: str) -> list[str]:
    """Which method is best on the test periods, by how much, and how far that can be trusted.

    Methods are ranked by AUC, or by log loss where no AUC is defined.

    Args:
        results: the scored periods.
        summaries: what `summarise` made of them; at least one.
        baseline: the method to measure against, where it is among them.
    """
    best, *others = ranked([each for each in summaries if not each.trivial] or summaries)
    where = f"on the {best.test_periods} test periods" if best.test_periods > 1 else "on the one test period"
    if not others:
        return [
            f"{best.method} has {_scores(best)} {where}.",
            "It is the only method here, so there is nothing to compare it with.",
        ]
    base = next((each for each in summaries if each.method == baseline), None)
    if base is best:
        return [
            f"No method beats {baseline} {where}: it has {_scores(base)}.",
            f"The closest is {others[0].method}: {against(others[0], base)}.",
            _trust(others[0], base),
        ]
    lead = f"{best.method} is best {where}: it has {_scores(best)}."
    if base is None:
        return [lead, f"Next is {others[0].method} with {_scores(others[0])}.", _trust(best, others[0])]
    return [
        lead,
        f"Against {baseline}: {against(best, base)}{_wins(results, best, base)}.",
        _trust(best, base),
    ]


def improvement_note(baseline: str, runs: int) -> str:
    """What imp% in a table is, and where there are several runs its spread."""
    told = f"imp% is the improvement over {baseline}: positive is better, for both metrics."
    if runs == 1:
        return told
    return f"{told} Its ± is of the improvements within runs, whose methods share seed and first model."


def baseline_note(summaries: Sequence[Summary]) -> str:
    """A sentence on the trivial baselines and their scores; empty where there is none."""
    told = [f"{each.method} has {_scores(each)}" for each in summaries if each.trivial]
    if not told:
        return ""
    return f"Trivial baselines, which no ranking counts: {'; '.join(told)}."


def on_other_models(models: Mapping[str, type], baseline: str) -> str:
    """A sentence on methods whose base model is not the baseline's; empty where there is none.

    Args:
        models: the base model of every method.
        baseline: the method to measure against, where it is among them.
    """
    others = [name for name, model in models.items() if model is not models.get(baseline, model)]
    if not others:
        return ""
    has, what = ("has", "it") if len(others) == 1 else ("have", "them")
    return (
        f"{', '.join(others)} {has} another base model than {baseline}: what sets {what} apart from {baseline} is not "
        "the updater alone."
    )


def ranked(summaries: Sequence[Summary]) -> list[Summary]:
    """The best method first: by AUC, or by log loss where no AUC is defined; trivial baselines last."""
    return sorted(summaries, key=lambda each: (each.trivial, -(each.auc_mean or 0.0), each.logloss_mean))


def _scores(summary: Summary) -> str:
    loss = f"a log loss of {summary.logloss_mean:.4f}"
    return loss if summary.auc_mean is None else f"an AUC of {summary.auc_mean:.4f} and {loss}"


def against(one: Summary, other: Summary) -> str:
    """How much better or worse a method is than another in each metric, with the means of both."""
    parts = (
        ("AUC", improvement(one.auc_mean, other.auc_mean), one.auc_mean, other.auc_mean),
        ("log loss", improvement(-one.logloss_mean, -other.logloss_mean), one.logloss_mean, other.logloss_mean),
    )
    return " and ".join(
        f"{told_improvement(percent)} in {metric} ({value:.4f} against {base:.4f})"
        for metric, percent, value, base in parts
        if percent is not None
    )


def told_improvement(value: float) -> str:
    """An improvement in percent, in words.

    >>> told_improvement(-0.894)
    '0.89% worse'
    """
    if abs(value) < 0.005:
        return "no difference"
    return f"{abs(value):.2f}% {'better' if value > 0 else 'worse'}"


def _wins(results: Sequence[Result], best: Summary, base: Summary) -> str:
    """In how many test periods the best method's AUC, averaged over runs, is above the baseline's."""
    areas: dict[tuple[str, int], list[float]] = {}
    for each in results:
        if each.split == "test" and each.auc is not None:
            areas.setdefault((each.method, each.scored_period), []).append(each.auc)
    periods = [period for method, period in areas if method == base.method]
    won = sum(fmean(areas[best.method, period]) > fmean(areas[base.method, period]) for period in periods)
    which = "test periods" if len(periods) == base.test_periods else "test periods where it is defined"
    return f"; its AUC is the higher one in {won} of the {len(periods)} {which}" if len(periods) > 1 else ""


def _trust(one: Summary, other: Summary) -> str:
    if one.runs == 1 or other.runs == 1:
        return "This is a single run: only several runs can show how much of a difference is chance."
    if one.auc_improvement is not None and one.auc_improvement_std:
        return (
            f"Run by run, the difference in AUC to {other.method} is "
            f"{abs(one.auc_improvement) / one.auc_improvement_std:.1f} times its standard deviation between "
            f"{one.runs} runs."
        )
    if one.auc_mean is not None and other.auc_mean is not None:
        what, gap, spread = (
            "AUC",
            one.auc_mean - other.auc_mean,
            max(one.auc_std or 0.0, other.auc_std or 0.0),
        )
    else:
        what, gap = "log loss", one.logloss_mean - other.logloss_mean
        spread = max(one.logloss_std or 0.0, other.logloss_std or 0.0)
    if spread == 0.0:
        return f"All {one.runs} runs gave the same {what}."
    return (
        f"The difference in {what} is {abs(gap) / spread:.1f} times the larger of the two standard "
        f"deviations between {one.runs} runs."
    )
