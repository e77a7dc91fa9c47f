"""The number of epochs comes from the held-out pre-training period, and from nothing else."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from freshrec.data import Stream, join
from freshrec.errors import ConfigError, CorruptError
from freshrec.evaluation import Pretraining, first_model, read_first_model
from freshrec.metrics import DEFAULT_METRICS, METRICS
from freshrec.params import params_of
from freshrec.store import write_checkpoint
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
            seed = run.seed_for("pretrain", epoch)
            fitted = model.train(fitted, samples, run, seed=seed, stage="", epochs=1)
        logit = predict(run.model, fitted.params, held_out)
        for name, found in values.items():
            found.append(METRICS[name].goodness(METRICS[name].of(held_out.label, logit, held_out.user) or 0.0))
    pretraining = Pretraining(epochs=8, batch_size=32, patience=8)
    for name, found in values.items():
        *_, last = pretraining.states(start, stream.periods[:4], run, [METRICS[name]])
        assert last.chosen == found.index(max(found)) + 1


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
    pretraining = Pretraining(loss="bpr", epochs=4, batch_size=16)
    *_, last = pretraining.states(start, stream.periods[:3], run, DEFAULT_METRICS)
    made = pretraining.fit(start, stream.periods[:3], run)
    samples, expected = join([period.samples() for period in stream.periods[:3]]), start
    for epoch in range(last.chosen):
        feed = Shuffled(samples, 16, 1, run.seed_for("pretrain", epoch), OBJECTIVES["bpr"])
        expected = fit(expected, feed, partial(bpr_loss, run.model), 0.01)
    assert all(torch.equal(value, expected.params[name]) for name, value in made.params.items())
    with pytest.raises(ConfigError, match="labels of this stream are explicit"):
        Pretraining(loss="bpr").fit(start, tiny_stream().periods[:2], run)


def bytes_of(fitted: Fitted) -> dict[str, bytes]:
    """Every value and moment of a model."""
    parts = {"value": fitted.params, **{name: getattr(fitted.moments, name) for name in ("steps", "mean", "square")}}
    return {f"{name} {key}": value.numpy().tobytes() for name, part in parts.items() for key, value in part.items()}


def stopping_after(epochs: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """From now on training is interrupted in the epoch after so many; the list has those that were trained."""
    train, trained = Pretraining.train, list[int]()

    def interrupted(self: Pretraining, *arguments: Any, **further: Any) -> Fitted:
        if len(trained) == epochs:
            raise KeyboardInterrupt
        trained.append(1)
        return train(self, *arguments, **further)

    monkeypatch.setattr(Pretraining, "train", interrupted)
    return trained


@pytest.fixture(scope="module")
def stream() -> Stream:
    return tiny_stream((120, 120, 60, 40, 40, 40, 40))


def pre_trained(stream: Stream, folder: Path, settings: Pretraining) -> dict[str, bytes]:
    run = Run(tiny_model(stream), 1)
    found = first_model(folder, "mine", settings, stream.periods[:3], run, DEFAULT_METRICS)
    return {**bytes_of(found.model), "epochs": bytes([found.epochs])}


@pytest.mark.parametrize("optimizer", ["adam", "rowwise"])
def test_interrupted_in_any_epoch_it_gives_the_same_model_and_loses_that_epoch(
    stream: Stream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, optimizer: str
) -> None:
    settings = Pretraining.model_validate(
        {"epochs": 4, "patience": 4, "batch_size": 16, "learning_rate": 0.003, "optimizer": optimizer}
    )
    run = Run(tiny_model(stream), 1)
    start = Fitted.untrained(params_of(run.model))
    states = list(settings.states(start, stream.periods[:3], run, DEFAULT_METRICS))
    assert [state.finished for state in states] == [False] * (len(states) - 1) + [True]
    expected = pre_trained(stream, tmp_path / "whole", settings)
    assert expected == {**bytes_of(states[-1].model), "epochs": bytes([states[-1].chosen])}
    assert {state.part for state in states} == {"choose", "fit"}
    for stopped in range(len(states)):
        folder = tmp_path / str(stopped)
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            stopping_after(stopped, patch)
            pre_trained(stream, folder, settings)
        assert read_first_model(folder, "mine") is None
        with monkeypatch.context() as patch:
            trained = stopping_after(100, patch)
            assert pre_trained(stream, folder, settings) == expected
        assert len(trained) == len(states) - stopped
        assert sorted(path.name for path in folder.iterdir()) == sorted(
            path.name for path in (tmp_path / "whole").iterdir()
        )


def test_stopped_in_every_epoch_in_turn_it_ends_all_the_same(
    stream: Stream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Pretraining(epochs=3, batch_size=16)
    expected, attempts = pre_trained(stream, tmp_path / "whole", settings), 0
    while read_first_model(tmp_path / "often", "mine") is None:
        attempts += 1
        with monkeypatch.context() as patch:
            stopping_after(1, patch)
            try:
                found = pre_trained(stream, tmp_path / "often", settings)
            except KeyboardInterrupt:
                continue
    assert found == expected
    assert attempts > 3


def test_a_state_under_way_of_another_configuration_is_refused(
    stream: Stream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stopping_after(1, patch)
        pre_trained(stream, tmp_path, Pretraining(batch_size=16))
    with pytest.raises(CorruptError, match="another configuration"):
        first_model(tmp_path, "other", Pretraining(), stream.periods[:3], Run(tiny_model(stream), 1), DEFAULT_METRICS)


def test_a_state_of_another_version_is_refused(stream: Stream, tmp_path: Path) -> None:
    start = Fitted.untrained(params_of(tiny_model(stream)))
    write_checkpoint(tmp_path, "pretrained", {"identity": "mine", "epochs": 2}, start)
    with pytest.raises(CorruptError, match=r"lacks 'part' of pre-training; another version wrote it"):
        read_first_model(tmp_path, "mine")


def test_without_periods_the_start_is_the_first_model(stream: Stream, tmp_path: Path) -> None:
    run = Run(tiny_model(stream), 1)
    found = first_model(tmp_path, "mine", Pretraining(), (), run, DEFAULT_METRICS)
    assert found.epochs == 0
    assert bytes_of(found.model) == bytes_of(Fitted.untrained(params_of(run.model)))
    again = read_first_model(tmp_path, "mine")
    assert again is not None
    assert bytes_of(again.model) == bytes_of(found.model)


def test_every_epoch_has_an_order_of_its_own(stream: Stream) -> None:
    settings, run = Pretraining(epochs=3, patience=3, batch_size=16), Run(tiny_model(stream), 1)
    start = Fitted.untrained(params_of(run.model))
    states = [
        each for each in settings.states(start, stream.periods[:3], run, DEFAULT_METRICS) if each.part == "choose"
    ]
    samples, model = join([period.samples() for period in stream.periods[:2]]), start
    assert len(states) == 3
    for epoch, state in enumerate(states):
        model = settings.train(model, samples, run, seed=run.seed_for("pretrain", epoch), stage="", epochs=1)
        assert bytes_of(state.model) == bytes_of(model)
