"""From scored periods to one line a method: mean over test periods, spread over runs, improvement."""

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from statistics import fmean
from typing import TypeAlias

from freshrec.errors import DataError
from freshrec.evaluation.results import Result, csv_table
from freshrec.files import write_bytes
from freshrec.metrics import Metric

__all__ = ["SHOWN", "Score", "Summary", "deviation", "scores_of", "summarise", "write_summary"]

SHOWN = 2
"""How many metrics sentences, the main table and figures show; the others are in files and in a table of their own."""

Runs: TypeAlias = Mapping[int, float | None]
"""One value a run; None where no period of the run has one."""


@dataclass(frozen=True)
class Score:
    """A method in one metric, over the test periods.

    Attributes:
        mean: of the runs' means; None where the metric is undefined in every test period.
        std: the sample standard deviation between the runs' means; None for a single run.
        improvement: percent over the baseline, positive where better; None for and without a baseline.
        improvement_std: between runs, of the improvement within a run; None for a single run. Methods of a run share
            its seed and first model, so this says more about a difference than their own spreads do.
        low: lower end of the 95% interval of the improvement; None where it is not known.
        high: upper end of that interval.
        undefined_periods: in how many test periods the metric is undefined; the mean leaves them out.
        forms: the improvement in the other forms that the metric has, by title.
    """

    mean: float | None
    std: float | None = None
    improvement: float | None = None
    improvement_std: float | None = None
    low: float | None = None
    high: float | None = None
    undefined_periods: int = 0
    forms: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Summary:
    """One method on the test periods, as in the paper's Table 1.

    Each run gives one mean over its test periods; means and deviations are over the runs. The paper does not say
    which standard deviation it prints: this one divides by runs - 1.

    Attributes:
        method: the updater's name in the comparison.
        runs: how many seeded runs.
        test_periods: how many periods each run was scored on.
        scores: by the metric's name, in the order in which metrics rank.
        update_seconds: wall time of an update, mean over test periods and runs.
        serve_seconds: wall time of serving and scoring a period, mean over test periods and runs.
        trivial: whether it is a trivial baseline, which is shown and never called best.
        worse_than: the trivial baselines that have a better mean, however small the difference, with the names of the
            metrics in which they have it, of those that are shown; a method with one is worse than guessing. Of a
            method trained by BPR, metrics count that depend on the order of its logits alone.
        extends_model: whether it changes the base model, so that the updater alone does not make the difference.
    """

    method: str
    runs: int
    test_periods: int
    scores: Mapping[str, Score]
    update_seconds: float
    serve_seconds: float
    trivial: bool = False
    worse_than: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    extends_model: bool = False


def summarise(
    results: Iterable[Result],
    metrics: Sequence[Metric],
    baseline: str | None,
    trivial: Container[str] = (),
    trained_to_rank: Container[str] = (),
    extending: Container[str] = (),
) -> list[Summary]:
    """One summary a method, in the order in which the methods first appear.

    Args:
        results: scored periods of one data set; those outside the test split are left aside.
        metrics: those of the summaries, in the order in which they rank methods; the results have values of them.
        baseline: the method that improvements are relative to; without it among the results they are None.
        trivial: the methods that are trivial baselines.
        trained_to_rank: the methods whose logits rank and are no log odds.
        extending: the methods that change their base model.

    Raises:
        DataError: there is no test period, there are several data sets, or methods and runs were not all
            scored on the same test periods, so that their means cannot be compared.
    """
    methods = _test_periods(results)
    values = {
        metric.name: {method: _means_of_runs(runs, metric.name) for method, runs in methods.items()}
        for metric in metrics
    }
    summaries = []
    for method, runs in methods.items():
        scored = [each for run in runs.values() for each in run]
        scores = {}
        for metric in metrics:
            own, base = values[metric.name][method], values[metric.name].get(baseline or "")
            base = None if method == baseline else base
            undefined = len({each.scored_period for each in scored if each.scores[metric.name] is None})
            scores[metric.name] = replace(_score(metric, own, base), undefined_periods=undefined)
        summaries.append(
            Summary(
                method=method,
                runs=len(runs),
                test_periods=len(next(iter(runs.values()))),
                scores=scores,
                update_seconds=fmean(each.update_seconds for each in scored),
                serve_seconds=fmean(each.serve_seconds for each in scored),
                trivial=method in trivial,
                extends_model=method in extending,
            )
        )
    shown = metrics[:SHOWN]
    by_order = [metric for metric in shown if metric.order_only]
    baselines = [each for each in summaries if each.trivial]
    return [
        each
        if each.trivial
        else replace(each, worse_than=_better(each, baselines, by_order if each.method in trained_to_rank else shown))
        for each in summaries
    ]


def _better(one: Summary, baselines: Iterable[Summary], metrics: Sequence[Metric]) -> Mapping[str, tuple[str, ...]]:
    """The baselines with a better mean than a method, with the names of the metrics in which they have it."""
    found: dict[str, tuple[str, ...]] = {}
    for each in baselines:
        means = [(metric, one.scores[metric.name].mean, each.scores[metric.name].mean) for metric in metrics]
        names = tuple(
            metric.name
            for metric, own, base in means
            if own is not None and base is not None and metric.goodness(own) < metric.goodness(base)
        )
        if names:
            found[each.method] = names
    return found


def scores_of(summaries: Iterable[Summary], metric: Metric) -> list[Score]:
    """The score of every summary in one metric."""
    return [each.scores[metric.name] for each in summaries]


def write_summary(path: Path, summaries: Sequence[Summary]) -> None:
    """Write summary.csv: one line a method, floats with all their digits, empty where there is no number.

    A field of `Score` is a column with the metric's name before it, such as `auc_mean`.

    Raises:
        OutputError: the file cannot be written; what was there before is unchanged.
    """
    rows = [_row(each) for each in summaries]
    write_bytes(path, csv_table(tuple(rows[0]), rows))


def _row(summary: Summary) -> dict[str, str | int | float | None]:
    row: dict[str, str | int | float | None] = {
        "method": summary.method,
        "runs": summary.runs,
        "test_periods": summary.test_periods,
    }
    for metric, score in summary.scores.items():
        names = (each.name for each in fields(Score) if each.name != "forms")
        row |= {f"{metric}_{name}": getattr(score, name) for name in names}
        row |= {f"{metric}_{title.lower()}": value for title, value in score.forms.items()}
    row |= {name: getattr(summary, name) for name in ("update_seconds", "serve_seconds", "trivial", "extends_model")}
    return row | {"worse_than_guessing": bool(summary.worse_than)}


def _score(metric: Metric, own: Runs, base: Runs | None) -> Score:
    """The score of one method from its runs' means and the baseline's, None for and without a baseline."""
    mean = _mean(own.values())
    if base is None:
        return Score(mean, deviation(own.values()), forms=dict.fromkeys(metric.forms))
    over = _mean(base.values())
    return Score(
        mean,
        deviation(own.values()),
        metric.improvement(mean, over),
        deviation([metric.improvement(own[run], base[run]) for run in own.keys() & base.keys()]),
        forms={
            title: None if mean is None or over is None else form(mean, over) for title, form in metric.forms.items()
        },
    )


def _test_periods(results: Iterable[Result]) -> dict[str, dict[int, list[Result]]]:
    """Method to run to the results of its test periods; all on the same periods of one data set."""
    methods: dict[str, dict[int, list[Result]]] = {}
    datasets = set()
    for each in results:
        datasets.add(each.dataset)
        run = methods.setdefault(each.method, {}).setdefault(each.run, [])
        if each.split == "test":
            run.append(each)
    if len(datasets) > 1:
        raise DataError(f"results of several data sets ({', '.join(sorted(datasets))}). Summarise one at a time.")
    periods = {
        (method, run): sorted(each.scored_period for each in scored)
        for method, runs in methods.items()
        for run, scored in runs.items()
    }
    expected = max(periods.values(), key=len, default=[])
    if not expected:
        raise DataError("none of the results is of a test period. Score more periods, or move the split's bounds.")
    for (method, seeded), found in periods.items():
        if found != expected:
            raise DataError(
                f"{method}, run {seeded}, was scored on test periods {found}, but others on {expected}: "
                "means over different periods cannot be compared. Finish the comparison first."
            )
    return methods


def _means_of_runs(runs: Mapping[int, Sequence[Result]], metric: str) -> dict[int, float | None]:
    return {run: _mean(each.scores[metric] for each in scored) for run, scored in runs.items()}


def _mean(values: Iterable[float | None]) -> float | None:
    defined = [value for value in values if value is not None]
    return fmean(defined) if defined else None


def deviation(values: Iterable[float | None]) -> float | None:
    """The sample standard deviation; None for fewer than two values."""
    defined = [value for value in values if value is not None]
    if len(defined) < 2:
        return None
    mean = fmean(defined)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in defined) / (len(defined) - 1))
