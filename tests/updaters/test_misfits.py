"""What is refused on a stream is what would not do its work there, as found by running it."""

import pytest

from freshrec.evaluation import Splits
from freshrec.params import params_of
from freshrec.testing import state_bytes, tiny_model, tiny_stream
from freshrec.training import Fitted, Run
from freshrec.updaters import ASMG, BU, IU, SML, SPMF, Facts, FitSettings, IncCTR

PERIODS = range(3, 9)


def facts_of(splits: Splits) -> Facts:
    first = next(t for t in range(splits.pretrain, splits.periods) if splits.split(t) == "test")
    return Facts("explicit", splits.periods, splits.pretrain, first)


def settings_told(updater: FitSettings, facts: Facts) -> list[str]:
    return [setting for setting, _ in updater.misfits(facts)]


@pytest.mark.parametrize("window", [1, 2, 3, 4])
@pytest.mark.parametrize("change", [{}, {"full": True}, {"cell": "linear", "concurrent": False}])
def test_asmg_is_refused_where_its_generator_would_not_have_been_trained(
    window: int, change: dict[str, object]
) -> None:
    updater = ASMG.model_validate({"window": window, "base": IU(batch_size=64), "batch_size": 64, **change})
    for periods in PERIODS:
        stream = tiny_stream((20,) * periods)
        for pretrain in range(periods - 2):
            splits = Splits(periods=periods, pretrain=pretrain, validation=0, test=2)
            facts = facts_of(splits)
            run = Run(tiny_model(stream))
            state = updater.init(Fitted.untrained(params_of(run.model)), run)
            for t in range(pretrain + 1, (facts.first_test or 0) + 1):
                state = updater.update(state, stream.periods[:t], run)
            assert (settings_told(updater, facts) == []) == (state.trained > 0), (periods, pretrain)


@pytest.mark.parametrize("window", [1, 3, 5, 7])
def test_bu_is_refused_where_a_smaller_window_is_the_same(window: int) -> None:
    for periods in PERIODS:
        stream = tiny_stream((20,) * periods)
        facts = facts_of(Splits.of(periods))
        run = Run(tiny_model(stream))
        start, past = Fitted.untrained(params_of(run.model)), stream.periods[: facts.first_test]
        whole, less = (
            BU(window=w, batch_size=64).update(BU(window=w).init(start, run), past, run)
            for w in (window, max(1, window - 1))
        )
        assert (settings_told(BU(window=window), facts) == []) == (
            window == 1 or state_bytes(whole) != state_bytes(less)
        ), periods


def test_sml_is_refused_where_its_transfer_would_not_have_been_trained() -> None:
    updater = SML(base=IU(batch_size=64), batch_size=64)
    for periods in PERIODS:
        stream = tiny_stream((20,) * periods)
        for pretrain in range(periods - 2):
            facts = facts_of(Splits(periods=periods, pretrain=pretrain, validation=0, test=2))
            run = Run(tiny_model(stream))
            state = first = updater.init(Fitted.untrained(params_of(run.model)), run)
            for t in range(pretrain + 1, (facts.first_test or 0) + 1):
                state = updater.update(state, stream.periods[:t], run)
            trained = state_bytes(state.transfer) != state_bytes(first.transfer)
            assert (settings_told(updater, facts) == []) == trained, (periods, pretrain)


@pytest.mark.parametrize(
    ("updater", "settings"),
    [
        (IU(loss="bpr"), ["loss"]),
        (BU(loss="bpr"), ["loss"]),
        (ASMG(loss="bpr", base=IU(loss="bpr")), ["loss", "base.loss"]),
        (ASMG(base=IU(loss="bpr")), ["base.loss"]),
        (SML(loss="bpr", base=IU(loss="bpr")), ["loss", "base.loss"]),
        (IU(), []),
        (SPMF(), []),
        (IncCTR(), []),
    ],
)
def test_pairs_are_refused_where_no_negatives_were_drawn(updater: FitSettings, settings: list[str]) -> None:
    assert settings_told(updater, Facts("explicit")) == settings
    assert settings_told(updater, Facts("implicit")) == settings_told(updater, Facts()) == []


def test_what_to_set_instead_can_be_used() -> None:
    facts = Facts("implicit", 31, 10, 24)
    ((_, message),) = ASMG(window=14).misfits(facts)
    assert "Set it to 13 or less, pre-train on fewer periods, or cut the log into more" in message
    assert settings_told(ASMG(window=13), facts) == []
    ((_, message),) = ASMG(window=1).misfits(Facts("implicit", 4, 2, 3))
    assert "Set it" not in message
    ((_, message),) = BU(window=25).misfits(facts)
    assert "Set it to 24 or less" in message
    assert settings_told(BU(window=24), facts) == []
