from collections.abc import Callable

import pytest

from freshrec.evaluation.finding import against, headline, on_other_models, ranked
from freshrec.evaluation.results import Result
from freshrec.evaluation.summary import Summary, summarise
from freshrec.metrics import METRICS

Maker = Callable[..., list[Result]]
SCORED = METRICS["auc"], METRICS["logloss"]


def told(results: list[Result]) -> str:
    return " ".join(headline(results, summaries_of(results), SCORED, "iu"))


def summaries_of(results: list[Result]) -> list[Summary]:
    return summarise(results, SCORED, "iu")


def test_a_method_that_beats_the_baseline(scored: Maker) -> None:
    results = [*scored("iu", [0.70, 0.80], [0.5, 0.5]), *scored("asmg", [0.69, 0.84], [0.45, 0.5])]
    text = told(results)
    assert text.startswith("asmg is best on the 2 test periods: it has AUC 0.7650 and log loss 0.4750.")
    assert (
        "Against iu: 2.00% better in AUC (0.7650 against 0.7500) and 5.00% better in log loss (0.4750 against 0.5000)"
        in text
    )
    assert "its AUC is the better one in 1 of the 2 test periods." in text
    assert text.endswith("This is a single run: only several runs can show how much of a difference is chance.")


def test_other_base_models_than_the_baselines() -> None:
    assert on_other_models({"iu": int, "sml": int}, "iu") == ""
    assert on_other_models({"sml": int, "sml-mf": str}, "iu") == ""
    told = on_other_models({"iu": int, "a": str, "b": int, "c": str}, "iu")
    assert told.startswith("a, c have another base model than iu: what sets them apart from iu")


def test_metrics_that_disagree_are_said_to(scored: Maker) -> None:
    text = told([*scored("iu", [0.5], [0.5]), *scored("asmg", [0.6], [0.6])])
    assert text.startswith("asmg is best on the one test period:")
    assert "20.00% better in AUC (0.6000 against 0.5000) and 20.00% worse in log loss (0.6000 against 0.5000)." in text


def test_a_baseline_that_wins(scored: Maker) -> None:
    text = told([*scored("bu-3", [0.6], [0.6]), *scored("iu", [0.8], [0.5]), *scored("asmg", [0.76], [0.5])])
    assert text.startswith("No method beats iu on the one test period: it has AUC 0.8000")
    closest = "The closest is asmg: 5.00% worse in AUC (0.7600 against 0.8000)"
    assert f"{closest} and no difference in log loss (0.5000 against 0.5000)." in text


def test_without_the_baseline(scored: Maker) -> None:
    text = told([*scored("bu-3", [0.6]), *scored("bu-5", [0.7])])
    assert text.startswith("bu-5 is best on the one test period: it has AUC 0.7000")
    assert "Next is bu-3 with AUC 0.6000 and log loss 0.5000." in text


def test_one_method(scored: Maker) -> None:
    text = told(scored("iu", [0.6, 0.6]))
    assert text == (
        "iu has AUC 0.6000 and log loss 0.5000 on the 2 test periods. "
        "It is the only method here, so there is nothing to compare it with."
    )


def test_ranked_by_log_loss_where_no_auc_is_defined(scored: Maker) -> None:
    text = told([*scored("iu", [None], [0.5]), *scored("asmg", [None], [0.4])])
    assert text.startswith("asmg is best on the one test period: it has log loss 0.4000.")
    assert "Against iu: 20.00% better in log loss (0.4000 against 0.5000)." in text


def test_periods_without_auc_do_not_count_as_won(scored: Maker) -> None:
    text = told([*scored("iu", [0.5, None, 0.5]), *scored("asmg", [0.6, None, 0.6])])
    assert "the better one in 2 of the 2 test periods where it is defined." in text


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        (
            [(0.70, 0.75), (0.72, 0.77)],
            "Run by run, the difference in AUC to iu is 50.2 times its standard deviation between 2 runs.",
        ),
        (
            [(0.70, 0.75), (0.80, 0.75), (0.60, 0.75)],
            "Run by run, the difference in AUC to iu is 0.5 times its standard deviation between 3 runs.",
        ),
        ([(0.70, 0.75), (0.70, 0.75)], "All 2 runs gave the same AUC."),
    ],
)
def test_the_difference_is_held_against_the_spread(
    scored: Maker, runs: list[tuple[float, float]], expected: str
) -> None:
    results = [
        each
        for run, (base, other) in enumerate(runs)
        for each in (*scored("iu", [base], run=run), *scored("asmg", [other], run=run))
    ]
    assert told(results).endswith(expected)


def test_one_method_against_another(scored: Maker) -> None:
    one, other = summaries_of([*scored("sml", [0.6], [0.5]), *scored("asmg", [0.66], [0.4])])
    assert (
        against(other, one, SCORED)
        == "10.00% better in AUC (0.6600 against 0.6000) and 20.00% better in log loss (0.4000 against 0.5000)"
    )
    assert ranked([one, other], SCORED) == [other, one]
