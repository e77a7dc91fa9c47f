"""Dead and immature generators: how they are told, and what ASMG does about them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from freshrec.data import Batch, Period, Samples
from freshrec.evaluation import CompareSettings, Pretraining, compare
from freshrec.generators import GRU, Planes
from freshrec.params import params_of
from freshrec.testing import state_bytes, tiny_model, tiny_stream
from freshrec.training import OBJECTIVES, Fitted, Loss, Run, predict
from freshrec.updaters import ASMG, IU, ASMGState
from freshrec.updaters.generator_check import GeneratorCheck


class ItemLogits(nn.Module):
    """The logit of a sample is that of its item."""

    def __init__(self, items: int) -> None:
        super().__init__()
        self.table = nn.Embedding(items, 1)

    def forward(self, batch: Batch) -> Tensor:
        logits: Tensor = self.table(batch.item["item"])[:, 0]
        return logits


def samples_of(rates: list[float], each: int = 200) -> Samples:
    """Samples of one item a rate, which is positive at that rate."""
    samples = tiny_stream((each * len(rates),)).periods[0].samples()
    item = np.repeat(np.arange(len(rates)), each).astype(np.int32)
    label = np.concatenate([np.arange(each) < round(rate * each) for rate in rates]).astype(np.int8)
    return replace(samples, item=item, label=label)


def check_of(
    generated: list[float], snapshot: list[float], samples: Samples, loss: Loss = "log"
) -> GeneratorCheck | None:
    run = Run(ItemLogits(15))

    def table(logits: list[float]) -> Mapping[str, Tensor]:
        return {"table.weight": torch.tensor([*logits, *[0.0] * (15 - len(logits))])[:, None]}

    return GeneratorCheck.of(table(generated), table(snapshot), samples, OBJECTIVES[loss], run, seed=0)


def found(generated: list[float], snapshot: list[float], samples: Samples, loss: Loss = "log") -> str | None:
    check = check_of(generated, snapshot, samples, loss)
    return None if check is None else "fit" if check.fit else "dead" if check.dead else "immature"


TRUTH = [-2.0, 0.0, 2.0]
RATES = [1 / (1 + np.exp(-logit)) for logit in TRUTH]


@pytest.mark.parametrize(
    ("generated", "expected"),
    [
        (TRUTH, "fit"),
        ([-1.5, 0.0, 1.5], "fit"),
        ([-0.5, 0.0, 0.5], "immature"),
        ([-0.4, -0.4, -0.4], "dead"),  # a constant
        ([-0.3, 0.0, 0.3], "dead"),  # spreads too little
        ([2.0, 0.0, -2.0], "immature"),  # the wrong way round
        ([5.0, 7.0, 9.0], "immature"),  # the right order, with a loss far above that of a constant
    ],
)
def test_it_is_told_by_spread_and_skill(generated: list[float], expected: str) -> None:
    assert found(generated, TRUTH, samples_of(RATES)) == expected


def test_spread_and_skill_are_their_definitions() -> None:
    generated, samples = [-1.0, 0.5, 1.0], samples_of(RATES)
    label, item = samples.label.astype(np.float64), samples.item

    def loss(logits: list[float]) -> float:
        probability = 1 / (1 + np.exp(-np.array(logits)[item]))
        return float(-np.mean(label * np.log(probability) + (1 - label) * np.log(1 - probability)))

    constant = loss([float(np.log(label.mean() / (1 - label.mean())))] * 3)
    check = check_of(generated, TRUTH, samples)
    assert check is not None
    assert check.spread == pytest.approx(np.std(np.array(generated)[item]) / np.std(np.array(TRUTH)[item]))
    assert check.skill == pytest.approx((constant - loss(generated)) / (constant - loss(TRUTH)), rel=1e-5)


def test_a_large_period_is_judged_by_some_of_its_samples() -> None:
    """As many of each item, so that a few thousand of them say nearly what all do."""
    few, many = (check_of([-1.0, 0.0, 1.0], TRUTH, samples_of(RATES, each)) for each in (200, 20_000))
    assert few is not None
    assert many is not None
    assert few.skill == pytest.approx(many.skill, abs=0.05)
    assert few != many


def test_where_the_snapshot_has_no_skill_the_loss_decides_alone() -> None:
    samples = samples_of(RATES)
    useless = [1.0, -1.0, 0.5]
    assert found(useless, useless, samples) == "fit"
    assert found(TRUTH, useless, samples) == "fit"
    assert found([3.0, -3.0, 1.0], useless, samples) == "immature"
    assert found([0.1, 0.1, 0.1], useless, samples) == "dead"


def test_what_cannot_tell_tells_nothing() -> None:
    samples = samples_of(RATES)
    assert found(TRUTH, TRUTH, replace(samples, label=np.ones_like(samples.label))) is None
    assert found(TRUTH, TRUTH, tiny_stream((0,)).periods[0].samples()) is None


def test_pairs_are_judged_by_their_own_loss() -> None:
    samples = tiny_stream((600,), labels="implicit").periods[0].samples()
    positive = np.zeros(15)
    np.add.at(positive, samples.item, samples.label - 0.5)
    order = np.sign(positive).tolist()
    assert found(order, order, samples, "bpr") == "fit"
    assert found([-value for value in order], order, samples, "bpr") == "immature"
    assert found([5.0] * 15, order, samples, "bpr") == "dead"


STREAM = tiny_stream((1000,) * 6)
MULTI = ASMG(base=IU(batch_size=32), window=1, batch_size=16, epochs=3)
HEALTHY, REVIVED, LOST = (1, 5), (3, 4), (0,)
"""Seeds of runs whose first generator lives, whose first one dies, and all of whose generators die at once."""


@cache
def begun(seed: int) -> tuple[Run, Fitted]:
    """A run and its first model, pre-trained on three periods."""
    run = Run(tiny_model(STREAM, seed), seed)
    start = Fitted.untrained(params_of(run.model))
    return run, Pretraining(epochs=3, batch_size=16).fit(start, STREAM.periods[:3], run)


@cache
def through(updater: ASMG, seed: int, periods: Sequence[Period] = STREAM.periods) -> list[ASMGState]:
    """The state after pre-training, and after each of the other periods; the second of them trains the generator."""
    run, start = begun(seed)
    states = [updater.init(start, run)]
    for number in range(4, len(periods) + 1):
        states.append(updater.update(states[-1], periods[:number], run))
    return states


@pytest.mark.parametrize("seed", HEALTHY)
def test_a_healthy_generator_is_not_touched(seed: int) -> None:
    checked, published = (through(MULTI.model_copy(update={"restarts": count}), seed) for count in (3, 0))
    assert [state_bytes(replace(state, check=None)) for state in checked] == [state_bytes(each) for each in published]
    assert MULTI.diagnostics(checked[-1]).items() >= {"restarts": 0.0, "generated": 1.0}.items()


@pytest.mark.parametrize("seed", REVIVED)
def test_a_dead_one_is_started_again_from_other_weights_and_trained_on_the_same_window(seed: int) -> None:
    states, (run, _) = through(MULTI, seed), begun(seed)
    before, after = states[1], states[2]
    assert 0 < after.restarts < 3
    assert states[3].restarts == after.restarts
    assert MULTI.diagnostics(states[3])["generated"] == 1.0
    initial = GRU(MULTI.hidden).initial_weights(
        Planes.of(run.model, MULTI.grouping).groups(), run.seed_for("asmg", "weights", after.restarts)
    )
    fresh = replace(before, generator=Fitted.untrained(initial), restarts=after.restarts)
    again = MULTI.update(fresh, STREAM.periods[:5], run)
    assert state_bytes(again.generator) == state_bytes(after.generator)
    assert state_bytes(again.hidden) == state_bytes(after.hidden)


@pytest.mark.parametrize("seed", LOST)
def test_while_it_is_dead_the_incremental_model_serves(seed: int) -> None:
    states, (run, _) = through(MULTI, seed), begun(seed)
    for state in states[2:]:
        assert MULTI.diagnostics(state).items() >= {"restarts": 3.0, "generated": 0.0}.items()
        assert MULTI.serving(state, run) is state.base.model.params
    published = MULTI.model_copy(update={"restarts": 0})
    served = published.serving(through(published, seed)[2], run)
    logit = predict(run.model, served, STREAM.periods[5].samples())
    assert logit.std() < 0.2 * predict(run.model, states[2].base.model.params, STREAM.periods[5].samples()).std()


def test_a_period_that_cannot_tell_leaves_it_as_it_was() -> None:
    empty = tiny_stream((0,)).periods[0]
    for seed in (HEALTHY[0], LOST[0]):
        states = through(MULTI, seed, (*STREAM.periods[:5], replace(empty, number=6)))
        assert states[3].trained == 2
        assert states[3].check is states[2].check is not None


def test_diagnostics_begin_with_the_first_training() -> None:
    assert [bool(MULTI.diagnostics(state)) for state in through(MULTI, HEALTHY[0])] == [False, False, True, True]


def test_a_comparison_says_which_generators_died(tmp_path: Path) -> None:
    settings = CompareSettings(
        methods=("asmg-gru-multi",),
        dim=3,
        base=IU(batch_size=1),
        overrides={"asmg-gru-multi": {"window": 1, "learning_rate": 1e-300}},
        baselines=False,
    )
    comparison = compare(tiny_stream(), settings, tmp_path)
    assert comparison.cautions == (
        "The generator of asmg-gru-multi died and was started again 3 times. The generator of asmg-gru-multi was not "
        "fit to serve 3 of 3 scored periods; the newest incremental model served instead.",
    )
    assert "died and was started again 3 times" in comparison.report.read_text()
    assert {each.diagnostics.get("generated") for each in comparison.results} == {None, 0.0}
