"""Pre-trained models are made once, and found again as they were."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from freshrec.data import Stream
from freshrec.errors import CorruptError
from freshrec.evaluation import CompareSettings, Pretraining, compare
from freshrec.models import EmbeddingMLP, MatrixFactorisation
from freshrec.params import params_of
from freshrec.progress import Silent
from freshrec.seeds import derive
from freshrec.store import read_checkpoint, unpack
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

    monkeypatch.setattr(Pretraining, "states", never)
    for model in (EmbeddingMLP, MatrixFactorisation):
        bench.pretrain(model, 5, Pretraining(), Silent())


def test_without_one_nothing_begins(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(CorruptError, match=r"lacks a pre-trained model. Start again"):
        replace(bench, folder=tmp_path).start(EmbeddingMLP, 5)


def test_the_first_validation_model_decides_what_fits(bench: Bench) -> None:
    assert bench.facts == Facts("explicit", periods=13, pretrain=4, first_test=9, history=5)


def test_models_are_on_the_device_of_the_settings(bench: Bench) -> None:
    model = replace(bench, device="meta").run(EmbeddingMLP, 5).model
    assert {parameter.device.type for parameter in model.parameters()} == {"meta"}


def test_a_comparison_pre_trains_the_same_models_although_it_knows_more_ids(tmp_path: Path) -> None:
    """Tuning's tables end with the ids of the validation periods; the rows that both have are equal to the bit."""
    rows = np.arange(600)
    log = pl.DataFrame({"user": rows * 7 % 23 + rows // 100, "item": rows * 5 % 31 + rows // 50, "timestamp": rows})
    stream = Stream.from_frame(log, periods=13, time_unit="s")
    settings = CompareSettings.model_validate(
        {
            "methods": ("iu", "factors"),
            "overrides": {"factors": {"method": "iu", "model": "matrix-factorisation"}},
            "pretraining": {"epochs": 2, "batch_size": 32},
            "runs": 1,
        }
    )
    compare(stream, settings, tmp_path / "compared")
    seed = derive(settings.seed, "run", 0)
    splits = settings.splits(stream)
    bench = Bench(
        stream.until(splits.periods - splits.test),
        splits,
        settings.dim,
        "cpu",
        settings.measured,
        (seed,),
        tmp_path / "bench",
    )
    for kind in (EmbeddingMLP, MatrixFactorisation):
        bench.pretrain(kind, seed, settings.pretraining, Silent())
        found = read_checkpoint(tmp_path / "compared" / "pretrained" / f"{kind.__name__}-0")
        assert found is not None
        compared, tuned = unpack(Fitted, found.structure, found.tensors), bench.start(kind, seed)
        assert len(compared.params["item_table.weight"]) > len(tuned.params["item_table.weight"])
        for one, other in (
            (compared.params, tuned.params),
            (compared.moments.mean, tuned.moments.mean),
            (compared.moments.square, tuned.moments.square),
        ):
            assert one.keys() == other.keys()
            for name, value in other.items():
                assert torch.equal(one[name][: len(value)] if value.dim() else one[name], value)
