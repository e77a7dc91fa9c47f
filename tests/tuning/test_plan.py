"""What is tried is settled by the settings alone, and in an order that never changes."""

from typing import Any

import pytest

from freshrec.tuning import TuneSettings
from freshrec.tuning.grids import Chosen, combinations
from freshrec.tuning.plan import planned, untuned
from freshrec.updaters import IU, Facts

PUBLISHED = Facts("explicit", periods=31, pretrain=10, first_test=21)


def plan(name: str, facts: Facts = PUBLISHED, base: IU | None = None, **settings: Any) -> tuple[Chosen, ...]:
    tuning = TuneSettings.model_validate({"methods": [name], **settings})
    return planned(tuning, name, base or IU(), facts)


def test_the_shipped_settings_come_first_and_then_the_whole_grid_in_order() -> None:
    found = plan("asmg-gru-multi")
    assert found[0] == {"window": 3, "hidden": 4, "learning_rate": 0.01, "epochs": 1, "batch_size": "auto"}
    grid = list(combinations(TuneSettings(methods=("asmg-gru-multi",)).grid("asmg-gru-multi")))
    assert [chosen for chosen in grid if chosen != found[0]] == list(found[1:])
    assert len(found) == 576


def test_the_first_has_what_the_chosen_base_gives_it_in_the_grid_or_not() -> None:
    base = IU(learning_rate=0.5, epochs=5)
    found = plan("spmf", base=base)
    assert found[0] == {"reservoir": 0.1, "learning_rate": 0.5, "epochs": 5, "batch_size": "auto"}
    assert len(found) == 121


def test_a_single_value_is_set_for_the_first_as_well() -> None:
    found = plan("iu", grids={"*": {"epochs": [5], "batch_size": [64]}})
    expected = ({"learning_rate": rate, "epochs": 5, "batch_size": 64} for rate in (1e-2, 1e-3, 1e-4))
    assert found == tuple(expected)


@pytest.mark.parametrize("budget", [1, 2, 7, 575, 576, 900])
def test_a_budget_takes_the_first_and_some_others_once_each(budget: int) -> None:
    whole, found = plan("asmg-gru-multi"), plan("asmg-gru-multi", budget=budget)
    assert found[0] == whole[0]
    assert len(found) == min(budget, 576)
    assert len({str(chosen) for chosen in found}) == len(found)
    assert all(chosen in whole for chosen in found)


def test_a_larger_budget_tries_the_same_and_more() -> None:
    small, large = (plan("sml", budget=budget) for budget in (5, 50))
    assert large[:5] == small


def test_the_seed_draws() -> None:
    draws = [plan("sml", budget=9, seed=seed) for seed in (0, 0, 1)]
    assert draws[0] == draws[1] != draws[2]
    assert plan("asmg-gru-zero", budget=9)[1:] != plan("asmg-gru-unif", budget=9)[1:]


def test_what_does_not_fit_the_stream_is_left_out() -> None:
    """Three updates before the first validation model train no generator of more than two snapshots."""
    short = Facts("explicit", periods=13, pretrain=6, first_test=9)
    found = plan("asmg-linear", short, budget=12)
    assert {chosen["window"] for chosen in found} == {1, 2}
    assert len(found) == 12
    settings = TuneSettings(methods=("asmg-linear",))
    assert untuned(settings, "asmg-linear", IU())["window"] == 3
    assert len(plan("asmg-linear", short)) == 2 * 24
