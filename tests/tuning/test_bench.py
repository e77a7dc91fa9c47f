"""Pre-trained models are made once, and found again as they were."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from freshrec.errors import CorruptError
from freshrec.evaluation import Pretraining
from freshrec.models import EmbeddingMLP, MatrixFactorisation
from freshrec.params import params_of
from freshrec.progress import Silent
from freshrec.training import Fitted
from freshrec.tuning.bench import Bench
from freshrec.updaters import Facts


def test_the_first_model_is_the_one_that_pre_training_gives(bench: Bench) -> None:
    run = bench.run(EmbeddingMLP, 5)
    expected = Pretraining(epochs=2).fit(Fitted.untrained(params_of(run.model)), bench.stream.periods[:4], run)
    found = bench.start(EmbeddingMLP, 5)
    assert found.params.keys() == expected.params.keys()
    for part in ("params", "moments.steps", "moments.mean", "moments.square"):
        one, other = found, expected
        for name in part.split("."):
            one, other = getattr(one, name), getattr(other, name)
        assert all(torch.equal(one[name], other[name]) for name in other)  # type: ignore[index, attr-defined]


def test_it_is_trained_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr(Pretraining, "fit", never)
    for model in (EmbeddingMLP, MatrixFactorisation):
        bench.pretrain(model, 5, Pretraining(), Silent())


def test_without_one_nothing_begins(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(CorruptError, match=r"EmbeddingMLP-0 holds no pre-trained model. Start again"):
        replace(bench, folder=tmp_path).start(EmbeddingMLP, 5)


def test_the_first_validation_model_decides_what_fits(bench: Bench) -> None:
    assert bench.facts == Facts("explicit", periods=13, pretrain=4, first_test=9)


def test_models_are_on_the_device_of_the_settings(bench: Bench) -> None:
    model = replace(bench, device="meta").run(EmbeddingMLP, 5).model
    assert {parameter.device.type for parameter in model.parameters()} == {"meta"}
