"""RSG on models of other libraries, unmodified: it starts as fine-tuning and corrects what it counts."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import pytest
import torch
from torch_rechub.basic.features import SparseFeature
from torch_rechub.models.ranking import DeepFM

from freshrec.data import Batch, Schema, Stream
from freshrec.generators import Residual
from freshrec.models import Adapted
from freshrec.params import Params, params_of
from freshrec.testing import tiny_categories, tiny_stream
from freshrec.training import Fitted, Run, predict
from freshrec.updaters import IU, RSG

IU_SETTINGS = IU(batch_size=16)
UPDATER = RSG(base=IU_SETTINGS, batch_size=16, learning_rate=1e-2, hidden=5, guard=False)
MODELS = {"din_torch_rechub": "din", "deepfm_torch_rechub": "deepfm", "dcnv2_recbole": "dcnv2"}


def users_and_items(schema: Schema) -> Adapted:
    """torch-rechub's DeepFM on users and items alone: the log's categories and histories have no table in it."""
    features = [SparseFeature(name, schema.rows[name], 4) for name in ("user", "item")]

    def collate(batch: Batch) -> dict[str, Any]:
        return {"user": batch.user["user"], "item": batch.item["item"]}

    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        model = DeepFM(features, features, {"dims": [8], "dropout": 0.1})
    return Adapted(model, collate, output="probabilities")


def example(name: str) -> Adapted:
    make: Callable[[Schema], Adapted] = getattr(import_module(name), MODELS[name])
    return make(tiny_stream().schema)


def states_of(updater: Any, model: Adapted, stream: Stream, count: int) -> list[Any]:
    """The states after each of the first periods."""
    run, states = Run(model, seed=4), []
    state = updater.init(Fitted.untrained(params_of(model)), run)
    for number in range(1, count + 1):
        state = updater.update(state, stream.periods[:number], run)
        states.append(state)
    return states


def equal(params: Params, others: Params) -> bool:
    return params.keys() == others.keys() and all(torch.equal(value, others[name]) for name, value in params.items())


@pytest.mark.parametrize("name", MODELS)
def test_it_is_fine_tuning_bit_for_bit_until_the_correction_is_trained(name: str) -> None:
    stream, model = tiny_stream(), example(name)
    run, samples = Run(model, seed=4), stream.periods[3].samples()
    fine_tuned = [IU_SETTINGS.serving(state, run) for state in states_of(IU_SETTINGS, model, stream, 3)]
    states = states_of(UPDATER, model, stream, 3)
    served = [UPDATER.serving(state, run) for state in states]
    assert equal(served[0], fine_tuned[0])
    for state, theta, corrected in zip(states[1:], fine_tuned[1:], served[1:], strict=True):
        assert equal(UPDATER.base.serving(state.base, run), theta)
        scores, before = (predict(model, params, samples) for params in (corrected, theta))
        assert np.isfinite(scores).all()
        assert np.abs(scores - before).max() > 1e-4


@pytest.mark.parametrize("name", MODELS)
def test_padding_rows_statistics_and_the_model_itself_stay(name: str) -> None:
    stream, model = tiny_stream(), example(name)
    own = params_of(model)
    *_, state = states_of(UPDATER, model, stream, 3)
    served, theta = UPDATER.serving(state, Run(model, seed=4)), state.base.model.params
    corrected = Residual.of(model, 5)
    for table, found in corrected.tables.items():
        if found.padding is not None:
            assert not served[table][found.padding].any()
        # recbole's DCN-V2 inherits tables that it never reads.
        assert torch.equal(served[table], theta[table]) != state.statistics.seen(table).any()
    for buffer in dict(model.named_buffers()):
        assert torch.equal(served[buffer], theta[buffer])
    assert equal(params_of(model), own)


def test_rows_are_counted_as_often_as_samples_have_their_ids() -> None:
    """DIN looks up items in a history and as candidates, in one table; a sample counts its candidate alone."""
    stream, model = tiny_stream(), example("din_torch_rechub")
    *_, state = states_of(UPDATER, model, stream, 2)
    samples = [period.samples() for period in stream.periods[:2]]
    categories = tiny_categories()
    for name, ids in {
        "user": [each.user for each in samples],
        "item": [each.item for each in samples],
        "category": [categories[each.item] for each in samples],
    }.items():
        (table,) = (each for each in state.statistics.tables if each.split(".")[-2] == name)
        rows = len(state.statistics.tables[table])
        counts = [np.bincount(each, minlength=rows) for each in ids]
        liked = np.bincount(ids[1], weights=samples[1].label, minlength=rows)
        found = state.statistics.tables[table].numpy()
        assert np.array_equal(found[:, 0], counts[1])
        assert np.array_equal(found[:, 2], counts[0] + counts[1])
        assert np.array_equal(found[:, 3], liked)


def test_a_model_may_lack_tables_of_the_log() -> None:
    stream = tiny_stream()
    model = users_and_items(stream.schema)
    *_, before, state = states_of(UPDATER, model, stream, 4)
    assert {name.split(".")[-2] for name in state.statistics.tables} == {"user", "item"}
    run, samples = Run(model, seed=4), stream.periods[4].samples()
    corrected, fine_tuned = UPDATER.serving(state, run), state.base.model.params
    assert (predict(model, corrected, samples) != predict(model, fine_tuned, samples)).all()
    assert not equal(before.generator.params, state.generator.params)
