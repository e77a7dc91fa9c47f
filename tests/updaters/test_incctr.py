"""IncCTR against its two terms written out in plain torch, and against IU."""

import pytest
import torch
from torch import Tensor

from freshrec.data import Batch
from freshrec.models import EmbeddingMLP
from freshrec.params import params_of
from freshrec.seeds import numpy_rng
from freshrec.settings import SettingsError
from freshrec.testing import state_bytes, tiny_model, tiny_stream
from freshrec.training import Fitted, Run
from freshrec.updaters import IU
from freshrec.updaters.incctr import IncCTR


class Moody(EmbeddingMLP):
    """Like a model with dropout, it gives other logits while it is trained."""

    def forward(self, batch: Batch, shift: Tensor | None = None) -> Tensor:
        logit: Tensor = super().forward(batch, shift)
        return logit + 0.5 if self.training else logit


def cross_entropy(logit: Tensor, target: Tensor) -> Tensor:
    """Straight from the definition, in float64."""
    p = 1 / (1 + torch.exp(-logit))
    return -(target * torch.log(p) + (1 - target) * torch.log(1 - p)).mean()


@pytest.mark.parametrize("weight", [0.2, 1.0])
def test_incctr_is_a_plain_torch_loop_with_a_frozen_teacher(weight: float) -> None:
    """The teacher is the model as it was before the period, in evaluation mode, for all epochs."""
    stream = tiny_stream()
    model, plain, teacher = (Moody(stream.schema, dim=3, seed=0).double() for _ in range(3))
    teacher.eval()
    run, updater = Run(model, seed=3), IncCTR(distillation=weight, learning_rate=0.02, epochs=2, batch_size=16)
    state = updater.init(Fitted.untrained(params_of(model)), run)
    adam = torch.optim.Adam(plain.parameters(), lr=0.02, betas=(0.9, 0.999), eps=1e-8)
    for number, period in enumerate(stream.periods, start=1):
        state = updater.update(state, stream.periods[:number], run)
        assert model.training
        teacher.load_state_dict(plain.state_dict())
        samples = period.samples()
        for epoch in range(2):
            order = numpy_rng(run.seed_for("iu", number), "epoch", epoch).permutation(len(samples))
            for first in range(0, len(order), 16):
                batch = samples.batch(order[first : first + 16])
                with torch.no_grad():
                    soft = 1 / (1 + torch.exp(-teacher(batch)))
                logit = plain(batch)
                loss = (1 - weight) * cross_entropy(logit, batch.label) + weight * cross_entropy(logit, soft)
                adam.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                adam.step()
        for name, parameter in plain.named_parameters():
            torch.testing.assert_close(state.model.params[name], parameter.detach(), rtol=1e-6, atol=1e-7)


def test_without_distillation_it_is_iu_bit_for_bit() -> None:
    stream = tiny_stream()
    run = Run(tiny_model(stream), seed=5)
    start = Fitted.untrained(params_of(run.model))
    taught, plain = IncCTR(distillation=0, epochs=2, batch_size=16), IU(epochs=2, batch_size=16)
    one, other = taught.init(start, run), plain.init(start, run)
    for t in range(1, len(stream.periods) + 1):
        one, other = taught.update(one, stream.periods[:t], run), plain.update(other, stream.periods[:t], run)
    assert state_bytes(one.model) == state_bytes(other.model)


def test_with_the_teacher_alone_an_untrained_model_stays_as_it_is() -> None:
    """Cross entropy with one's own probabilities is at its least; only rounding is left, far below one step's 0.01."""
    stream = tiny_stream()
    model = tiny_model(stream).double()
    run, updater = Run(model), IncCTR(distillation=1, batch_size=64)
    start = Fitted.untrained(params_of(model))
    state = updater.update(updater.init(start, run), stream.periods[:1], run)
    for name, value in start.params.items():
        torch.testing.assert_close(state.model.params[name], value, rtol=0, atol=1e-6)


@pytest.mark.parametrize("weight", [-0.1, 1.1])
def test_a_weight_outside_of_zero_to_one_is_refused(weight: float) -> None:
    with pytest.raises(SettingsError, match="distillation"):
        IncCTR(distillation=weight)
