"""The yardstick of feeding is the same model, trained in the same way."""

import numpy as np
import pytest
import torch

from feeding import measure, watched_loader
from freshrec.data import Samples
from freshrec.models import EmbeddingMLP
from freshrec.params import params_of
from freshrec.testing import tiny_categories, tiny_stream
from freshrec.training import Fitted, Shuffled, fit, log_loss, predict
from plain_epoch import Dense, PlainModel, plain_epoch

STREAM = tiny_stream((300, 260))


@pytest.fixture
def samples() -> Samples:
    return STREAM.periods[0].samples()


def plain_model(model: EmbeddingMLP) -> PlainModel:
    return PlainModel(model, torch.from_numpy(tiny_categories()).long())


def test_it_gives_the_logits_of_the_model(samples: Samples) -> None:
    model = EmbeddingMLP(STREAM.schema)
    with torch.no_grad():
        made = plain_model(model).scores(Dense.of(samples), torch.arange(len(samples)))
    np.testing.assert_allclose(made, predict(model, params_of(model), samples), atol=1e-6)


def test_its_epoch_is_that_of_fit_on_the_same_batches(samples: Samples) -> None:
    model, order = EmbeddingMLP(STREAM.schema), np.random.default_rng(0).permutation(len(samples))
    plain = plain_model(model)
    adam = torch.optim.Adam(plain.parameters(), lr=0.01)
    plain_epoch(plain, adam, Dense.of(samples), torch.from_numpy(order), 64)
    fitted = fit(
        Fitted.untrained(params_of(model)),
        samples.batches(64, order),
        lambda params, batch: log_loss(model, params, batch),
        0.01,
    )
    for ours, theirs in {"items.weight": "item_table.weight", "mlp.0.weight": "mlp.0.weight"}.items():
        torch.testing.assert_close(plain.get_parameter(ours).detach(), fitted.params[theirs], atol=1e-5, rtol=0)


def test_feeding_has_a_figure_for_each_way_and_for_the_loader() -> None:
    plain, ours, batches, loader = measure(STREAM, periods=2, rounds=2)
    assert ours.against == plain.what
    assert ours.ratio == pytest.approx(ours.value / plain.value)
    assert batches.value > 0
    assert 0 < loader.value < 100


def test_every_wait_for_a_batch_is_noted(samples: Samples) -> None:
    feed = Shuffled(samples, 64, 2, 0)
    with watched_loader() as waits:
        assert len(list(feed)) == len(waits) == len(feed) == 10
    list(feed)
    assert len(waits) == 10
