"""EMA against its closed form over a plain torch loop, and against IU."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.testing import assert_allclose
from torch import Tensor, nn

from freshrec.data import Batch, Labels
from freshrec.params import params_of
from freshrec.seeds import numpy_rng
from freshrec.testing import state_bytes, tiny_model, tiny_stream
from freshrec.training import Fitted, Loss, Run
from freshrec.updaters import EMA, IU

SIZES = (70, 50, 90)


class Normed(nn.Module):
    """A model with buffers, and a frozen parameter."""

    def __init__(self, rows: int) -> None:
        super().__init__()
        self.item = nn.Embedding(rows, 2)
        self.norm = nn.BatchNorm1d(2)
        self.scale = nn.Parameter(torch.ones(2), requires_grad=False)

    def forward(self, batch: Batch) -> Tensor:
        logits: Tensor = (self.scale * self.norm(self.item(batch.item["item"]))).sum(1)
        return logits


def test_the_average_is_the_weighted_sum_of_the_models_after_each_part() -> None:
    """Weights (1 - d) d^(n - k) of the n models after the start, d^n of the start, with d^parts = decay."""
    stream, parts, decay = tiny_stream(SIZES), 3, 0.3
    model, plain = tiny_model(stream).double(), tiny_model(stream).double()
    run, updater = Run(model, seed=3), EMA(decay=decay, parts=parts, learning_rate=0.02, epochs=2, batch_size=16)
    state = updater.init(Fitted.untrained(params_of(model)), run)
    adam = torch.optim.Adam(plain.parameters(), lr=0.02)
    models = [{name: value.detach().numpy().copy() for name, value in plain.named_parameters()}]
    for period in stream.periods:
        state = updater.update(state, stream.periods[: period.number], run)
        samples, seed = period.samples(), run.seed_for("iu", period.number)
        orders = [numpy_rng(seed, "epoch", epoch).permutation(len(samples)) for epoch in range(2)]
        batches = [order[first : first + 16] for order in orders for first in range(0, len(order), 16)]
        ends = {len(batches) * part // parts for part in range(1, parts + 1)}
        for step, rows in enumerate(batches, start=1):
            batch = samples.batch(rows)
            adam.zero_grad()
            F.binary_cross_entropy_with_logits(plain(batch), batch.label.double()).backward()  # type: ignore[no-untyped-call]
            adam.step()
            if step in ends:
                models.append({name: value.detach().numpy().copy() for name, value in plain.named_parameters()})
    each = decay ** (1 / parts)
    weights = [each ** (len(models) - 1), *((1 - each) * each ** (len(models) - 1 - k) for k in range(1, len(models)))]
    assert len(models) == 1 + parts * len(SIZES)
    assert sum(weights) == pytest.approx(1)
    served = updater.serving(state, run)
    for name in models[0]:
        expected = np.sum([weight * params[name] for weight, params in zip(weights, models, strict=True)], 0)
        assert_allclose(served[name], expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(("loss", "labels"), [("log", "explicit"), ("bpr", "implicit")])
def test_with_decay_0_it_serves_iu_bit_for_bit(loss: Loss, labels: Labels) -> None:
    stream = tiny_stream(SIZES, labels=labels)
    run = Run(tiny_model(stream), seed=5)
    start = Fitted.untrained(params_of(run.model))
    updater, plain = EMA(decay=0, parts=4, loss=loss, batch_size=8), IU(loss=loss, batch_size=8)
    one, other = updater.init(start, run), plain.init(start, run)
    for t in range(1, len(SIZES) + 1):
        one, other = updater.update(one, stream.periods[:t], run), plain.update(other, stream.periods[:t], run)
        assert state_bytes(updater.serving(one, run)) == state_bytes(plain.serving(other, run))
        assert state_bytes(one.model) == state_bytes(other.model)


def test_the_model_that_is_trained_on_is_ius_whatever_is_served() -> None:
    stream = tiny_stream(SIZES)
    run = Run(tiny_model(stream), seed=5)
    start = Fitted.untrained(params_of(run.model))
    updater, plain = EMA(decay=0.9, parts=100, batch_size=8), IU(batch_size=8)
    one, other = updater.init(start, run), plain.init(start, run)
    for t in range(1, len(SIZES) + 1):
        one, other = updater.update(one, stream.periods[:t], run), plain.update(other, stream.periods[:t], run)
    assert state_bytes(one.model) == state_bytes(other.model)
    assert state_bytes(updater.serving(one, run)) != state_bytes(plain.serving(other, run))


def test_buffers_and_frozen_parameters_are_the_newest() -> None:
    stream = tiny_stream(SIZES)
    run = Run(Normed(stream.schema.rows["item"]), seed=1)
    updater = EMA(decay=0.5, parts=2, batch_size=8)
    state = updater.init(Fitted.untrained(params_of(run.model)), run)
    state = updater.update(state, stream.periods[:1], run)
    served = updater.serving(state, run)
    assert list(served) == list(state.model.params)
    for name in ("norm.running_mean", "norm.running_var", "norm.num_batches_tracked", "scale"):
        assert served[name] is state.model.params[name]
    assert not torch.equal(served["item.weight"], state.model.params["item.weight"])
