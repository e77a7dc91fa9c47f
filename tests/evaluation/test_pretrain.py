"""The number of epochs comes from the held-out pre-training period, and from nothing else."""

import torch

from freshrec.data import join
from freshrec.evaluation import Pretraining, auc
from freshrec.params import params_of
from freshrec.testing import tiny_model, tiny_stream
from freshrec.training import Fitted, Run, predict


def test_the_epochs_chosen_are_the_best_on_the_last_period() -> None:
    stream = tiny_stream((200, 200, 100, 60, 40, 40, 40))
    run = Run(tiny_model(stream), 1)
    start = Fitted.untrained(params_of(run.model))
    held_out = stream.periods[3].samples()
    samples = join([period.samples() for period in stream.periods[:3]])
    areas = []
    for epochs in range(1, 9):
        model = Pretraining(epochs=1, batch_size=32)
        fitted = start
        for epoch in range(epochs):
            fitted = model._epoch(fitted, samples, epoch, run)
        areas.append(auc(held_out.label, predict(run.model, fitted.params, held_out)) or 0.0)
    chosen = Pretraining(epochs=8, batch_size=32, patience=8).chosen_epochs(start, stream.periods[:4], run)
    assert chosen == areas.index(max(areas)) + 1


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
