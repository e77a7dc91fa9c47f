"""IU against a plain torch loop, bit for bit."""

import contextlib

import pytest
import torch
import torch.nn.functional as F

from freshrec.kernels import FastBags
from freshrec.params import params_of
from freshrec.seeds import numpy_rng
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
    """In float64 nothing but torch; in float32 with the compiled gradient of bags, which adds up in another order."""
    stream = tiny_stream()
    model, plain = tiny_model(stream).to(dtype), tiny_model(stream).to(dtype)
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


def test_the_model_given_is_left_alone() -> None:
    stream = tiny_stream()
    model = tiny_model(stream)
    before = params_of(model)
    run = Run(model)
    updater = IU()
    updater.update(updater.init(Fitted.untrained(params_of(model)), run), stream.periods[:1], run)
    assert all(torch.equal(before[name], value) for name, value in params_of(model).items())
