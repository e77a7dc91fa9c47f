"""Which trial is chosen, and what of it is written down."""

import pytest

from freshrec.errors import DivergedError
from freshrec.evaluation import CompareSettings, Splits
from freshrec.metrics import METRICS, Metric
from freshrec.tuning import Choice, TuneSettings
from freshrec.tuning.choice import choose, comparison
from freshrec.tuning.trial import Outcome
from freshrec.updaters import IU

AUC, LOGLOSS = METRICS["auc"], METRICS["logloss"]
PLAN = tuple({"epochs": epochs} for epochs in (1, 5, 10, 20))
WILD = Outcome(diverged="the loss became nan at step 3.")


def outcome(auc: float | None, logloss: float) -> Outcome:
    return Outcome({"auc": auc, "logloss": logloss})


def chosen(*outcomes: Outcome, metrics: tuple[Metric, ...] = (AUC, LOGLOSS)) -> Choice:
    return choose("iu", PLAN, PLAN[0], dict(enumerate(outcomes)), metrics)


def test_the_best_wins_and_of_equals_the_first() -> None:
    outcomes = (
        outcome(0.6, 0.5),
        outcome(0.7, 0.6),
        outcome(0.7, 0.4),
        WILD,
    )
    assert chosen(*outcomes) == Choice("iu", {"epochs": 5}, outcomes[1], outcomes[0], 4, 1)
    assert chosen(*outcomes, metrics=(LOGLOSS, AUC)).settings == {"epochs": 10}
    assert chosen(*(outcome(0.6, 0.5),) * 4).settings == {"epochs": 1}


def test_where_auc_is_undefined_the_log_loss_decides() -> None:
    assert chosen(
        outcome(None, 0.5),
        outcome(None, 0.3),
        outcome(None, 0.4),
        WILD,
    ).settings == {"epochs": 5}


def test_the_first_may_diverge_and_may_not_be_untuned() -> None:
    assert chosen(WILD, WILD, outcome(0.5, 0.7), WILD).untuned == WILD
    assert choose("iu", PLAN[1:], PLAN[0], {0: outcome(0.6, 0.5), 1: WILD, 2: WILD}, (AUC,)).untuned is None


def test_nothing_to_choose() -> None:
    with pytest.raises(DivergedError, match=r"each of the 4 trials of iu .* The first: the loss became nan at step 3"):
        chosen(*(WILD,) * 4)


def test_only_what_differs_without_it_is_written_of_a_choice() -> None:
    settings = TuneSettings(
        methods=("spmf", "iu", "sml", "short"),
        dim=4,
        base=IU(batch_size=256),
        overrides={"short": {"method": "asmg-gru-multi", "window": 2}, "sml": {"rounds": 2}},
    )
    base, result = IU(batch_size=256, epochs=5), outcome(0.7, 0.5)
    choices = [
        Choice(name, found, result, result, 1, 0)
        for name, found in (
            ("iu", {"learning_rate": 0.01, "epochs": 5}),
            ("spmf", {"reservoir": 0.1, "learning_rate": 0.01, "epochs": 5}),
            ("sml", {"filters": (2, 5), "hidden": 20, "learning_rate": 0.01, "epochs": 1}),
            ("short", {"hidden": 4, "learning_rate": 0.01, "epochs": 5}),
        )
    ]
    content = comparison(settings, Splits.of(31), base, choices)
    assert content["overrides"] == {
        "sml": {"rounds": 2, "filters": (2, 5), "epochs": 1},
        "short": {"method": "asmg-gru-multi", "window": 2},
    }
    assert (content["methods"], content["dim"], content["pretrain"]) == (settings.methods, 4, 10)
    updaters = CompareSettings.model_validate(content).updaters()
    for choice in choices:
        assert updaters[choice.method] == settings.updater(choice.method, base, choice.settings)


def test_without_anything_that_differs_there_are_no_overrides() -> None:
    assert "overrides" not in comparison(TuneSettings(methods=("iu",)), Splits.of(31), IU(), ())
