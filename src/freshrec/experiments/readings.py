"""What a figure shows, in sentences that are computed from its values."""

from collections import Counter
from collections.abc import Mapping

from freshrec.evaluation import Score
from freshrec.experiments.measured import BASELINE
from freshrec.experiments.sweeps import Sweep
from freshrec.metrics import Metric

__all__ = ["period_readings", "sweep_readings"]


def period_readings(points: Mapping[str, Mapping[int, Score]], metric: Metric) -> list[str]:
    """Which methods are best in how many periods, and in how many each is better than IU.

    Args:
        points: method to scored period to its score; IU is one of the methods.
        metric: what the scores are.
    """
    goodness = {
        method: {period: metric.goodness(score.mean) for period, score in scores.items() if score.mean is not None}
        for method, scores in points.items()
    }
    periods = list(goodness[BASELINE])
    if not periods:
        return [f"{metric.heading} is undefined in all of these periods."]
    best = Counter(max(goodness, key=lambda method: goodness[method][period]) for period in periods)
    above = {
        method: sum(values[period] > goodness[BASELINE][period] for period in periods)
        for method, values in goodness.items()
        if method != BASELINE
    }
    whole = len(periods)
    return [
        f"Best {metric.title} of the {whole} test periods: {_counted(best, whole)}.",
        f"{metric.heading} better than {BASELINE}'s: {_counted(above, whole)}.",
    ]


def sweep_readings(sweep: Sweep, scores: Mapping[str, Score], metric: Metric) -> list[str]:
    """The best and the worst value of a setting, how far apart they are, and how many are better than IU.

    Args:
        sweep: the setting.
        scores: by method; IU and all variants of the sweep.
        metric: what the scores are.
    """
    means = {value: mean for value, name in sweep.variants.items() if (mean := scores[name].mean) is not None}
    base, name, title = scores[BASELINE].mean, metric.heading, sweep.title.lower()
    if not means or base is None:
        return [f"({sweep.panel}) {name} is undefined in all of these periods."]
    best, worst = (pick(means, key=lambda value: metric.goodness(means[value])) for pick in (max, min))
    better = sum(metric.goodness(mean) > metric.goodness(base) for mean in means.values())
    spreads = [scores[sweep.variants[value]].std for value in (best, worst)]
    return [
        f"({sweep.panel}) {name} is best with a {title} of {best} ({means[best]:.4f}) and worst with {worst} "
        f"({means[worst]:.4f}); {_share(better, len(means))} better than {BASELINE} ({base:.4f}).",
        *_apart(means[best] - means[worst], [spread for spread in spreads if spread]),
    ]


def _apart(gap: float, spreads: list[float]) -> list[str]:
    """How much of a difference may be chance; nothing can be said of a single run."""
    if not spreads:
        return []
    return [
        f"The two are {abs(gap) / max(spreads):.1f} times the larger of their standard deviations between runs apart."
    ]


def _share(number: int, whole: int) -> str:
    return {0: f"none of the {whole} is", 1: f"1 of the {whole} is", whole: f"all {whole} are"}.get(
        number, f"{number} of the {whole} are"
    )


def _counted(periods: Mapping[str, int], whole: int) -> str:
    """Methods in how many of the periods, the most first, those of one count together."""
    groups: dict[int, list[str]] = {}
    for method, number in sorted(periods.items(), key=lambda item: -item[1]):
        groups.setdefault(number, []).append(method)
    words = {0: "none", whole: f"all {whole}"}
    return "; ".join(f"{', '.join(methods)} in {words.get(number, number)}" for number, methods in groups.items())
