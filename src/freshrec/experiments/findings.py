"""What a table shows, in sentences that are computed from its values; there is one whichever way they turn out."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from statistics import fmean

from freshrec.evaluation import (
    Summary,
    against,
    headline,
    ranked,
    score,
    seconds,
    told_improvement,
)
from freshrec.experiments.measured import BASELINE, Measured
from freshrec.experiments.published import PAPER_DATASETS, PAPER_METRICS, TABLE_1, TABLE_2, TABLE_3
from freshrec.experiments.timing import Timing
from freshrec.metrics import Metric

__all__ = ["OURS", "table_1_findings", "table_2_findings", "table_3_findings"]

OURS = "asmg-gru-multi"
"""The method that the paper proposes."""


def table_1_findings(measured: Measured, methods: Sequence[str]) -> list[str]:
    """The best method against IU, the paper's method against the best of the others, and both against the paper."""
    summaries = measured.summaries(methods)
    ours = next(each for each in summaries if each.method == OURS)
    other = ranked([each for each in summaries if not each.method.startswith("asmg")], PAPER_METRICS)[0]
    return [
        *headline(measured.of(methods), summaries, PAPER_METRICS, BASELINE),
        f"The best method that is not ASMG is {other.method}; against it, {OURS} is "
        f"{against(ours, other, PAPER_METRICS)}.",
        *(_as_published(summaries, ours, measured.dataset) if measured.dataset in PAPER_DATASETS else ()),
    ]


def table_2_findings(measured: Measured, methods: Sequence[str]) -> list[str]:
    """Which variant is best, and each against the one that has all designs, here and in the paper."""
    summaries = measured.summaries(methods)
    best = ranked(summaries, PAPER_METRICS)[0].method
    found = [f"No variant beats {OURS}." if best == OURS else f"{best} is best of the {len(summaries)}."]
    for metric in PAPER_METRICS:
        here = {each.method: each.scores[metric.name].mean for each in summaries}
        if here[OURS] is not None:
            found.append(f"{metric.heading} against {OURS}'s {score(here[OURS])}: {_gaps(here, metric)}.")
    if measured.dataset in PAPER_DATASETS:
        for metric in PAPER_METRICS:
            there = {name: TABLE_2[metric.name][name][measured.dataset].mean for name in methods}
            found.append(f"The paper's {metric.title} on {PAPER_DATASETS[measured.dataset]}: {_gaps(there, metric)}.")
    return found


def table_3_findings(timing: Timing, methods: Sequence[str], dataset: str) -> list[str]:
    """How much longer the full sequence takes, and how much longer it is."""
    long, short = methods
    times = [fmean(timing.seconds[name]) for name in methods]
    found = [
        f"Training on all {timing.snapshots[long]} snapshots takes {times[0] / times[1]:.1f} times as long as on the "
        f"newest {timing.snapshots[short]} ({seconds(times[0])} against {seconds(times[1])}).",
        f"It reads {timing.snapshots[long] / timing.snapshots[short]:.1f} times as many snapshots.",
    ]
    ratios = [one / other for one, other in zip(*(timing.seconds[name] for name in methods), strict=True)]
    if len(ratios) > 1:
        found.append(f"Over {len(ratios)} repeats the ratio of times is {min(ratios):.1f} to {max(ratios):.1f}.")
    if dataset in PAPER_DATASETS:
        theirs = TABLE_3[long][dataset] / TABLE_3[short][dataset]
        found.append(f"In the paper it is {theirs:.1f} on {PAPER_DATASETS[dataset]}.")
    return found


def _as_published(summaries: Sequence[Summary], ours: Summary, dataset: str) -> list[str]:
    """The paper's method over IU there and here, and how many pairs of methods stand in the paper's order."""
    metrics = [metric for metric in PAPER_METRICS if ours.scores[metric.name].mean is not None]
    there = " and ".join(_gain(TABLE_1[metric.name][OURS][dataset].improvement, metric) for metric in metrics)
    here = " and ".join(_gain(ours.scores[metric.name].improvement, metric) for metric in metrics)
    order = " and ".join(
        f"{kept} of {pairs} by {metric.title}"
        for metric in metrics
        for kept, pairs in [_kept_pairs(summaries, metric, dataset)]
    )
    return [
        f"In the paper, on {PAPER_DATASETS[dataset]}, {OURS} is {there} than {BASELINE}; here it is {here}.",
        f"Of the pairs of methods that the paper tells apart, these stand in its order here: {order}.",
    ]


def _gain(percent: float | None, metric: Metric) -> str:
    return f"{told_improvement(percent or 0.0)} in {metric.title}"


def _kept_pairs(summaries: Sequence[Summary], metric: Metric, dataset: str) -> tuple[int, int]:
    """How many pairs of methods have the paper's order here, and how many have one in the paper."""
    there = {each.method: TABLE_1[metric.name][each.method][dataset].mean for each in summaries}
    here = {each.method: each.scores[metric.name].mean or 0.0 for each in summaries}
    pairs = [(one, other) for one, other in combinations(there, 2) if there[one] != there[other]]
    kept = [(there[one] - there[other]) * (here[one] - here[other]) > 0 for one, other in pairs]
    return sum(kept), len(pairs)


def _gaps(means: Mapping[str, float | None], metric: Metric) -> str:
    """How much better or worse each is than the paper's method."""
    return ", ".join(
        f"{name} {told_improvement(metric.improvement(mean, means[OURS]) or 0.0)}"
        for name, mean in means.items()
        if name != OURS and mean is not None
    )
