"""What a tuning is told to do, and what it refuses."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from freshrec.evaluation import CompareSettings
from freshrec.settings import SettingsError, faults_of
from freshrec.tuning import TuneSettings
from freshrec.tuning.grids import paper_grid
from freshrec.updaters import ASMG, IU, METHODS, Facts


def refused(given: dict[str, Any], facts: Facts | None = None) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        TuneSettings.model_validate(given, context=facts)
    return [str(fault) for fault in faults_of(caught.value)]


def test_by_default_the_methods_of_a_comparison_and_the_papers_grids() -> None:
    settings = TuneSettings()
    assert settings.methods == CompareSettings().methods
    assert settings.tuned == settings.methods
    assert set(settings.methods) < set(METHODS)
    assert all(settings.grid(name) == paper_grid(name) for name in settings.tuned)


def test_the_base_is_tuned_whether_it_is_named_or_not() -> None:
    assert TuneSettings(methods=("sml", "spmf")).tuned == ("iu", "sml", "spmf")
    assert TuneSettings(methods=("sml", "iu")).tuned == ("iu", "sml")


def test_what_is_given_takes_the_place_of_the_papers_setting_by_setting() -> None:
    settings = TuneSettings(
        methods=("spmf", "short"),
        overrides={"short": {"method": "asmg-gru-multi", "window": 2}, "spmf": {"epochs": 3}},
        grids={"*": {"epochs": (2, 4)}, "spmf": {"strategy": ("sample",)}, "short": {"epochs": (7,)}},
    )
    sizes = {"batch_size": ("auto", 1024)}
    assert settings.grid("iu") == {"learning_rate": (1e-2, 1e-3, 1e-4), "epochs": (2, 4), **sizes}
    assert settings.grid("spmf") == {
        "reservoir": (0.1, 0.2, 0.3, 0.4, 0.5),
        "learning_rate": (1e-2, 1e-3, 1e-4),
        "strategy": ("sample",),
        **sizes,
    }
    assert settings.grid("short") == {
        "hidden": (4, 8, 12, 16),
        "learning_rate": (1e-2, 1e-3, 1e-4),
        "epochs": (7,),
        **sizes,
    }
    assert settings.updater("short", IU(epochs=2), {"hidden": 8}) == ASMG(
        base=IU(epochs=2), epochs=2, window=2, hidden=8
    )


def test_a_batch_size_of_the_base_is_not_tuned_unless_a_grid_has_it() -> None:
    base = IU(batch_size=256)
    assert "batch_size" not in TuneSettings(methods=("sml",), base=base).grid("sml")
    grid = TuneSettings(methods=("sml",), base=base, grids={"sml": {"batch_size": (64, "auto")}}).grid("sml")
    assert grid["batch_size"] == (64, "auto")


def test_written_down_and_read_again_they_are_the_same() -> None:
    settings = TuneSettings(methods=("sml",), grids={"sml": {"filters": ((2, 2), [5, 5])}}, budget=4, metric="logloss")
    again = TuneSettings.model_validate(settings.model_dump(mode="json"))
    assert {name: again.grid(name) for name in again.tuned} == {name: settings.grid(name) for name in settings.tuned}
    assert again.model_copy(update={"grids": settings.grids}) == settings


def test_every_fault_is_told_at_once_with_its_path() -> None:
    faults = refused(
        {
            "methods": ["iu", "sml", "spmf"],
            "overrides": {"spmf": {"reservoir": 0.3}, "iu": {"epochs": 2}},
            "grids": {
                "*": {"epochs": [1, 0], "windows": [3]},
                "sml": {"base": [{}], "hidden": []},
                "spmf": {"reservoir": [0.1]},
                "asmg": {"window": [3]},
            },
            "budget": 0,
            "metric": "f1",
        }
    )
    told = "\n".join(faults)
    assert len(faults) == 9, told
    for text in (
        "grids.sml.hidden is []: Tuple should have at least 1 item",
        "budget is 0: Input should be greater than or equal to 1",
        "metric is 'f1': it is not among the metrics. Known are: auc, logloss, gauc",
        "overrides.iu is {'epochs': 2}: iu is the base of all methods here; give its settings under base",
        "grids.asmg is {'window': (3,)}: it is not tuned. Known are: *, iu, sml, spmf.",
        "grids.sml.base is ({},): the incremental model is tuned as iu; give its values under grids.iu",
        "grids.spmf.reservoir is (0.1,): overrides.spmf.reservoir fixes it; leave one of them out",
        "grids.*.epochs.1 is 0: Input should be greater than or equal to 1",
        "grids.*.windows is (3,): for iu, there is no such setting. Known are: loss, ",
    ):
        assert text in told


def test_trivial_baselines_have_nothing_to_tune() -> None:
    assert TuneSettings().compared == TuneSettings().methods
    assert refused({"methods": ["iu", "constant", "odds"], "overrides": {"odds": {"method": "item-odds"}}}) == [
        "methods.1 is 'constant': a trivial baseline has nothing to tune. Leave it out",
        "methods.2 is 'odds': a trivial baseline has nothing to tune. Leave it out",
    ]
    (fault,) = refused({"baselines": True})
    assert fault.endswith("(trivial baselines have nothing to tune; compare adds them)")


def test_an_unknown_method_and_an_unknown_setting() -> None:
    assert refused({"methods": ["iu", "smll"]}) == ["methods.1 is 'smll': unknown method 'smll'. Did you mean 'sml'?"]
    (fault,) = refused({"folds": 3})
    assert fault.startswith("folds is 3: there is no such setting. Known are: methods, metrics")


def test_on_a_short_stream_values_that_were_given_are_faults_and_the_papers_are_not() -> None:
    """Of 13 periods 4 pre-train, and period 9 gives the first model that is validated: after 5 updates."""
    facts = Facts("explicit", periods=13)
    settings = TuneSettings.model_validate({"methods": ["asmg-linear"]}, context=facts)
    assert settings.grid("asmg-linear")["window"] == (1, 2, 3, 4, 5, 6)
    (fault,) = refused({"methods": ["asmg-linear"], "grids": {"asmg-linear": {"window": [4, 5]}}}, facts)
    assert fault.startswith("grids.asmg-linear.window.1 is 5: where validation periods take the place of the test")
    assert "there are 5 updates between pre-training and" in fault


def test_a_method_of_which_nothing_can_be_validated() -> None:
    """Of 7 periods, 5 come before the first test model and 4 before the first one that is validated."""
    facts = Facts("explicit", periods=7)
    (fault,) = refused({"methods": ["iu", "bu-5"]}, facts)
    assert fault.startswith(
        "methods.1 is 'bu-5': where validation periods take the place of the test periods: w periods"
    )
    (fault,) = refused({"methods": ["bu-7"]}, facts)
    assert fault.startswith(
        "overrides.bu-7.window is 7: w periods are trained on, and there are 5 before the first test"
    )


def test_a_loss_that_the_labels_do_not_allow() -> None:
    facts = Facts("explicit", periods=13)
    (fault,) = refused({"methods": ["iu"], "base": {"loss": "bpr"}}, facts)
    assert fault.startswith("base.loss is 'bpr'")
    (fault,) = refused({"methods": ["iu"], "grids": {"iu": {"loss": ["log", "bpr"]}}}, facts)
    assert fault.startswith("grids.iu.loss.1 is 'bpr'")


def test_faults_of_grids_and_of_the_stream_are_told_together() -> None:
    faults = refused(
        {
            "methods": ["asmg-gru-multi", "bu-7"],
            "grids": {"asmg-gru-multi": {"cell": ["gru", "linear"], "base": [1]}, "*": {"epochs": [1]}},
        },
        Facts("explicit", periods=7),
    )
    told = "\n".join(faults)
    assert len(faults) == 3, told
    assert "overrides.bu-7.window is 7" in told
    assert "grids.asmg-gru-multi.base is (1,): the incremental model is tuned as iu" in told
    assert "'cell': 'linear'}: the linear generator reads K snapshots" in told


def test_values_of_the_base_that_cannot_be_used_though_it_was_not_named() -> None:
    told = refused({"methods": ["bu-3"], "grids": {"iu": {"loss": ["bpr"]}}}, Facts("explicit", 31))
    assert any(fault.startswith("grids.iu") and "pairs of a positive and a negative" in fault for fault in told), told


def test_the_example_in_the_docs_is_one() -> None:
    page = (Path(__file__).parents[2] / "docs" / "tuning.md").read_text(encoding="utf-8")
    settings = TuneSettings.model_validate(tomllib.loads(page.split("```toml\n")[1].split("```")[0]))
    assert settings.grid("asmg-gru-multi") == {
        "window": (1, 2, 3, 4, 5, 6),
        "hidden": (4,),
        "learning_rate": (1e-2, 1e-3, 1e-4),
        "epochs": (1, 2, 5),
        "cell": ("gru", "lstm"),
    }


def test_a_stream_with_too_few_periods() -> None:
    assert refused({"methods": ["iu"]}, Facts("explicit", periods=2))[0].startswith("data.periods is 2")
