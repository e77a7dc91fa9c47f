"""The headline claims what the intervals allow, and no more."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from freshrec.evaluation.finding import against, headline, on_extended_models, on_other_models, ranked
from freshrec.evaluation.results import Result
from freshrec.evaluation.summary import Summary, summarise
from freshrec.metrics import METRICS

Maker = Callable[..., list[Result]]
SCORED = METRICS["auc"], METRICS["logloss"]
Ends = Mapping[str, tuple[float, float]]


def summaries_of(results: list[Result], intervals: Mapping[str, Ends] | None = None) -> list[Summary]:
    """Summaries with given intervals, by method and metric."""
    return [
        replace(
            each,
            scores={
                name: replace(score, low=ends[name][0], high=ends[name][1]) if name in ends else score
                for name, score in each.scores.items()
            },
        )
        for each in summarise(results, SCORED, "iu")
        for ends in [(intervals or {}).get(each.method, {})]
    ]


def told(results: list[Result], intervals: Mapping[str, Ends] | None = None) -> list[str]:
    return headline(results, summaries_of(results, intervals), SCORED, "iu")


def test_a_method_is_better_where_the_interval_is_above_zero(scored: Maker) -> None:
    results = [*scored("iu", [0.70, 0.80], [0.5, 0.5]), *scored("asmg", [0.69, 0.84], [0.45, 0.5])]
    assert told(results, {"asmg": {"auc": (0.5, 3.5), "logloss": (-1.0, 11.0)}}) == [
        "asmg is better than iu on the 2 test periods: AUC 0.7650 against 0.7500, "
        "+2.00% (95% interval +0.50% to +3.50%).",
        "In log loss there is no clear difference: log loss 0.4750 against 0.5000, "
        "+5.00% (95% interval −1.00% to +11.00%).",
        "asmg has the better AUC in 1 of the 2 test periods.",
        "The interval is over users and periods of a single run: how much other seeds differ is not known.",
    ]


def test_there_is_no_clear_difference_where_it_covers_zero(scored: Maker) -> None:
    """However good the mean, and in however many periods."""
    results = [*scored("iu", [0.5] * 7), *scored("sml", [0.6] * 7)]
    first, *rest = told(results, {"sml": {"auc": (-4.4, 8.2), "logloss": (1.0, 2.0)}})
    assert first.startswith("No clear difference between sml and iu on the 7 test periods: AUC 0.6000 against 0.5000")
    assert rest[0].startswith("In log loss sml is better:")
    assert not any(" is better than iu" in each for each in (first, *rest))


def test_a_baseline_that_wins(scored: Maker) -> None:
    results = [*scored("bu-3", [0.6], [0.6]), *scored("iu", [0.8], [0.5]), *scored("asmg", [0.76], [0.5])]
    first, second, *_ = told(results, {"asmg": {"auc": (-6.0, -4.0), "logloss": (-0.1, 0.1)}})
    assert first == (
        "No method beats iu on the one test period. The closest, asmg, is worse: AUC 0.7600 against 0.8000, "
        "−5.00% (95% interval −6.00% to −4.00%)."
    )
    assert second.startswith("In log loss there is no clear difference")
    unclear, *_ = told(results, {"asmg": {"auc": (-11.0, 1.0)}})
    assert unclear.startswith("No clear difference between iu and asmg on the one test period")


def test_without_an_interval_nothing_is_claimed(scored: Maker) -> None:
    first, *_, last = told([*scored("iu", [0.5]), *scored("asmg", [0.6])])
    assert first.startswith("No clear difference between asmg and iu")
    assert last == "There is no interval, so nothing says how much of the difference is chance."


def test_others_that_are_better_are_named(scored: Maker) -> None:
    results = [*scored("iu", [0.5]), *scored("a", [0.7]), *scored("b", [0.6]), *scored("c", [0.55])]
    text = told(results, {"a": {"auc": (1.0, 80.0)}, "b": {"auc": (1.0, 40.0)}, "c": {"auc": (-1.0, 20.0)}})
    assert "Better than the baseline in AUC, too: b (+20.00%)." in text


def test_pairs_of_a_run_and_a_period_are_counted(scored: Maker) -> None:
    """One run that fails in all periods does not decide all periods."""
    results = [
        *(each for run in (0, 1, 2) for each in scored("sml", [0.74, 0.74], run=run)),
        *(each for run in (0, 1) for each in scored("iu", [0.75, 0.75], run=run)),
        *scored("iu", [0.5, 0.5], run=2),
    ]
    text = told(results, {"sml": {"auc": (-50.0, 70.0)}})
    assert "sml has the better AUC in 2 of the 6 pairs of a run and a test period." in text
    assert text[-1] == "The interval is over users and periods and the seeds of 3 runs."


def test_two_runs_are_said_to_be_few(scored: Maker) -> None:
    results = [each for run in (0, 1) for method in ("iu", "sml") for each in scored(method, [0.7, 0.8], run=run)]
    *_, last = told(results, {"sml": {"auc": (-5.0, 5.0)}})
    assert last == (
        "The interval is over users and periods and the seeds of 2 runs; two say little about seeds, three or more "
        "make it narrower."
    )


def test_periods_without_auc_do_not_count_as_won(scored: Maker) -> None:
    text = told([*scored("iu", [0.5, None, 0.5]), *scored("asmg", [0.6, None, 0.6])])
    assert "asmg has the better AUC in 2 of the 2 test periods." in text


def test_without_the_baseline(scored: Maker) -> None:
    first, second = told([*scored("bu-3", [0.6]), *scored("bu-5", [0.7])])
    assert first.startswith(
        "bu-5 has AUC 0.7000 and log loss 0.5000 on the one test period; next is bu-3 with AUC 0.6000"
    )
    assert second.startswith("Without a baseline there is no interval")


def test_one_method(scored: Maker) -> None:
    assert told(scored("iu", [0.6, 0.6])) == [
        "iu has AUC 0.6000 and log loss 0.5000 on the 2 test periods.",
        "It is the only method here, so there is nothing to compare it with.",
    ]


def test_ranked_by_log_loss_where_no_auc_is_defined(scored: Maker) -> None:
    first, second, *_ = told(
        [*scored("iu", [None], [0.5]), *scored("asmg", [None], [0.4])], {"asmg": {"logloss": (18.0, 22.0)}}
    )
    assert first.startswith("asmg is better than iu on the one test period: log loss 0.4000 against 0.5000")
    assert second == "In AUC there is no clear difference: AUC is undefined."


def test_other_base_models_than_the_baselines() -> None:
    assert on_other_models({"iu": int, "sml": int}, "iu") == ""
    assert on_other_models({"sml": int, "sml-mf": str}, "iu") == ""
    told = on_other_models({"iu": int, "a": str, "b": int, "c": str}, "iu")
    assert told.startswith("a, c have another base model than iu: what sets them apart from iu")


def test_methods_that_change_the_base_model(scored: Maker) -> None:
    results = [*scored("iu", [0.5]), *scored("a", [0.7]), *scored("b", [0.6])]
    none, one, two = (summarise(results, SCORED, "iu", extending=names) for names in ((), ("a",), ("a", "b")))
    assert on_extended_models(none) == ""
    assert on_extended_models(one) == (
        "a changes the base model: what sets it apart from other methods is not the updater alone."
    )
    assert on_extended_models(two).startswith("a, b change the base model: what sets them apart")


@pytest.mark.parametrize("turned", [False, True])
def test_one_method_against_another(scored: Maker, turned: bool) -> None:
    one, other = summaries_of([*scored("sml", [0.6], [0.5]), *scored("asmg", [0.66], [0.4])])
    assert (
        against(other, one, SCORED)
        == "10.00% better in AUC (0.6600 against 0.6000) and 20.00% better in log loss (0.4000 against 0.5000)"
    )
    assert ranked([other, one] if turned else [one, other], SCORED) == [other, one]
