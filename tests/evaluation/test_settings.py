"""What a comparison is told to do: methods, variants of them under other names, and what cannot be."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from freshrec import ASMG, BU, IU, SML, IncCTR
from freshrec.data import StreamSettings
from freshrec.evaluation import CompareSettings, Pretraining
from freshrec.models import EmbeddingMLP, MatrixFactorisation
from freshrec.settings import SettingsError, faults_of
from freshrec.updaters import Facts


def test_the_example_in_the_docs_is_one() -> None:
    page = (Path(__file__).parents[2] / "docs" / "comparing.md").read_text(encoding="utf-8")
    content = tomllib.loads(page.split("```toml\n")[1].split("```")[0])
    assert StreamSettings.model_validate(content.pop("data")).negatives == "causal"
    settings = CompareSettings.model_validate(content)
    assert settings.updaters()["short"] == ASMG(window=2)
    assert settings.updaters()["bu-3"] == BU(window=3, epochs=2)
    assert settings.model_of("iu-mf") is MatrixFactorisation


def test_a_variant_has_a_name_of_its_own_and_the_settings_of_its_method() -> None:
    settings = CompareSettings(
        methods=("asmg-gru-multi", "short", "zero"),
        baselines=False,
        base=IU(epochs=2),
        overrides={"short": {"method": "asmg-gru-multi", "window": 1}, "zero": {"method": "asmg-gru-zero"}},
    )
    base = IU(epochs=2)
    assert settings.updaters() == {
        "asmg-gru-multi": ASMG(base=base, epochs=2),
        "short": ASMG(base=base, epochs=2, window=1),
        "zero": ASMG(base=base, epochs=2, carry=False),
    }
    assert [settings.method_of(name) for name in settings.methods] == [
        "asmg-gru-multi",
        "asmg-gru-multi",
        "asmg-gru-zero",
    ]


def test_settings_of_the_base_of_one_method_win_one_by_one() -> None:
    settings = CompareSettings(
        methods=("sml",),
        baselines=False,
        base=IU(epochs=2, batch_size=64),
        overrides={"sml": {"epochs": 5, "base": {"learning_rate": 0.1}}},
    )
    own = IU(epochs=2, batch_size=64, learning_rate=0.1)
    assert settings.updaters() == {"sml": SML(base=own, epochs=5, batch_size=64)}


def test_a_method_takes_those_settings_of_the_base_that_it_has() -> None:
    base = IU(optimizer="lazy", mixed=True)
    settings = CompareSettings(methods=("asmg-gru-multi", "incctr"), base=base)
    updaters = settings.updaters()
    assert updaters["asmg-gru-multi"] == ASMG(base=base, mixed=True)
    assert updaters["incctr"] == IncCTR(optimizer="lazy", mixed=True)


def test_a_variant_may_have_another_base_model() -> None:
    settings = CompareSettings(
        methods=("iu", "sml-mf", "iu-mf", "short"),
        overrides={"iu-mf": {"method": "iu", "model": "matrix-factorisation"}, "short": {"method": "sml-mf"}},
    )
    assert settings.updaters()["iu-mf"] == settings.updaters()["iu"]
    assert [settings.model_of(name) for name in settings.methods] == [
        EmbeddingMLP,
        MatrixFactorisation,
        MatrixFactorisation,
        MatrixFactorisation,
    ]


@pytest.mark.parametrize(
    ("faulty", "told"),
    [
        ({"methods": ("ui",)}, "methods.0 is 'ui': unknown method 'ui'. Known are: iu, bu-3"),
        ({"methods": ("asmg-gru-mutli",)}, "unknown method 'asmg-gru-mutli'. Did you mean 'asmg-gru-multi'?"),
        (
            {"methods": ("short",), "overrides": {"short": {"method": "asmg"}}},
            "overrides.short.method is 'asmg': unknown method 'asmg'. Known are",
        ),
        (
            {"methods": ("iu",), "overrides": {"iu": {"method": "bu-3"}}},
            "overrides.iu.method is 'bu-3': 'iu' is a method and cannot name a variant of 'bu-3'",
        ),
        (
            {"methods": ("iu",), "overrides": {"iu": {"model": "matrix-factorisation"}}},
            "overrides.iu.model is 'matrix-factorisation': 'iu' is a method and keeps its base model. Name a variant",
        ),
        (
            {"methods": ("iu-mf",), "overrides": {"iu-mf": {"method": "iu", "model": ["matrix-factorization"]}}},
            "overrides.iu-mf.model is ['matrix-factorization']: unknown base model",
        ),
        (
            {"methods": ("iu-mf",), "overrides": {"iu-mf": {"method": "iu", "model": "matrix-factorization"}}},
            "unknown base model 'matrix-factorization'. Did you mean 'matrix-factorisation'?",
        ),
        ({"methods": ("iu", "iu")}, "methods is ('iu', 'iu'): a method is named twice"),
        ({"methods": ()}, "methods is (): Tuple should have at least 1 item"),
        (
            {"methods": ("iu",), "overrides": {"bu-3": {"epochs": 2}}},
            "overrides.bu-3 is {'epochs': 2}: it is not among the methods. Known are: iu, constant",
        ),
        (
            {"methods": ("short",), "overrides": {"short": {"method": "bu-3", "windov": 2}}},
            "overrides.short.windov is 2: there is no such setting. Did you mean 'window'?",
        ),
        (
            {"methods": ("asmg-gru-multi",), "overrides": {"asmg-gru-multi": {"optimizer": "lazy"}}},
            "overrides.asmg-gru-multi.optimizer is 'lazy': there is no such setting",
        ),
        (
            {"methods": ("sml",), "overrides": {"sml": {"base": {"epochs": 0}}}},
            "overrides.sml.base.epochs is 0: Input should be greater than or equal to 1",
        ),
        (
            {"methods": ("asmg-linear",), "overrides": {"asmg-linear": {"full": True}}},
            "the linear generator reads K snapshots and generates once",
        ),
        (
            {"methods": ("spmf",), "base": {"loss": "bpr"}},
            "base.loss is 'bpr': spmf does not take it: Input should be 'log' (log alone: reservoirs hold",
        ),
        (
            {"methods": ("spmf",), "overrides": {"spmf": {"loss": "bpr"}}},
            "overrides.spmf.loss is 'bpr': Input should be 'log' (log alone: reservoirs hold positives and negatives",
        ),
    ],
)
def test_what_cannot_be_is_told(faulty: dict[str, Any], told: str) -> None:
    (fault,) = faults(faulty)
    assert told in fault


def faults(given: dict[str, Any], facts: Facts | None = None) -> list[str]:
    with pytest.raises(SettingsError) as raised:
        CompareSettings.model_validate(given, context=facts)
    return list(map(str, faults_of(raised.value)))


def paths(given: dict[str, Any], facts: Facts | None = None) -> list[str]:
    return [fault.split(":")[0] for fault in faults(given, facts)]


def test_all_faults_of_all_methods_are_told_at_once() -> None:
    given = {
        "methods": ("asmg-gru-multi", "ui", "incctr", "sml"),
        "runs": 0,
        "base": {"epochs": 0, "rate": 1},
        "overrides": {
            "asmg-gru-multi": {"window": 0, "hiden": 3},
            "incctr": {"distillation": -0.5},
            "bu-3": {},
            "sml": 4,
        },
    }
    assert paths(given) == [
        "runs is 0",
        "base.epochs is 0",
        "base.rate is 1",
        "overrides.sml is 4",
        "overrides.bu-3 is {}",
        "overrides.asmg-gru-multi.window is 0",
        "overrides.asmg-gru-multi.hiden is 3",
        "methods.1 is 'ui'",
        "overrides.incctr.distillation is -0.5",
    ]


def test_what_does_not_fit_a_stream_is_told_with_the_rest() -> None:
    given = {
        "methods": ("asmg-gru-multi", "bu-7", "sml", "asmg-gru-zero"),
        "base": {"loss": "bpr"},
        "overrides": {"asmg-gru-multi": {"window": 4, "epochs": 0}, "asmg-gru-zero": {"window": 0}},
    }
    assert paths(given, Facts("explicit", 6)) == [
        "overrides.asmg-gru-multi.epochs is 0",
        "overrides.asmg-gru-zero.window is 0",
        "base.loss is 'bpr'",
        "overrides.asmg-gru-multi.window is 4",
        "overrides.bu-7.window is 7",
    ]
    assert paths(given, Facts()) == ["overrides.asmg-gru-multi.epochs is 0", "overrides.asmg-gru-zero.window is 0"]


def test_a_loss_is_told_where_it_was_chosen() -> None:
    explicit = Facts("explicit", 31)
    assert paths({"methods": ("iu",), "base": {"loss": "bpr"}}, explicit) == ["base.loss is 'bpr'"]
    assert paths({"methods": ("iu",), "pretraining": {"loss": "bpr"}}, explicit) == ["pretraining.loss is 'bpr'"]
    assert paths({"methods": ("sml",), "overrides": {"sml": {"loss": "bpr"}}}, explicit) == [
        "overrides.sml.loss is 'bpr'"
    ]
    nested = {"sml": {"base": {"loss": "bpr"}}}
    assert paths({"methods": ("sml",), "overrides": nested}, explicit) == ["overrides.sml.base.loss is 'bpr'"]
    CompareSettings.model_validate({"base": {"loss": "bpr"}}, context=Facts("implicit", 31))


def test_splits_that_do_not_fit_are_told() -> None:
    assert faults({}, Facts(periods=2)) == [
        "data.periods is 2: the stream has 2 periods; at least 3 are needed. Cut it into more periods"
    ]
    assert faults({"pretrain": 25, "runs": 0}, Facts(periods=31))[1].startswith(
        "pretrain is 25: 25 pre-training periods of 31 leave no room for 3 validation and 7 test models"
    )
    assert paths({"methods": ("iu", "sml"), "pretrain": 23}, Facts(periods=31)) != []


def test_sml_needs_an_update_that_trains_its_transfer() -> None:
    assert faults({"methods": ("iu", "sml"), "pretrain": 2}, Facts(periods=4)) == [
        "methods.1 is 'sml': its transfer is first trained by the second update, and there are not two between "
        "pre-training and the first test period. Pre-train on fewer periods, or cut the log into more"
    ]


def test_pre_training_and_all_methods_take_the_loss_of_the_base() -> None:
    methods = ("iu", "bu-3", "sml", "asmg-gru-multi", "asmg-linear")
    settings = CompareSettings(methods=methods, baselines=False, base=IU(loss="bpr", epochs=2))
    updaters = settings.updaters()
    assert {getattr(updater, "loss", None) for updater in updaters.values()} == {"bpr"}
    assert {updaters[name].base.loss for name in methods[2:]} == {"bpr"}  # type: ignore[attr-defined]
    assert settings.pretraining == Pretraining(loss="bpr")
    assert CompareSettings.model_validate(settings.model_dump()) == settings


def test_what_says_otherwise_keeps_its_own_loss() -> None:
    given = {
        "methods": ("sml", "incctr", "iu"),
        "base": {"loss": "bpr"},
        "pretraining": {"loss": "log"},
        "overrides": {"sml": {"loss": "log"}, "incctr": {"loss": "log"}},
    }
    settings = CompareSettings.model_validate(given)
    updaters = settings.updaters()
    assert settings.pretraining.loss == "log"
    assert updaters["incctr"] == IncCTR()
    assert updaters["sml"] == SML(base=IU(loss="bpr"), loss="log")
    assert updaters["iu"] == IU(loss="bpr")
    assert CompareSettings.model_validate({"pretraining": {"epochs": 3}, "base": {"loss": "bpr"}}).pretraining == (
        Pretraining(loss="bpr", epochs=3)
    )


def test_methods_trained_by_bpr_are_known() -> None:
    settings = CompareSettings(methods=("iu", "sml", "bu-3"), overrides={"bu-3": {"loss": "bpr"}})
    assert settings.trained_to_rank == {"bu-3"}
    everything = CompareSettings(methods=("iu", "asmg-gru-multi"), base=IU(loss="bpr"))
    assert everything.trained_to_rank == {"iu", "asmg-gru-multi"}


def test_the_methods_that_change_their_base_model_are_known() -> None:
    overrides = {"counted": {"method": "iu-counts", "model": "matrix-factorisation"}}
    settings = CompareSettings(methods=("iu", "rsg", "iu-counts", "counted"), overrides=overrides)
    assert settings.extending == {"iu-counts", "counted"}
