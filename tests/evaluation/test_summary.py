import csv
import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from freshrec.errors import DataError
from freshrec.evaluation.results import Result
from freshrec.evaluation.summary import Summary, summarise, write_summary
from freshrec.metrics import METRICS

Maker = Callable[..., list[Result]]
SCORED = METRICS["auc"], METRICS["logloss"]


def summaries_of(results: Iterable[Result], baseline: str | None = "iu") -> list[Summary]:
    return summarise(results, SCORED, baseline)


def test_mean_of_run_means_and_sample_deviation(scored: Maker) -> None:
    runs = [[0.70, 0.72], [0.74, 0.76], [0.71, 0.73]]
    results = [each for run, auc in enumerate(runs) for each in scored("iu", auc, run=run)]
    (summary,) = summaries_of(results)
    means = np.mean(runs, axis=1)
    assert summary.runs == 3
    assert summary.test_periods == 2
    assert summary.scores["auc"].mean == pytest.approx(np.mean(means), rel=1e-14)
    assert summary.scores["auc"].std == pytest.approx(np.std(means, ddof=1), rel=1e-12)
    assert summary.scores["logloss"].mean == 0.5
    assert summary.scores["logloss"].std == 0.0
    assert summary.update_seconds == 2.0
    assert summary.serve_seconds == 0.5


@pytest.mark.parametrize(
    ("method", "auc", "logloss", "auc_percent", "logloss_percent"),
    [
        ("bu-3", 0.8107, 0.5518, -0.89, -2.53),
        ("spmf", 0.8187, 0.5220, 0.09, 3.01),
        ("asmg-gru-multi", 0.8289, 0.5079, 1.33, 5.63),
    ],
)
def test_improvement_is_the_papers_for_tmall(
    scored: Maker, method: str, auc: float, logloss: float, auc_percent: float, logloss_percent: float
) -> None:
    base, other = summaries_of([*scored("iu", [0.8180], [0.5382]), *scored(method, [auc], [logloss])])
    assert (base.scores["auc"].improvement, base.scores["logloss"].improvement) == (None, None)
    assert other.scores["auc"].improvement == pytest.approx(auc_percent, abs=0.006)
    assert other.scores["logloss"].improvement == pytest.approx(logloss_percent, abs=0.006)


def test_the_spread_of_an_improvement_is_between_runs_of_what_it_is_within_a_run(scored: Maker) -> None:
    base, mine = [[0.70, 0.74], [0.80, 0.84], [0.60, 0.62]], [[0.71, 0.75], [0.80, 0.86], [0.62, 0.64]]
    results = [each for run, auc in enumerate(base) for each in scored("iu", auc, [0.5, 0.5], run=run)]
    results += [
        each for run, auc in reversed(list(enumerate(mine))) for each in scored("mine", auc, [0.4, 0.5], run=run)
    ]
    first, second = summaries_of(results)
    assert (first.scores["auc"].improvement_std, first.scores["logloss"].improvement_std) == (None, None)
    within = 100 * (np.mean(mine, axis=1) / np.mean(base, axis=1) - 1)
    assert second.scores["auc"].improvement_std == pytest.approx(np.std(within, ddof=1), rel=1e-10)
    assert second.scores["logloss"].improvement_std == pytest.approx(0, abs=1e-12)
    (_, single) = summaries_of([*scored("iu", [0.7]), *scored("mine", [0.8])])
    assert (single.scores["auc"].improvement_std, single.scores["logloss"].improvement_std) == (None, None)


def test_another_baseline_can_be_named(scored: Maker) -> None:
    results = [*scored("iu", [0.6]), *scored("bu-3", [0.5])]
    first, second = summaries_of(results, baseline="bu-3")
    assert first.scores["auc"].improvement == pytest.approx(20.0)
    assert second.scores["auc"].improvement is None


def test_without_the_baseline_there_is_no_improvement(scored: Maker) -> None:
    summaries = summaries_of([*scored("bu-3", [0.6]), *scored("bu-5", [0.7])])
    assert [each.method for each in summaries] == ["bu-3", "bu-5"]
    assert {each.scores["auc"].improvement for each in summaries} == {None}
    assert {each.scores["logloss"].improvement for each in summaries} == {None}


def test_only_test_periods_count(scored: Maker) -> None:
    results = [
        *scored("iu", [0.1], first=21, split="warmup"),
        *scored("iu", [0.2], first=22, split="validation"),
        *scored("iu", [0.7], first=23),
    ]
    (summary,) = summaries_of(results)
    assert (summary.scores["auc"].mean, summary.test_periods) == (0.7, 1)


def test_undefined_aucs_are_counted_and_left_out(scored: Maker) -> None:
    results = [*scored("iu", [0.6, None, 0.8]), *scored("iu", [0.6, None, 0.8], run=1)]
    (summary,) = summaries_of(results)
    assert summary.scores["auc"].mean == pytest.approx(0.7)
    assert summary.scores["auc"].undefined_periods == 1
    assert summary.scores["logloss"].undefined_periods == 0
    assert summary.test_periods == 3


def test_no_auc_at_all(scored: Maker) -> None:
    base, other = summaries_of([*scored("iu", [None]), *scored("bu-3", [None], [0.4])])
    assert (base.scores["auc"].mean, base.scores["auc"].std, other.scores["auc"].improvement) == (None, None, None)
    assert other.scores["logloss"].improvement == pytest.approx(20.0)


def test_one_run_has_no_spread(scored: Maker) -> None:
    (summary,) = summaries_of(scored("iu", [0.6, 0.7]))
    assert (summary.scores["auc"].std, summary.scores["logloss"].std) == (None, None)


def test_an_infinite_loss_stays_infinite(scored: Maker) -> None:
    results = [*scored("iu", [0.6], [math.inf]), *scored("iu", [0.6], [0.5], run=1)]
    assert summaries_of(results)[0].scores["logloss"].mean == math.inf


def test_no_test_period_is_refused(scored: Maker) -> None:
    with pytest.raises(DataError, match="none of the results is of a test period"):
        summaries_of(scored("iu", [0.6], split="validation"))
    with pytest.raises(DataError, match="none of the results"):
        summaries_of([])


def test_means_over_different_periods_are_refused(scored: Maker) -> None:
    with pytest.raises(DataError, match=r"bu-3, run 0, .* periods \[24\], but others on \[24, 25\]"):
        summaries_of([*scored("iu", [0.6, 0.7]), *scored("bu-3", [0.6])])


def test_several_data_sets_are_refused(scored: Maker) -> None:
    other = [replace(each, dataset="films") for each in scored("iu", [0.6])]
    with pytest.raises(DataError, match=r"several data sets \(films, shop\)"):
        summaries_of([*scored("iu", [0.6]), *other])


def test_the_file_holds_every_field_with_all_its_digits(tmp_path: Path, scored: Maker) -> None:
    summaries = summaries_of([*scored("iu", [0.1 + 0.2]), *scored("bu-3", [None])])
    write_summary(tmp_path / "summary.csv", summaries)
    with (tmp_path / "summary.csv").open() as file:
        lines = list(csv.DictReader(file))
    fields = ("mean", "std", "improvement", "improvement_std", "low", "high", "undefined_periods")
    assert list(lines[0]) == [
        *("method", "runs", "test_periods"),
        *(f"auc_{field}" for field in fields),
        "auc_relaimpr",
        *(f"logloss_{field}" for field in fields),
        *("update_seconds", "serve_seconds", "trivial", "extends_model", "worse_than_guessing"),
    ]
    assert float(lines[0]["auc_mean"]) == 0.1 + 0.2
    assert (lines[0]["auc_std"], lines[1]["auc_mean"]) == ("", "")


def test_other_forms_of_improvement_that_a_metric_has(scored: Maker) -> None:
    base, other, third = summaries_of([*scored("iu", [0.7]), *scored("sml", [0.75]), *scored("bu-3", [None])])
    assert base.scores["auc"].forms == third.scores["auc"].forms == {"RelaImpr": None}
    assert other.scores["auc"].forms == {"RelaImpr": pytest.approx(25.0)}
    assert other.scores["logloss"].forms == {}
