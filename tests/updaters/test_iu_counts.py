"""IU on a model that reads counts: it begins as IU, and learns from the counts of the periods before."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from freshrec.data import Batch, Schema, Stream
from freshrec.errors import ConfigError, ModelError
from freshrec.evaluation import CompareSettings, Pretraining, compare, prequential
from freshrec.models import EmbeddingMLP, MatrixFactorisation
from freshrec.params import params_of
from freshrec.seeds import derive, numpy_rng
from freshrec.settings import SettingsError
from freshrec.testing import state_bytes, tiny_categories, tiny_model, tiny_stream
from freshrec.training import CountFeatures, Extended, Fitted, RowStatistics, Run, count_ids, predict, with_counts
from freshrec.updaters import IU, Facts, IUCounts

SIZES = (60, 50, 70, 40, 60)


class Column(nn.Module):
    """A model of another library: logits [B, 1]."""

    def __init__(self, schema: Schema, dim: int = 2, seed: int = 0) -> None:
        super().__init__()
        self.item = nn.Embedding(schema.rows["item"], dim)
        nn.init.constant_(self.item.weight, 0.1 + seed)

    def forward(self, batch: Batch) -> Tensor:
        vectors: Tensor = self.item(cast(Tensor, batch.item["item"]))
        return vectors.sum(1, keepdim=True)


class Reader(nn.Module):
    """A model that reads counts itself."""

    def __init__(self, schema: Schema, history_match: bool = False) -> None:
        super().__init__()
        self.counts = CountFeatures(schema, history_match)
        self.weights = nn.Linear(self.counts.width, 1)
        nn.init.zeros_(self.weights.weight)
        nn.init.zeros_(self.weights.bias)

    def forward(self, batch: Batch) -> Tensor:
        logits: Tensor = self.weights(self.counts(batch))
        return logits


def extended(model: nn.Module, stream: Stream, **settings: Any) -> Extended:
    model = IUCounts(**settings).extend(model, stream.schema, 3)
    assert isinstance(model, Extended)
    return model


def statistics_of(stream: Stream, periods: int) -> RowStatistics:
    statistics = RowStatistics.none(stream.schema.rows)
    for period in stream.periods[:periods]:
        statistics = statistics.after(count_ids(statistics, period.samples()))
    return statistics


@pytest.mark.parametrize("kind", [EmbeddingMLP, MatrixFactorisation, Column])
def test_it_begins_as_the_base_model_bit_for_bit_whatever_is_counted(kind: type[nn.Module]) -> None:
    stream = tiny_stream(SIZES)
    base = kind(stream.schema, dim=3)
    model = extended(base, stream)
    start = Pretraining(batch_size=16).fit(Fitted.untrained(params_of(base)), stream.periods[:2], Run(base))
    first = model.begin(start)
    params = with_counts(model, first.params, statistics_of(stream, 2))
    assert any(value.any() for name, value in params.items() if name.endswith("_counts"))
    scored = stream.periods[2].samples()
    assert predict(model, params, scored).tobytes() == predict(base, start.params, scored).tobytes()
    assert {name for name in first.moments.steps if first.moments.steps[name] == 0} == {
        "direct",
        "hidden_weight",
        "hidden_bias",
        "output",
    }


@pytest.mark.parametrize("kind", [EmbeddingMLP, MatrixFactorisation, Column])
@pytest.mark.parametrize("history_match", [False, True])
def test_pre_training_it_is_pre_training_the_base_model_bit_for_bit(kind: type[nn.Module], history_match: bool) -> None:
    """While features are zero, no gradient reaches what reads them."""
    stream = tiny_stream(SIZES)
    base = kind(stream.schema, dim=3)
    model = extended(base, stream, history_match=history_match)
    start, pretraining = model.begin(Fitted.untrained(params_of(base))), Pretraining(batch_size=16)
    plain = pretraining.fit(Fitted.untrained(params_of(base)), stream.periods[:2], Run(base, seed=5))
    through = pretraining.fit(start, stream.periods[:2], Run(model, seed=5))
    for name, value in through.params.items():
        expected = plain.params[name.removeprefix("base.")] if name.startswith("base.") else start.params[name]
        assert value.numpy().tobytes() == expected.numpy().tobytes()


def test_an_update_is_a_plain_torch_loop_over_features_of_the_periods_before() -> None:
    """Two pre-training periods are counted at the first update. Features are computed in plain torch, logit and all."""
    stream = tiny_stream(SIZES)
    base = MatrixFactorisation(stream.schema, dim=3).double()
    model = extended(base, stream).double()
    run, updater = Run(model, seed=3), IUCounts(learning_rate=0.02, epochs=2, batch_size=16)
    state = updater.init(model.begin(Fitted.untrained(params_of(base))), run)
    plain = {name: value.detach().clone().requires_grad_() for name, value in model.named_parameters()}
    adam = torch.optim.Adam(plain.values(), lr=0.02)
    for t in range(3, len(SIZES) + 1):
        state = updater.update(state, stream.periods[:t], run)
        samples, before = stream.periods[t - 1].samples(), statistics_of(stream, t - 1)
        category = torch.from_numpy(tiny_categories())
        for epoch in range(2):
            order = numpy_rng(run.seed_for("iu", t), "epoch", epoch).permutation(len(samples))
            for first in range(0, len(order), 16):
                rows = order[first : first + 16]
                user, item = (torch.from_numpy(each[rows].astype(np.int64)) for each in (samples.user, samples.item))
                s = torch.cat(
                    [
                        before.features("user")[user],
                        before.features("item")[item],
                        before.features("category")[category[item].long()],
                    ],
                    1,
                ).double()
                p, q = plain["base.user_table.weight"][user], plain["base.item_table.weight"][item]
                logit = plain["base.bias"] + p[:, -1] + q[:, -1] + (p[:, :-1] * q[:, :-1]).sum(1)
                logit = logit + s @ plain["direct"][0]
                logit = logit + torch.relu(s @ plain["hidden_weight"].T + plain["hidden_bias"]) @ plain["output"]
                label = torch.from_numpy(samples.label[rows].astype(np.float64))
                adam.zero_grad()
                F.binary_cross_entropy_with_logits(logit, label).backward()  # type: ignore[no-untyped-call]
                adam.step()
        for name, value in plain.items():
            torch.testing.assert_close(state.model.params[name], value.detach(), rtol=1e-6, atol=1e-7)
        after = statistics_of(stream, t)
        for table in stream.schema.rows:
            served = updater.serving(state, run)[f"counts.{table}_counts"]
            assert torch.equal(served, after.features(table).double())


def test_the_first_layer_of_embedding_mlp_reads_the_counts() -> None:
    stream = tiny_stream(SIZES)
    base = tiny_model(stream)
    model = extended(base, stream)
    rng = torch.Generator().manual_seed(1)
    params = {name: torch.randn(value.shape, generator=rng) for name, value in params_of(model).items()}
    batch = stream.periods[0].samples().batch(slice(None))
    counts, hook = CountFeatures(stream.schema), Shift()
    held = {name.removeprefix("counts."): value for name, value in params.items() if name.startswith("counts.")}
    s = torch.func.functional_call(counts, held, (batch,))
    inner = {name.removeprefix("base."): value for name, value in params.items() if name.startswith("base.")}
    hook.shift = s @ params["direct"].T
    with base.mlp[0].register_forward_hook(hook):
        expected = torch.func.functional_call(base, inner, (batch,))
    added = torch.relu(s @ params["hidden_weight"].T + params["hidden_bias"]) @ params["output"]
    assert hook.calls == 1
    torch.testing.assert_close(torch.func.functional_call(model, params, (batch,)), expected + added)


class Shift:
    """A hook that adds to what a layer gives."""

    def __init__(self) -> None:
        self.shift = torch.zeros(())
        self.calls = 0

    def __call__(self, module: nn.Module, given: object, made: Tensor) -> Tensor:
        self.calls += 1
        return made + self.shift


class Steps:
    """Progress that notes each stage."""

    def __init__(self) -> None:
        self.stages: list[str] = []

    def overall(self, text: str, done: int, total: int) -> None: ...

    def step(self, text: str, done: int, total: int) -> None:
        self.stages.append(text)


def test_in_a_comparison_it_begins_as_iu_and_is_not_pre_trained_again(tmp_path: Path) -> None:
    stream, both = tiny_stream(), Steps()
    settings = CompareSettings(
        methods=("iu", "iu-counts", "iu-mf", "iu-counts-mf"),
        baselines=False,
        dim=3,
        base=IU(batch_size=16),
        overrides={
            "iu-mf": {"method": "iu", "model": "matrix-factorisation"},
            "iu-counts-mf": {"method": "iu-counts", "model": "matrix-factorisation"},
        },
    )
    comparison = compare(stream, settings, tmp_path / "both", both)
    results = comparison.results
    scores = {(each.method, each.scored_period): each.scores for each in results}
    for plain, counted in (("iu", "iu-counts"), ("iu-mf", "iu-counts-mf")):
        assert scores[plain, 3] == scores[counted, 3]
        assert scores[plain, 4] != scores[counted, 4]
    told = "iu-counts, iu-counts-mf change the base model"
    assert told in " ".join(comparison.report.read_text().split())
    assert [each.method for each in comparison.summaries if each.extends_model] == ["iu-counts", "iu-counts-mf"]
    once = Steps()
    alone = CompareSettings(
        methods=("iu", "iu-mf"),
        baselines=False,
        dim=3,
        base=IU(batch_size=16),
        overrides={"iu-mf": {"method": "iu", "model": "matrix-factorisation"}},
    )
    compare(stream, alone, tmp_path / "alone", once)
    pretraining = [[text for text in steps.stages if "pre-training" in text] for steps in (both, once)]
    assert pretraining[0] == pretraining[1] != []


def test_it_scores_alike_in_a_comparison_and_alone(tmp_path: Path) -> None:
    stream = tiny_stream()
    settings = CompareSettings(methods=("iu-counts",), baselines=False, dim=3, base=IU(batch_size=16))
    seed = derive(settings.seed, "run", 0)
    model = EmbeddingMLP(stream.schema_after(2), dim=3, seed=derive(seed, "model"))
    alone = prequential(IUCounts(batch_size=16), model, stream, pretraining=settings.pretraining, seed=seed)
    together = compare(stream, settings, tmp_path).results
    assert [each.scores for each in alone] == [each.scores for each in together]


def test_a_model_that_reads_counts_itself_is_used_as_it_is() -> None:
    stream = tiny_stream()
    model, updater = Reader(stream.schema), IUCounts(batch_size=8)
    assert updater.extend(model, stream.schema, 0) is model
    scores = [each.scores for each in prequential(updater, model, stream)]
    assert scores[0]["auc"] == 0.5  # all features are zero before the first update
    assert all(each["auc"] != 0.5 for each in scores[1:])


def test_a_model_that_reads_no_counts_is_refused() -> None:
    model = tiny_model(tiny_stream())
    with pytest.raises(ModelError, match="EmbeddingMLP has no CountFeatures"):
        IUCounts().init(Fitted.untrained(params_of(model)), Run(model))


def test_what_a_model_reads_itself_is_not_set_from_outside() -> None:
    schema = tiny_stream().schema
    with pytest.raises(ConfigError, match="Reader decides itself which counts it reads"):
        IUCounts(history_match=True).extend(Reader(schema, history_match=True), schema, 0)


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        (Facts("implicit", history=5, exclude="had"), "negatives of this stream are never items that the user has had"),
        (Facts("explicit", history=0), "the stream has no histories"),
        (Facts("implicit", history=5, exclude="now"), None),
        (Facts("explicit", history=5), None),
        (Facts(), None),
    ],
)
def test_matches_that_give_labels_away_are_refused_with_their_path(facts: Facts, problem: str | None) -> None:
    settings = {"methods": ["iu-counts"], "overrides": {"iu-counts": {"history_match": True}}}
    if problem is None:
        CompareSettings.model_validate(settings, context=facts)
    else:
        with pytest.raises(SettingsError, match=rf"overrides\.iu-counts\.history_match is True: {problem}"):
            CompareSettings.model_validate(settings, context=facts)
    CompareSettings.model_validate({"methods": ["iu-counts"]}, context=facts)


def test_later_periods_do_not_change_what_was_counted() -> None:
    stream = tiny_stream(SIZES)
    base = tiny_model(stream)
    model = extended(base, stream)
    run, updater = Run(model, seed=1), IUCounts(batch_size=16)
    states = []
    for order in ((0, 1, 2, 3), (0, 1, 2, 4)):
        periods = [replace(stream.periods[place], number=number) for number, place in enumerate(order, start=1)]
        state = updater.init(model.begin(Fitted.untrained(params_of(base))), run)
        for t in range(1, 4):
            state = updater.update(state, periods[:t], run)
        states.append(state_bytes(state))
    assert states[0] == states[1]
