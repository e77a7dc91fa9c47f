"""The number of epochs comes from the held-out pre-training period, and from nothing else."""

from functools import partial

import pytest
import torch

from freshrec.data import join
from freshrec.errors import ConfigError
from freshrec.evaluation import Pretraining
from freshrec.metrics import DEFAULT_METRICS, METRICS
from freshrec.params import params_of
from freshrec.testing import tiny_model, tiny_stream
from freshrec.training import OBJECTIVES, Fitted, Run, Shuffled, bpr_loss, fit, predict


def test_the_epochs_chosen_are_the_best_on_the_last_period() -> None:
    stream = tiny_stream((200, 200, 100, 60, 40, 40, 40))
    run = Run(tiny_model(stream), 1)
    start = Fitted.untrained(params_of(run.model))
    held_out = stream.periods[3].samples()
    samples = join([period.samples() for period in stream.periods[:3]])
    values: dict[str, list[float]] = {"auc": [], "logloss": []}
    for epochs in range(1, 9):
        model = Pretraining(epochs=1, batch_size=32)
        fitted = start
        for epoch in range(epochs):
            fitted = model._epoch(fitted, samples, epoch, run)
        logit = predict(run.model, fitted.params, held_out)
        for name, found in values.items():
            found.append(METRICS[name].goodness(METRICS[name].of(held_out.label, logit, held_out.user) or 0.0))
    pretraining = Pretraining(epochs=8, batch_size=32, patience=8)
    for name, found in values.items():
        chosen = pretraining.choose_epochs(start, stream.periods[:4], run, [METRICS[name]])
        assert chosen == found.index(max(found)) + 1


def test_no_periods_leave_the_start_as_it_is() -> None:
    stream = tiny_stream()
    run = Run(tiny_model(stream))
    start = Fitted.untrained(params_of(run.model))
    assert Pretraining().fit(start, [], run) is start


def test_later_periods_have_no_say() -> None:
    streams = tiny_stream(), tiny_stream()
    for period in streams[1].periods[3:]:
        samples = period.samples()
        samples.label[:] = 1 - samples.label
    fitted = []
    for stream in streams:
        run = Run(tiny_model(stream))
        fitted.append(Pretraining().fit(Fitted.untrained(params_of(run.model)), stream.periods[:3], run))
    assert all(torch.equal(value, fitted[1].params[name]) for name, value in fitted[0].params.items())


def test_on_pairs_every_epoch_is_one_over_the_pairs_of_all_periods() -> None:
    stream = tiny_stream(labels="implicit")
    run = Run(tiny_model(stream), 1)
    start = Fitted.untrained(params_of(run.model))
    chosen = Pretraining(loss="bpr", epochs=4, batch_size=16).choose_epochs(
        start, stream.periods[:3], run, DEFAULT_METRICS
    )
    made = Pretraining(loss="bpr", epochs=4, batch_size=16).fit(start, stream.periods[:3], run)
    samples, expected = join([period.samples() for period in stream.periods[:3]]), start
    for epoch in range(chosen):
        feed = Shuffled(samples, 16, 1, run.seed_for("pretrain", epoch), OBJECTIVES["bpr"])
        expected = fit(expected, feed, partial(bpr_loss, run.model), 0.01)
    assert all(torch.equal(value, expected.params[name]) for name, value in made.params.items())
    with pytest.raises(ConfigError, match="labels of this stream are explicit"):
        Pretraining(loss="bpr").fit(start, tiny_stream().periods[:2], run)
