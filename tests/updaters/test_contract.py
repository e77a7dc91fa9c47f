"""Every registered method keeps to the contract that ships, with settings that make a tiny stream count."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from freshrec.data import Stream
from freshrec.models import EmbeddingMLP
from freshrec.params import params_of
from freshrec.settings import SettingsError
from freshrec.testing import UpdaterContract, state_bytes, tiny_stream
from freshrec.training import Fitted, Loss, Run, predict
from freshrec.updaters import IU, METHODS, TRIVIAL, build, extended_model

TESTED: dict[str, dict[str, Any]] = {
    "iu": {},
    "bu-3": {},
    "bu-5": {},
    "bu-7": {},
    "spmf": {"reservoir": 0.5, "replay": 0.5},
    "incctr": {},
    "sml": {},
    "sml-mf": {},
    "asmg-linear": {},
    "asmg-gru-single": {},
    "asmg-gru-multi": {},
    "asmg-gru-full": {},
    "asmg-gru-zero": {},
    "asmg-gru-unif": {},
    "rsg": {"batch_size": 16, "learning_rate": 1e-2},
    "rsg-unguarded": {"batch_size": 16, "learning_rate": 1e-2},
    "iu-counts": {},
    "ema": {},
    "constant": {},
    "item-odds": {},
}
POINTWISE = {"spmf", "incctr"}
LEARNED = [method for method in TESTED if method not in TRIVIAL]


class ByName(UpdaterContract):
    """The contract for a registered method, with batches small enough for several steps a period."""

    loss: Loss

    @pytest.fixture(autouse=True)
    def _choose(self, method: str) -> None:
        self.method = method
        self.updater = build(method, IU(batch_size=16, loss=self.loss), TESTED[method])

    def model(self, stream: Stream) -> nn.Module:
        return METHODS[self.method].model(stream.schema, dim=3)


@pytest.mark.parametrize("method", LEARNED)
class TestEveryMethod(ByName):
    loss = "log"


@pytest.mark.parametrize("method", [method for method in LEARNED if method not in POINTWISE])
class TestEveryMethodOnPairs(ByName):
    loss = "bpr"
    labels = "implicit"


class Trivial(ByName):
    """The contract for a baseline that counts: it draws nothing, so every seed gives the same bytes."""

    loss = "log"

    def test_the_seed_decides(self) -> None:
        """The seed decides nothing."""
        outcomes = []
        for seed in (1, 2):
            stream, run, state = self._begin(seed)
            outcomes.append(state_bytes(self._through(stream.periods, state, run)))
        assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("method", TRIVIAL)
class TestEveryTrivialBaseline(Trivial): ...


@pytest.mark.parametrize("method", TRIVIAL)
class TestEveryTrivialBaselineOnDrawnNegatives(Trivial):
    labels = "implicit"


def test_every_registered_method_is_tested() -> None:
    assert set(TESTED) == set(METHODS)


@pytest.mark.parametrize(("method", "why"), [("spmf", "reservoirs hold"), ("incctr", "probabilities are distilled")])
def test_where_pairs_make_no_sense_they_are_refused_and_the_setting_says_why(method: str, why: str) -> None:
    with pytest.raises(SettingsError, match="Input should be 'log'"):
        build(method, IU(loss="bpr"), {})
    assert why in str(type(build(method, IU(), {})).model_fields["loss"].description)  # type: ignore[attr-defined]


@pytest.mark.parametrize("method", ["iu", "iu-counts", "rsg", "asmg-gru-multi", "spmf"])
def test_all_kinds_of_columns_are_learned_from(method: str) -> None:
    """Fields of the row, fields with several values and numbers move the scores of what serves, and are trained."""
    stream = tiny_stream(columns=True)
    updater = build(method, IU(batch_size=16), {"window": 2} if method.startswith("asmg") else TESTED[method])
    run = Run(extended_model(updater, EmbeddingMLP(stream.schema, dim=3), stream.schema, 0))
    state = updater.init(Fitted.untrained(params_of(run.model)), run)
    before = updater.serving(state, run)
    for number in range(1, 6):
        state = updater.update(state, stream.periods[:number], run)
    params, samples = updater.serving(state, run), stream.periods[5].samples()
    scores = predict(run.model, params, samples)
    assert np.isfinite(scores).all()
    for name in ("city", "device", "tags"):
        table = next(key for key in params if key.endswith(f"{name}_table.weight"))
        assert not torch.equal(params[table], before[table])
        turned = {**samples.fields, name: samples.fields[name].take(np.arange(len(samples))[::-1])}
        assert (predict(run.model, params, replace(samples, fields=turned)) != scores).any()
    for name in ("price", "age"):
        shifted = {**samples.numbers, name: samples.numbers[name] + np.float32(1)}
        assert (predict(run.model, params, replace(samples, numbers=shifted)) != scores).any()


class TestWithAllKindsOfColumns(UpdaterContract):
    """The whole contract on a stream that has them all."""

    updater = IU(batch_size=16)
    columns = True
