"""BU against a plain torch loop over the newest periods, and against IU."""

import pytest
import torch
import torch.nn.functional as F

from freshrec.data import Labels
from freshrec.params import params_of
from freshrec.seeds import numpy_rng
from freshrec.settings import SettingsError
from freshrec.testing import state_bytes, tiny_model, tiny_stream
from freshrec.training import Fitted, Loss, Run
from freshrec.updaters import IU
from freshrec.updaters.bu import BU


def test_bu_is_a_plain_torch_loop_over_the_window() -> None:
    """The loss of a batch is added up period by period, so nothing is joined; the first two periods pre-train."""
    stream = tiny_stream()
    model, plain = tiny_model(stream).double(), tiny_model(stream).double()
    run, updater = Run(model, seed=3), BU(window=3, learning_rate=0.02, epochs=2, batch_size=16)
    state = updater.init(Fitted.untrained(params_of(model)), run)
    adam = torch.optim.Adam(plain.parameters(), lr=0.02, betas=(0.9, 0.999), eps=1e-8)
    for t in range(3, len(stream.periods) + 1):
        state = updater.update(state, stream.periods[:t], run)
        samples = {number: stream.periods[number - 1].samples() for number in (t - 2, t - 1, t)}
        rows = [(number, row) for number in samples for row in range(len(samples[number]))]
        for epoch in range(2):
            order = numpy_rng(run.seed_for("iu", t), "epoch", epoch).permutation(len(rows))
            for first in range(0, len(order), 16):
                taken = [rows[index] for index in order[first : first + 16]]
                loss = torch.zeros((), dtype=torch.float64)
                for number in samples:
                    mine = torch.tensor([row for own, row in taken if own == number], dtype=torch.int64)
                    batch = samples[number].batch(mine.numpy())
                    loss += F.binary_cross_entropy_with_logits(plain(batch), batch.label, reduction="sum") / len(taken)
                adam.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                adam.step()
        for name, parameter in plain.named_parameters():
            torch.testing.assert_close(state.model.params[name], parameter.detach(), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(("loss", "labels"), [("log", "explicit"), ("bpr", "implicit")])
def test_a_window_of_one_is_iu_bit_for_bit(loss: Loss, labels: Labels) -> None:
    stream = tiny_stream(labels=labels)
    run = Run(tiny_model(stream), seed=5)
    start = Fitted.untrained(params_of(run.model))
    batch, plain = BU(window=1, loss=loss, epochs=2, batch_size=16), IU(loss=loss, epochs=2, batch_size=16)
    one, other = batch.init(start, run), plain.init(start, run)
    for t in range(1, len(stream.periods) + 1):
        one, other = batch.update(one, stream.periods[:t], run), plain.update(other, stream.periods[:t], run)
    assert state_bytes(one.model) == state_bytes(other.model)


def test_at_the_start_the_window_is_what_there_is() -> None:
    """With two periods in the past, w = 2 and w = 5 are the same."""
    stream = tiny_stream()
    run = Run(tiny_model(stream))
    start = Fitted.untrained(params_of(run.model))
    states = []
    for window in (2, 5):
        updater = BU(window=window, batch_size=16)
        states.append(updater.update(updater.init(start, run), stream.periods[:2], run))
    assert state_bytes(states[0]) == state_bytes(states[1])


def test_an_empty_window_is_refused() -> None:
    with pytest.raises(SettingsError, match="greater than or equal to 1"):
        BU(window=0)
