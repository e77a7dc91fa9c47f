"""A setting must be ready when the first validation model is made."""

from collections.abc import Sequence
from typing import ClassVar

from freshrec.data import Period
from freshrec.evaluation import Splits
from freshrec.params import Params
from freshrec.training import Fitted, Run
from freshrec.tuning.facts import misfit, validated
from freshrec.updaters import ASMG, Facts, IUState


class Still:
    """An updater of someone else's, which says nothing of what it needs."""

    state_type: ClassVar[type] = IUState

    def __hash__(self) -> int:
        return 1

    def init(self, start: Fitted, run: Run) -> IUState:
        return IUState(start)

    def update(self, state: IUState, past: Sequence[Period], run: Run) -> IUState:
        return state

    def serving(self, state: IUState, run: Run) -> Params:
        return state.model.params


def test_as_published_every_window_of_the_paper_fits() -> None:
    facts = validated(Facts("implicit"), Splits.of(31))
    assert (facts.first_test, facts.updates) == (21, 11)
    assert [misfit(ASMG(window=window), facts) for window in range(1, 7)] == [None] * 6
    assert "there are 11 updates" in (misfit(ASMG(window=11), facts) or "")


def test_of_an_updater_that_does_not_say_nothing_is_known() -> None:
    assert misfit(Still(), validated(Facts("implicit"), Splits.of(3))) is None
