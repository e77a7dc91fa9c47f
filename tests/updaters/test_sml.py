"""SML: the contract, its schedule against a hand-written unrolling, its start against IU, and that it learns."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from freshrec.data import Batch, Labels, Period, Samples, Stream
from freshrec.evaluation import prequential
from freshrec.models import EmbeddingMLP, MatrixFactorisation
from freshrec.params import params_of
from freshrec.seeds import numpy_rng
from freshrec.testing import UpdaterContract, tiny_model, tiny_period, tiny_stream
from freshrec.training import Fitted, Loss, Run
from freshrec.updaters import IU
from freshrec.updaters.sml import SML, SMLState


def tiny_factors(stream: Stream, seed: int = 0) -> MatrixFactorisation:
    return MatrixFactorisation(stream.schema, dim=3, seed=seed)


class TestSMLAsInThePaper(UpdaterContract):
    grows = False
    updater = SML(base=IU(batch_size=16), batch_size=16, anchored=False, rounds=2)


def rows_by_hand(weights: Mapping[str, Tensor], name: str, before: Tensor, after: Tensor) -> Tensor:
    """What the transfer generates for a parameter's rows, by torch's own convolutions."""
    product = before * after / (before.norm(dim=1, keepdim=True) + 1e-15)
    image = torch.stack([before, after, product], 1).unsqueeze(1)
    maps = F.gelu(F.conv2d(image, weights[f"{name}.first"][:, None, :, None]))
    maps = F.gelu(F.conv2d(maps, weights[f"{name}.second"][:, :, None, None]))
    inner = F.gelu(F.linear(maps.flatten(1), weights[f"{name}.inner"].T, weights[f"{name}.inner_bias"]))
    return F.linear(inner, weights[f"{name}.outer"].T, weights.get(f"{name}.outer_bias"))


def made_by_hand(
    weights: Mapping[str, Tensor], previous: Mapping[str, Tensor], updated: Mapping[str, Tensor], anchored: bool
) -> dict[str, Tensor]:
    """The model made of two, parameter by parameter."""
    made: dict[str, Tensor] = {}
    for name, value in updated.items():
        table = name.endswith("_table.weight")
        before, after = ((p if table else p.reshape(1, -1)) for p in (previous[name], value))
        rows = rows_by_hand(weights, name, before, after)
        if anchored:
            rows = after + rows - rows_by_hand(weights, name, before, before)
        made[name] = rows.reshape(value.shape)
    return made


def leaves(values: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().clone().requires_grad_() for name, value in values.items()}


def shuffled(samples: Samples, seed: int) -> Iterator[list[Batch]]:
    """A batch of 16 samples at a time; of drawn negatives, the two sides of 8 pairs."""
    drawn = [row for row in range(len(samples)) if not samples.label[row]]
    if samples.schema.labels == "explicit":
        units = np.arange(len(samples))[:, None]
    else:
        units = np.array([(max(row for row in range(n) if samples.label[row]), n) for n in drawn])
    order = numpy_rng(seed, "epoch", 0).permutation(len(units))
    each = 16 // units.shape[1]
    for first in range(0, len(order), each):
        yield [samples.batch(rows) for rows in units[order[first : first + each]].T]


class ByHand:
    """Two plain optimizers, and what they move."""

    def __init__(self, model: nn.Module, weights: Mapping[str, Tensor], anchored: bool) -> None:
        self.model, self.anchored = model, anchored
        self.updated, self.weights = leaves(params_of(model)), leaves(weights)
        self.base_adam = torch.optim.Adam(self.updated.values(), lr=0.02)
        self.transfer_adam = torch.optim.Adam(self.weights.values(), lr=0.03)
        self.previous: dict[str, Tensor] = {}

    def make(self) -> dict[str, Tensor]:
        return made_by_hand(self.weights, self.previous, self.updated, self.anchored)

    def restart(self, values: Mapping[str, Tensor]) -> None:
        """The served model becomes the previous one, and what the next is trained from; its moments go on."""
        self.previous = {name: value.detach().clone() for name, value in values.items()}
        with torch.no_grad():
            for name, value in self.previous.items():
                self.updated[name].copy_(value)

    def train(self, adam: torch.optim.Adam, samples: Samples, seed: int) -> None:
        for batches in shuffled(samples, seed):
            made = self.make()
            scores = [functional_call(self.model, made, (batch,)) for batch in batches]
            if len(scores) == 2:
                loss = -torch.log(torch.sigmoid(scores[0] - scores[1])).mean()
            else:
                loss = F.binary_cross_entropy_with_logits(scores[0], batches[0].label)
            adam.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            adam.step()


@pytest.mark.parametrize("model_of", [tiny_model, tiny_factors])
@pytest.mark.parametrize(("anchored", "rounds"), [(True, 1), (False, 2)])
@pytest.mark.parametrize(("loss", "labels"), [("log", "explicit"), ("bpr", "implicit")])
def test_three_periods_unrolled_by_hand(model_of: Any, anchored: bool, rounds: int, loss: Loss, labels: Labels) -> None:
    """D_1 trains W^_1; D_2 the transfer on (W_0, W^_1), then W^_2 from W_1 made anew; D_3 likewise. In float64."""
    stream = tiny_stream(labels=labels)
    model = model_of(stream).double()
    run = Run(model, seed=5)
    updater = SML(
        base=IU(loss=loss, batch_size=16, learning_rate=0.02),
        loss=loss,
        filters=(4, 3),
        hidden=6,
        anchored=anchored,
        rounds=rounds,
        learning_rate=0.03,
        batch_size=16,
    )
    state: SMLState = updater.init(Fitted.untrained(params_of(model)), run)
    d = {period.number: period.samples() for period in stream.periods}

    hand = ByHand(model, state.transfer.params, anchored)
    hand.restart(params_of(model))
    hand.train(hand.base_adam, d[1], run.seed_for("iu", 1))
    for t in (2, 3):
        for turn in range(rounds):
            if turn:
                hand.train(hand.base_adam, d[t - 1], run.seed_for("sml", "base", t, turn))
            hand.train(hand.transfer_adam, d[t], run.seed_for("sml", "transfer", t, turn))
        hand.restart(hand.make())
        hand.train(hand.base_adam, d[t], run.seed_for("iu", t))

    for t in (1, 2, 3):
        state = updater.update(state, stream.periods[:t], run)
    assert state.period == 3
    for found, expected in (
        (state.transfer.params, hand.weights),
        (state.previous, hand.previous),
        (state.base.params, hand.updated),
        (updater.serving(state, run), hand.make()),
    ):
        assert found.keys() == expected.keys()
        for name, value in found.items():
            assert value.dtype == torch.float64
            torch.testing.assert_close(value, expected[name].detach(), rtol=1e-6, atol=1e-9)


def test_it_starts_as_iu() -> None:
    """Until the second period nothing has trained the transfer, which keeps the updated model as it is."""
    stream = tiny_stream()
    run, base = Run(tiny_model(stream).double(), seed=2), IU(batch_size=16)
    start = Fitted.untrained(params_of(run.model))
    sml, iu = SML(base=base, batch_size=16), base
    assert sml.serving(sml.init(start, run), run) is start.params
    expected = iu.update(iu.init(start, run), stream.periods[:1], run).model.params
    state = sml.update(sml.init(start, run), stream.periods[:1], run)
    for name, value in sml.serving(state, run).items():
        torch.testing.assert_close(value, expected[name], rtol=1e-9, atol=1e-12)


def test_an_empty_period_changes_nothing() -> None:
    stream = tiny_stream()
    run, updater = Run(tiny_model(stream)), SML(rounds=2)
    state = updater.update(updater.init(Fitted.untrained(params_of(run.model)), run), stream.periods[:1], run)
    past: list[Period] = [stream.periods[0], tiny_period(stream.schema, 2, 0)]
    assert updater.update(state, past, run) is state


def test_the_second_round_reads_the_period_that_the_pair_was_trained_on() -> None:
    """Not the one before the newest, which may be empty."""
    stream = tiny_stream()
    run, updater = Run(tiny_model(stream), seed=1), SML(rounds=2)
    state = updater.update(updater.init(Fitted.untrained(params_of(run.model)), run), stream.periods[:1], run)
    read: list[int] = []

    def noted(number: int) -> Period:
        def load() -> Samples:
            read.append(number)
            return stream.periods[number - 1].samples()

        return Period(number, 0 if number == 2 else 50, load)

    updater.update(state, [noted(1), noted(2), noted(3)], run)
    assert read == [3, 1]


def late_auc(updater: Any, model: nn.Module, stream: Stream) -> float:
    """Mean AUC over the last three periods."""
    areas: Sequence[float | None] = [result.scores["auc"] for result in prequential(updater, model, stream)]
    return float(np.mean([area for area in areas[-3:] if area is not None]))


@pytest.mark.parametrize("model_type", [EmbeddingMLP, MatrixFactorisation])
@pytest.mark.parametrize("rate", [1e-3, 1e-2])
def test_it_does_not_collapse(model_type: type[EmbeddingMLP] | type[MatrixFactorisation], rate: float) -> None:
    """Where IU learns, so does it, at the learning rates that it is used with."""
    stream, base = tiny_stream(sizes=(400,) * 10), IU(batch_size=16)
    iu = late_auc(base, model_type(stream.schema), stream)
    sml = late_auc(SML(base=base, batch_size=16, learning_rate=rate), model_type(stream.schema), stream)
    assert iu > 0.8
    assert sml > 0.8
