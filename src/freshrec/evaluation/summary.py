"""From scored periods to one line a method: mean over test periods, spread over runs, improvement."""

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from freshrec.errors import DataError
from freshrec.evaluation.results import Result, csv_bytes
from freshrec.files import write_bytes

__all__ = ["Summary", "improvement", "summarise", "write_summary"]


@dataclass(frozen=True)
class Summary:
    """One method on the test periods, as in the paper's Table 1.

    Each run gives one mean over its test periods; `mean` and `std` are over the runs. The paper does not say
    which standard deviation it prints: this one divides by runs - 1, and is None for a single run.

    Attributes:
        method: the updater's name in the comparison.
        runs: how many seeded runs.
        test_periods: how many periods each run was scored on.
        undefined_periods: how many of them have no AUC, all labels being equal; the AUC mean leaves them out.
        auc_mean: in [0, 1]; None where every test period's AUC is undefined.
        auc_std: spread between runs; None for a single run.
        auc_improvement: percent over the baseline, positive where better; None for and without a baseline.
        auc_improvement_std: spread between runs of the improvement within a run; None for a single run. Methods of a
            run share its seed and first model, so this tells more of a difference than their own spreads do.
        logloss_mean: in nats a sample.
        logloss_std: spread between runs; None for a single run.
        logloss_improvement: percent over the baseline, positive where better, that is where lower.
        logloss_improvement_std: as that of the AUC.
        update_seconds: wall time of an update, mean over test periods and runs.
        serve_seconds: wall time of serving and scoring a period, mean over test periods and runs.
        trivial: whether it is a trivial baseline, which is shown and never called best.
    """

    method: str
    runs: int
    test_periods: int
    undefined_periods: int
    auc_mean: float | None
    auc_std: float | None
    auc_improvement: float | None
    auc_improvement_std: float | None
    logloss_mean: float
    logloss_std: float | None
    logloss_improvement: float | None
    logloss_improvement_std: float | None
    update_seconds: float
    serve_seconds: float
    trivial: bool = False


def summarise(results: Iterable[Result], baseline: str = "iu", trivial: Container[str] = ()) -> list[Summary]:
    """One summary a method, in the order in which the methods first appear.

    Args:
        results: scored periods of one data set; those outside the test split are left aside.
        baseline: the method that improvements are relative to; without it among the results they are None.
        trivial: the methods that are trivial baselines.

    Raises:
        DataError: there is no test period, there are several data sets, or methods and runs were not all
            scored on the same test periods, so that their means cannot be compared.
    """
    methods = _test_periods(results)
    auc = {method: {run: _mean_auc(scored) for run, scored in runs.items()} for method, runs in methods.items()}
    logloss = {
        method: {run: fmean(each.logloss for each in scored) for run, scored in runs.items()}
        for method, runs in methods.items()
    }
    losses = {method: {run: -value for run, value in runs.items()} for method, runs in logloss.items()}
    summaries = []
    for method, runs in methods.items():
        scored = [each for run in runs.values() for each in run]
        base = baseline if baseline in methods and method != baseline else None
        summaries.append(
            Summary(
                method=method,
                runs=len(runs),
                test_periods=len(next(iter(runs.values()))),
                undefined_periods=len({each.scored_period for each in scored if each.auc is None}),
                auc_mean=_mean(auc[method].values()),
                auc_std=deviation(auc[method].values()),
                auc_improvement=_improvement(auc[method], auc[base]) if base else None,
                auc_improvement_std=_spread(auc[method], auc[base]) if base else None,
                logloss_mean=fmean(logloss[method].values()),
                logloss_std=deviation(logloss[method].values()),
                logloss_improvement=_improvement(losses[method], losses[base]) if base else None,
                logloss_improvement_std=_spread(losses[method], losses[base]) if base else None,
                update_seconds=fmean(each.update_seconds for each in scored),
                serve_seconds=fmean(each.serve_seconds for each in scored),
                trivial=method in trivial,
            )
        )
    return summaries


def write_summary(path: Path, summaries: Iterable[Summary]) -> None:
    """Write summary.csv: one line a method, floats with all their digits, empty where there is no number.

    Raises:
        OutputError: the file cannot be written; what was there before is unchanged.
    """
    write_bytes(path, csv_bytes(Summary, summaries))


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


def _mean_auc(run: Sequence[Result]) -> float | None:
    return _mean([each.auc for each in run if each.auc is not None])


def _improvement(runs: Mapping[int, float | None], base: Mapping[int, float | None]) -> float | None:
    """Of the mean over runs."""
    return improvement(_mean(runs.values()), _mean(base.values()))


def _spread(runs: Mapping[int, float | None], base: Mapping[int, float | None]) -> float | None:
    """Of the improvements within the runs that both have."""
    return deviation([improvement(runs[run], base[run]) for run in runs.keys() & base.keys()])


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


def improvement(value: float | None, base: float | None) -> float | None:
    """How much greater a value is than a base, in percent of it; of a log loss, give both with a minus.

    >>> round(improvement(0.8289, 0.8180), 2), round(improvement(-0.5079, -0.5382), 2)
    (1.33, 5.63)
    """
    return None if value is None or not base else 100 * (value - base) / abs(base)
