"""Trivial baselines in a comparison: added unless switched off, marked, never best."""

from collections.abc import Callable
from pathlib import Path

import pytest

from freshrec.data import Stream
from freshrec.errors import ConfigError
from freshrec.evaluation import CompareSettings, Result, compare, headline, ranked, summarise, summary_table
from freshrec.evaluation.finding import baseline_note
from freshrec.metrics import DEFAULT_METRICS, METRICS, measure
from freshrec.models import ConstantLogit, ItemLogit
from freshrec.params import params_of
from freshrec.testing import tiny_stream
from freshrec.training import Fitted, Run, predict
from freshrec.updaters import IU, Constant, ItemOdds

Maker = Callable[..., list[Result]]
SCORED = METRICS["auc"], METRICS["logloss"]
BASELINES = frozenset({"constant", "item-odds"})


def test_every_comparison_has_them_unless_they_are_switched_off() -> None:
    assert CompareSettings(methods=("iu",)).compared == ("iu", "constant", "item-odds")
    assert CompareSettings(methods=("item-odds", "iu")).compared == ("item-odds", "iu", "constant")
    assert CompareSettings(methods=("iu",), baselines=False).compared == ("iu",)


def test_a_variant_of_one_is_one() -> None:
    settings = CompareSettings(
        methods=("iu", "smooth"), overrides={"smooth": {"method": "item-odds", "smoothing": 9}, "item-odds": {}}
    )
    assert settings.trivial == {"smooth", *BASELINES}
    assert settings.updaters()["smooth"] == ItemOdds(smoothing=9)


def test_they_have_no_other_base_model() -> None:
    with pytest.raises(ConfigError, match=r"overrides\.odds\.model is .*item-odds has a base model of its own"):
        CompareSettings(methods=("odds",), overrides={"odds": {"method": "item-odds", "model": "matrix-factorisation"}})


def test_improvements_may_be_over_one_of_them() -> None:
    assert CompareSettings(methods=("iu",), baseline="constant").compared_to == "constant"
    with pytest.raises(ConfigError, match=r"baseline is 'constant': it is not among the methods\. Known are: iu\."):
        CompareSettings(methods=("iu",), baseline="constant", baselines=False)


def scores_of(updater: Constant | ItemOdds, stream: Stream, period: int) -> dict[str, float | None]:
    """The scores of a period by an updater that has seen every period before it, pre-training or not."""
    model = ConstantLogit(stream.schema) if isinstance(updater, Constant) else ItemLogit(stream.schema)
    run, samples = Run(model), stream.periods[period - 1].samples()
    state = updater.init(Fitted.untrained(params_of(model)), run)
    for number in range(1, period):
        state = updater.update(state, stream.periods[:number], run)  # type: ignore[arg-type]
    logit = predict(model, updater.serving(state, run), samples)  # type: ignore[arg-type]
    return measure(DEFAULT_METRICS, samples.label, logit, samples.user)


def test_a_comparison_scores_them_from_the_first_period_after_pretraining(tmp_path: Path) -> None:
    stream = tiny_stream()
    settings = CompareSettings(methods=("iu",), dim=3, base=IU(batch_size=16))
    comparison = compare(stream, settings, tmp_path / "with")
    for name, updater in (("constant", Constant()), ("item-odds", ItemOdds())):
        results = [each for each in comparison.results if each.method == name]
        assert [each.scored_period for each in results] == [3, 4, 5, 6, 7]
        expected = [scores_of(updater, stream, each.scored_period) for each in results]
        assert [each.scores for each in results] == expected
    page = comparison.report.read_text()
    assert "(baseline)" in page
    assert "Trivial baselines, which no ranking counts: constant has AUC 0.5000" in page
    alone = compare(stream, settings.model_copy(update={"baselines": False}), tmp_path / "without")
    timeless = [[(r.method, r.period, r.scores) for r in each.results] for each in (alone, comparison)]
    assert timeless[0] == [each for each in timeless[1] if each[0] == "iu"]
    assert "(baseline)" not in alone.report.read_text()
    assert "Trivial baselines" not in alone.report.read_text()


def test_they_are_never_called_best(scored: Maker) -> None:
    results = [*scored("iu", [0.6], [0.7]), *scored("sml", [0.5], [0.8]), *scored("item-odds", [0.9], [0.1])]
    summaries = summarise(results, SCORED, "iu", BASELINES)
    assert [each.method for each in ranked(summaries, SCORED)] == ["iu", "sml", "item-odds"]
    assert headline(results, summaries, SCORED, "iu")[0].startswith("No clear difference between iu and sml")
    assert baseline_note(summaries, SCORED).endswith("item-odds has AUC 0.9000 and log loss 0.1000.")
    rows = summary_table(summaries, SCORED, "iu").rows
    assert [str(row[0]) for row in rows] == [
        "iu (worse than guessing)",
        "sml (worse than guessing)",
        "item-odds (baseline)",
    ]
    assert [cell.best for cell in rows[0][1:]] == [True, False, True, False]
    assert not any(cell.best for cell in rows[2])


def test_without_them_there_is_no_sentence_on_them(scored: Maker) -> None:
    assert baseline_note(summarise(scored("iu", [0.6]), SCORED, "iu"), SCORED) == ""
