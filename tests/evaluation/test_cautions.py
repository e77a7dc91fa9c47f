"""Methods that are worse than guessing and runs that did not learn are named."""

from collections.abc import Callable

from freshrec.evaluation.cautions import cautions
from freshrec.evaluation.results import Result
from freshrec.evaluation.summary import summarise
from freshrec.metrics import METRICS

Maker = Callable[..., list[Result]]
SCORED = METRICS["auc"], METRICS["logloss"]
TRIVIAL = frozenset({"constant", "item-odds"})


def told(results: list[Result]) -> list[str]:
    return cautions(results, summarise(results, SCORED, "iu", TRIVIAL), SCORED)


def test_a_method_below_a_trivial_baseline_is_worse_than_guessing(scored: Maker) -> None:
    baselines = [*scored("constant", [0.5], [0.693]), *scored("item-odds", [0.7], [0.6])]
    results = [*scored("iu", [0.8], [0.95]), *scored("sml", [0.75], [0.5]), *scored("asmg", [0.69], [0.5]), *baselines]
    assert told(results) == [
        "iu is worse than guessing: log loss 0.9500 against 0.6930 of constant, log loss 0.9500 against 0.6000 of "
        "item-odds.",
        "asmg is worse than guessing: AUC 0.6900 against 0.7000 of item-odds.",
    ]
    worse = {each.method: dict(each.worse_than) for each in summarise(results, SCORED, "iu", TRIVIAL)}
    assert worse["iu"] == {"constant": ("logloss",), "item-odds": ("logloss",)}
    assert worse["asmg"] == {"item-odds": ("auc",)}
    assert worse["sml"] == worse["constant"] == worse["item-odds"] == {}


def test_logits_that_only_rank_are_not_judged_as_log_odds(scored: Maker) -> None:
    results = [*scored("iu", [0.8], [0.95]), *scored("bu", [0.45], [0.95]), *scored("constant", [0.5], [0.693])]
    summaries = summarise(results, SCORED, "iu", TRIVIAL, trained_to_rank={"iu", "bu"})
    first, second = cautions(results, summaries, SCORED)
    assert first == "bu is worse than guessing: AUC 0.4500 against 0.5000 of constant."
    assert second.startswith("Run 0 of bu did not learn")


def test_undefined_scores_are_not_worse(scored: Maker) -> None:
    assert told([*scored("iu", [None], [0.5]), *scored("constant", [None], [0.6])]) == []


def test_a_run_that_did_not_learn_is_named(scored: Maker) -> None:
    """As the run that one log's headline was decided by: 0.44 to 0.54 in every period, the others at 0.74 to 0.8."""
    results = [
        *scored("iu", [0.76, 0.78, 0.75], run=0),
        *scored("iu", [0.44, 0.54, 0.52], run=1),
        *scored("sml", [0.8, 0.8, 0.8], run=0),
        *scored("sml", [0.74, 0.75, 0.76], run=1),
        *scored("constant", [0.5, 0.5, 0.5], [0.7] * 3),
    ]
    assert told(results) == [
        "Run 1 of iu did not learn: its AUC is 0.44 to 0.54 in the scored periods; the medians of runs that learned "
        "are 0.75 to 0.80. The means include it."
    ]


def test_periods_of_every_split_count(scored: Maker) -> None:
    """A run that learned before the test periods learned."""
    results = [
        *scored("iu", [0.76] * 3, run=0),
        *scored("iu", [0.7] * 4, first=20, split="warmup", run=1),
        *scored("iu", [0.5] * 3, run=1),
    ]
    assert told(results) == []


def test_where_nothing_learns_no_run_is_named(scored: Maker) -> None:
    assert told([*scored("iu", [0.5, 0.51]), *scored("sml", [0.5, 0.56])]) == []


def test_without_a_metric_that_knows_chance_no_run_is_named(scored: Maker) -> None:
    results = [*scored("iu", [0.5, 0.5]), *scored("sml", [0.8, 0.8])]
    assert cautions(results, summarise(results, SCORED, "iu"), SCORED[1:]) == []
