"""IU against a plain torch loop: bit for bit with the log loss, and on pairs."""

import contextlib

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from freshrec.kernels import FastBags
from freshrec.models import EmbeddingMLP
from freshrec.params import params_of
from freshrec.seeds import numpy_rng
from freshrec.settings import SettingsError
from freshrec.testing import tiny_model, tiny_stream
from freshrec.training import Fitted, Run
from freshrec.updaters import IU


@pytest.mark.parametrize(
    ("dtype", "bags"),
    [(torch.float64, contextlib.nullcontext()), (torch.float32, FastBags())],
    ids=["float64", "float32"],
)
def test_iu_is_a_plain_torch_loop_with_one_long_lived_adam(
    dtype: torch.dtype, bags: contextlib.AbstractContextManager[object]
) -> None:
    """In float64 nothing but torch; in float32 with the compiled gradient of bags, which adds up in another order.

    The numbers of all matrices can be divided by 16: those left over would be handed to torch apart from the others.
    """
    stream = tiny_stream()
    model, plain = (EmbeddingMLP(stream.schema, dim=16, hidden=(32, 16)).to(dtype) for _ in range(2))
    run, updater = Run(model, seed=3), IU(learning_rate=0.02, epochs=2, batch_size=16)
    state = updater.init(Fitted.untrained(params_of(model)), run)
    adam = torch.optim.Adam(plain.parameters(), lr=0.02, betas=(0.9, 0.999), eps=1e-8, fused=True)
    for number, period in enumerate(stream.periods, start=1):
        state = updater.update(state, stream.periods[:number], run)
        samples = period.samples()
        for epoch in range(2):
            order = numpy_rng(run.seed_for("iu", number), "epoch", epoch).permutation(len(samples))
            for first in range(0, len(order), 16):
                batch = samples.batch(order[first : first + 16])
                adam.zero_grad()
                with bags:
                    loss = F.binary_cross_entropy_with_logits(plain(batch), batch.label)
                loss.backward()  # type: ignore[no-untyped-call]
                adam.step()
        for name, parameter in plain.named_parameters():
            assert torch.equal(state.model.params[name], parameter.detach()), (number, name)


def test_on_pairs_it_is_a_plain_torch_loop_over_pairs() -> None:
    """The pairs are found, and the loss written down, without the package; 17 samples are 8 pairs."""
    stream = tiny_stream(labels="implicit")
    model, plain = tiny_model(stream).double(), tiny_model(stream).double()
    run, updater = Run(model, seed=3), IU(loss="bpr", learning_rate=0.02, epochs=2, batch_size=17)
    state = updater.init(Fitted.untrained(params_of(model)), run)
    adam = torch.optim.Adam(plain.parameters(), lr=0.02, betas=(0.9, 0.999), eps=1e-8)
    for number, period in enumerate(stream.periods[:3], start=1):
        state = updater.update(state, stream.periods[:number], run)
        samples = period.samples()
        liked = [row for row in range(len(samples)) if samples.label[row]]
        pairs = [(max(p for p in liked if p < row), row) for row in range(len(samples)) if not samples.label[row]]
        for epoch in range(2):
            order = numpy_rng(run.seed_for("iu", number), "epoch", epoch).permutation(len(pairs))
            for first in range(0, len(order), 8):
                taken = [pairs[place] for place in order[first : first + 8]]
                positive, negative = (plain(samples.batch(np.array(rows))) for rows in zip(*taken, strict=True))
                adam.zero_grad()
                (-torch.log(torch.sigmoid(positive - negative))).mean().backward()  # type: ignore[no-untyped-call]
                adam.step()
        for name, parameter in plain.named_parameters():
            torch.testing.assert_close(state.model.params[name], parameter.detach(), rtol=1e-9, atol=1e-12)


def test_a_batch_that_cannot_hold_a_pair_is_refused() -> None:
    with pytest.raises(SettingsError, match="a pair is 2 samples; with loss = 'bpr' give at least 2"):
        IU(loss="bpr", batch_size=1)
    assert IU(batch_size=1).batch_size == 1


def test_the_model_given_is_left_alone() -> None:
    stream = tiny_stream()
    model = tiny_model(stream)
    before = params_of(model)
    run = Run(model)
    updater = IU()
    updater.update(updater.init(Fitted.untrained(params_of(model)), run), stream.periods[:1], run)
    assert all(torch.equal(before[name], value) for name, value in params_of(model).items())
