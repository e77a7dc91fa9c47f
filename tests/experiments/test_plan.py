from typing import Any

import pytest

from freshrec.errors import ConfigError
from freshrec.evaluation import CompareSettings
from freshrec.experiments import EXHIBITS, ExperimentPlan
from freshrec.settings import SettingsError, faults_of
from freshrec.updaters import ASMG, METHODS, Facts

TUNED: dict[str, Any] = {
    "methods": ["iu", "asmg-gru-multi"],
    "base": {"learning_rate": 0.001},
    "overrides": {
        "asmg-gru-multi": {"epochs": 5, "hidden": 8, "window": 5, "loss_weights": "exponential"},
        "spmf": {"reservoir": 0.3},
    },
}


def compared(plan: ExperimentPlan) -> CompareSettings:
    return CompareSettings.model_validate(plan.comparison(plan.compared))


def refused(plan: ExperimentPlan, facts: Facts | None = None) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        plan.settings(facts)
    return [str(fault) for fault in faults_of(caught.value)]


def asmg(plan: ExperimentPlan, name: str) -> ASMG:
    found = compared(plan).updaters()[name]
    assert isinstance(found, ASMG)
    return found


def test_every_exhibit_of_the_paper_is_there() -> None:
    assert list(EXHIBITS) == ["table1", "table2", "table3", "figure3", "figure4", "figure6"]
    assert EXHIBITS["table1"].methods == tuple(METHODS)[:11]
    assert EXHIBITS["figure3"].methods == (
        "iu",
        "spmf",
        "incctr",
        "sml",
        "asmg-linear",
        "asmg-gru-single",
        "asmg-gru-multi",
    )
    assert EXHIBITS["figure4"].methods == EXHIBITS["figure6"].methods
    assert len(EXHIBITS["figure4"].methods) == 1 + 6 + 4 - 1  # k = 3 with 4 hidden units is in both panels


def test_exhibits_share_one_comparison() -> None:
    plan = ExperimentPlan.of(["figure3", "table2", "table1"])
    assert [each.name for each in plan.exhibits] == ["table1", "table2", "figure3"]
    assert plan.compared == tuple(METHODS)[:14]
    assert plan.timed == ()
    assert (compared(plan).runs, compared(plan).methods) == (5, tuple(METHODS)[:14])
    assert compared(plan).compared == compared(plan).methods
    assert plan.wanted() == [plan.comparison(plan.compared)]
    both = ExperimentPlan.of(["table2", "table3"])
    assert both.wanted() == [both.comparison(both.compared), both.timing()]


def test_settings_of_other_methods_are_left_out() -> None:
    settings = compared(ExperimentPlan.of(["table2"], {**TUNED, "runs": 2}))
    assert settings.runs == 2
    assert "spmf" not in settings.overrides
    assert "iu" not in settings.methods


def test_variants_start_from_the_settings_of_the_method_they_vary() -> None:
    plan = ExperimentPlan.of(["table2"], TUNED)
    multi = asmg(plan, "asmg-gru-multi")
    assert (multi.epochs, multi.hidden, multi.window, multi.base.learning_rate) == (5, 8, 5, 0.001)
    assert asmg(plan, "asmg-gru-full") == multi.model_copy(update={"full": True})
    assert asmg(plan, "asmg-gru-zero") == multi.model_copy(update={"carry": False})
    assert asmg(plan, "asmg-gru-unif") == multi.model_copy(update={"loss_weights": "uniform"})
    assert asmg(plan, "asmg-gru-single") == multi.model_copy(update={"concurrent": False})


def test_a_variants_own_settings_are_taken_alone() -> None:
    overrides = {**TUNED["overrides"], "asmg-gru-single": {"window": 2}}
    plan = ExperimentPlan.of(["table2"], {**TUNED, "overrides": overrides})
    base = compared(plan).base
    assert asmg(plan, "asmg-gru-single") == ASMG(base=base, learning_rate=0.001, concurrent=False, window=2)


def test_sensitivity_varies_one_setting_and_fixes_the_other() -> None:
    plan = ExperimentPlan.of(["figure4"], TUNED)
    found = {name: (asmg(plan, name).window, asmg(plan, name).hidden) for name in plan.compared if name != "iu"}
    lengths, sizes = [(window, 4) for window in range(1, 7)], [(3, size) for size in (8, 12, 16)]
    assert list(found.values()) == lengths + sizes
    assert {asmg(plan, name).epochs for name in found} == {5}
    assert {compared(plan).method_of(name) for name in found} == {"asmg-gru-multi"}


def test_table_3_times_the_papers_window() -> None:
    plan = ExperimentPlan.of(["table3"], TUNED)
    assert plan.compared == ()
    full, multi = CompareSettings.model_validate(plan.timing()).updaters().values()
    assert isinstance(full, ASMG)
    assert isinstance(multi, ASMG)
    assert (full.full, multi.full, multi.window, multi.hidden, multi.epochs) == (True, False, 3, 8, 5)


@pytest.mark.parametrize(
    ("names", "came"), [(["tabel1"], "'tabel1' came"), (["table1", "x"], "'x' came"), ([], "nothing came")]
)
def test_unknown_exhibits_are_refused(names: list[str], came: str) -> None:
    with pytest.raises(ConfigError, match=rf"{came}, expected exhibits .* Choose among table1, .*figure6"):
        ExperimentPlan.of(names)


def test_a_misspelt_method_is_refused_even_where_it_is_not_needed() -> None:
    plan = ExperimentPlan.of(["table2"], {"overrides": {"smpf": {"reservoir": 0.3}}})
    assert refused(plan) == ["overrides.smpf is {'reservoir': 0.3}: there is no such method. Did you mean 'spmf'?"]


def test_the_faults_of_all_that_is_wanted_are_told_at_once() -> None:
    overrides = {"asmg-gru-full": {"windov": 2}, "smpf": {}, "bu-3": {"window": 40}}
    plan = ExperimentPlan.of(["table1", "table3"], {"dim": 0, "overrides": overrides})
    assert [fault.split(" is ")[0] for fault in refused(plan, Facts(periods=31))] == [
        "overrides.smpf",
        "dim",
        "overrides.bu-3.window",
        "overrides.asmg-gru-full.windov",
    ]


@pytest.mark.parametrize("exhibit", ["table1", "table3", "figure4"])
def test_another_base_model_for_a_method_of_the_paper_is_refused(exhibit: str) -> None:
    overrides = {"asmg-gru-multi": {"model": "matrix-factorisation"}}
    (fault,) = refused(ExperimentPlan.of([exhibit], {"overrides": overrides}))
    assert fault.startswith("overrides.asmg-gru-multi.model is 'matrix-factorisation': 'asmg-gru-multi' is a method")


@pytest.mark.parametrize("faulty", [{"overrides": 3}, {"overrides": {"sml": 3}}, {"runs": 0}, {"run": 1}])
def test_other_faults_are_those_of_a_comparison(faulty: dict[str, Any]) -> None:
    plan = ExperimentPlan.of(["table1"], faulty)
    with pytest.raises(SettingsError, match="CompareSettings"):
        plan.settings()
