"""SPMF against a plain loop that keeps references to old samples instead of a reservoir, and against IU."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from freshrec.data import Period, Samples
from freshrec.params import params_of
from freshrec.seeds import numpy_rng
from freshrec.testing import UpdaterContract, state_bytes, tiny_model, tiny_period, tiny_stream
from freshrec.training import Fitted, Run
from freshrec.updaters import IU
from freshrec.updaters.spmf import SPMF, rank_weights

Row = tuple[int, int]


class TestSPMFOfThePaper(UpdaterContract):
    updater = SPMF(batch_size=16, reservoir=0.5, strategy="sample")


class ByHand:
    """The method on rows (period, row) of a stream whose periods can all be read at any time."""

    def __init__(self, samples: Sequence[Samples], plain: nn.Module, run: Run):
        self.samples, self.plain, self.run = samples, plain, run
        self.held: dict[int, list[Row]] = {0: [], 1: []}
        self.capacity, self.seen = {0: 0, 1: 0}, {0: 0, 1: 0}

    def rows(self, t: int, label: int) -> list[Row]:
        return [(t, row) for row, value in enumerate(self.samples[t - 1].label) if value == label]

    def offer(self, t: int) -> None:
        for label in (0, 1):
            rows = self.rows(t, label)
            rng = numpy_rng(self.run.seed_for("spmf", t), "reservoir", label)
            draws = rng.integers(0, self.seen[label] + np.arange(len(rows)) + 1)
            for row, draw in zip(rows, draws, strict=True):
                self.seen[label] += 1
                if len(self.held[label]) < self.capacity[label]:
                    self.held[label].append(row)
                elif draw < self.capacity[label]:
                    self.held[label][draw] = row

    def weights(self, candidates: list[Row]) -> list[float]:
        with torch.no_grad():
            scores = [float(self.plain(self.samples[t - 1].batch(np.array([row])))) for t, row in candidates]
        ranks = [sum(other > score for other in scores) for score in scores]
        assert len(set(ranks)) == len(ranks)
        return [float(np.exp(rank / len(candidates))) for rank in ranks]

    def training_rows(self, t: int, strategy: str, replay: float) -> list[Row]:
        chosen: list[Row] = []
        if strategy == "replay":
            chosen = [(t, row) for row in range(len(self.samples[t - 1]))]
        for label in (0, 1):
            new = self.rows(t, label)
            candidates = self.held[label] if strategy == "replay" else [*new, *self.held[label]]
            size = int(replay * len(new)) if strategy == "replay" else len(new)
            weights = np.array(self.weights(candidates) if label else [1.0] * len(candidates))
            rng = numpy_rng(self.run.seed_for("spmf", t), "draw", label)
            drawn = rng.choice(len(candidates), min(size, len(candidates)), replace=False, p=weights / weights.sum())
            chosen += [candidates[index] for index in drawn]
        return chosen

    def loss(self, rows: list[Row]) -> Tensor:
        total = torch.zeros((), dtype=torch.float64)
        for t, row in rows:
            batch = self.samples[t - 1].batch(np.array([row]))
            total = total + F.binary_cross_entropy_with_logits(self.plain(batch), batch.label) / len(rows)
        return total


@pytest.mark.parametrize(("strategy", "replay"), [("replay", 0.4), ("sample", 0.1)])
def test_spmf_is_a_plain_loop_over_samples_of_the_past(strategy: Literal["replay", "sample"], replay: float) -> None:
    """Periods 1 and 2 pre-train: they give the capacities and fill the reservoirs."""
    stream = tiny_stream()
    model, plain = tiny_model(stream).double(), tiny_model(stream).double()
    run = Run(model, seed=3)
    updater = SPMF(reservoir=0.3, strategy=strategy, replay=replay, learning_rate=0.02, epochs=2, batch_size=16)
    state = updater.init(Fitted.untrained(params_of(model)), run)
    adam = torch.optim.Adam(plain.parameters(), lr=0.02, betas=(0.9, 0.999), eps=1e-8)

    hand = ByHand([period.samples() for period in stream.periods], plain, run)
    hand.capacity = {label: int(0.3 * len(hand.rows(1, label) + hand.rows(2, label))) for label in (0, 1)}
    for t in (1, 2):
        hand.offer(t)
    for t in range(3, len(stream.periods) + 1):
        state = updater.update(state, stream.periods[:t], run)
        rows = hand.training_rows(t, strategy, replay)
        for epoch in range(2):
            order = numpy_rng(run.seed_for("iu", t), "epoch", epoch).permutation(len(rows))
            for first in range(0, len(order), 16):
                loss = hand.loss([rows[index] for index in order[first : first + 16]])
                adam.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                adam.step()
        hand.offer(t)
        for name, parameter in plain.named_parameters():
            torch.testing.assert_close(state.model.params[name], parameter.detach(), rtol=1e-6, atol=1e-7)
        for label, reservoir in enumerate(state.reservoirs):
            held = [int(hand.samples[number - 1].timestamp[row]) for number, row in hand.held[label]]
            assert reservoir.columns["timestamp"].tolist() == held
            assert (reservoir.capacity, reservoir.seen) == (hand.capacity[label], hand.seen[label])


def test_badly_ranked_positives_are_drawn_more_often() -> None:
    """Of 5, one draw follows exp(rank / 5); chi-square with 4 degrees of freedom is above 18.5 once in 1000."""
    scores, trials = np.array([0.3, 2.0, -1.0, 0.9, 0.1]), 20_000
    ranks = np.array([2, 0, 4, 1, 3])
    expected = trials * np.exp(ranks / 5) / np.exp(ranks / 5).sum()
    weights, rng = rank_weights(scores), numpy_rng(0, "ranks")
    counts = np.bincount([rng.choice(5, p=weights / weights.sum()) for _ in range(trials)], minlength=5)
    assert ((counts - expected) ** 2 / expected).sum() < 18.5


def test_equal_scores_rank_in_their_order() -> None:
    assert rank_weights(np.array([1.0, 2.0, 1.0])) == pytest.approx(np.exp([1 / 3, 0, 2 / 3]))


def test_replaying_nothing_is_iu_bit_for_bit() -> None:
    stream = tiny_stream()
    run = Run(tiny_model(stream), seed=5)
    start = Fitted.untrained(params_of(run.model))
    replaying, plain = SPMF(replay=0, epochs=2, batch_size=16), IU(epochs=2, batch_size=16)
    one, other = replaying.init(start, run), plain.init(start, run)
    for t in range(1, len(stream.periods) + 1):
        one, other = replaying.update(one, stream.periods[:t], run), plain.update(other, stream.periods[:t], run)
    assert state_bytes(one.model) == state_bytes(other.model)


def test_without_pre_training_the_first_period_with_data_gives_the_capacities() -> None:
    """Nothing is replayed at it, for the reservoirs are still empty."""
    stream = tiny_stream()
    periods = [tiny_period(stream.schema, 1, 0), tiny_period(stream.schema, 2, 40)]
    run, updater = Run(tiny_model(stream)), SPMF(reservoir=0.5, replay=1.0, batch_size=16)
    state = updater.update(updater.init(Fitted.untrained(params_of(run.model)), run), periods[:1], run)
    assert state.reservoirs == ()
    state = updater.update(state, periods, run)
    positives = int(periods[1].samples().label.sum())
    assert [reservoir.capacity for reservoir in state.reservoirs] == [(40 - positives) // 2, positives // 2]
    assert [reservoir.seen for reservoir in state.reservoirs] == [40 - positives, positives]
    steps = set(state.model.moments.steps.values())
    assert {int(step) for step in steps} == {3}


def test_more_than_the_reservoir_holds_cannot_be_drawn() -> None:
    """A replay of ten times the new data is all that there is; the reservoirs hold half of 40 and 30."""
    stream = tiny_stream()
    run, updater = Run(tiny_model(stream)), SPMF(reservoir=0.5, replay=10.0, batch_size=1)
    state = updater.update(updater.init(Fitted.untrained(params_of(run.model)), run), stream.periods[:3], run)
    held = sum(reservoir.capacity for reservoir in state.reservoirs)
    assert {int(step) for step in state.model.moments.steps.values()} == {50 + held}


def test_only_the_first_update_reads_old_periods() -> None:
    """Later ones know the past from the state alone."""
    stream = tiny_stream()
    reads: list[int] = []

    def counted(period: Period) -> Period:
        def load() -> Samples:
            reads.append(period.number)
            return period.samples()

        return Period(period.number, period.size, load)

    periods = [counted(period) for period in stream.periods]
    run, updater = Run(tiny_model(stream)), SPMF(batch_size=16)
    state = updater.update(updater.init(Fitted.untrained(params_of(run.model)), run), periods[:3], run)
    assert set(reads) == {1, 2, 3}
    reads.clear()
    for t in (4, 5):
        state = updater.update(state, periods[:t], run)
    assert reads == [4, 5]
