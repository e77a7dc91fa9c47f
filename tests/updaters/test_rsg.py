"""RSG in a loop of its own: what is trained on what, and what each statistic may know."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor

from freshrec.data import Period, Stream
from freshrec.generators import Correction, Residual
from freshrec.models import MatrixFactorisation
from freshrec.params import Params, params_of
from freshrec.testing import state_bytes, tiny_model, tiny_period, tiny_stream
from freshrec.training import Fitted, RowStatistics, Run, Shared, Shuffled, count_lookups, evaluating, fit, log_loss
from freshrec.updaters import IU, RSG, Facts, RSGState, build

UPDATER = RSG(base=IU(batch_size=16), batch_size=16, learning_rate=1e-2, hidden=5, guard=False)


def begin(stream: Stream, updater: RSG = UPDATER) -> tuple[Run, RSGState]:
    model = tiny_model(stream)
    run = Run(model, seed=4)
    return run, updater.init(Fitted.untrained(params_of(model)), run)


def through(updater: Any, periods: Sequence[Period], state: Any, run: Run, first: int = 1) -> Any:
    for number in range(first, len(periods) + 1):
        state = updater.update(state, periods[:number], replace(run, shared=Shared()))
    return state


def assert_equal(params: Any, others: Any) -> None:
    assert params.keys() == others.keys()
    for name, value in params.items():
        assert torch.equal(value, others[name]), name


def test_it_equals_a_loop_written_down_in_full() -> None:
    stream = tiny_stream()
    run, state = begin(stream)
    generator = Residual.of(run.model, 5)
    start = params_of(run.model)
    weights = Fitted.untrained(generator.initial_weights(start, run.seed_for("rsg", "weights")))
    iu = IU(batch_size=16)
    thetas: list[Params] = [start]
    theta = iu.init(Fitted.untrained(start), run)
    statistics = RowStatistics.none({name: len(start[name]) for name in generator.tables})
    for t, period in enumerate(stream.periods, start=1):
        if t > 1:
            correction = Correction(generator, thetas[-1], thetas[-2], statistics)

            def loss(w: Any, batch: Any, correction: Correction = correction) -> Tensor:
                return log_loss(run.model, correction.lazily(w), batch)

            feed = Shuffled(period.samples(), 16, 1, run.seed_for("rsg", t), block=8)
            with evaluating(run.model):
                weights = fit(weights, feed, loss, 1e-2)
        theta = iu.update(theta, stream.periods[:t], run)
        thetas.append(theta.model.params)
        statistics = statistics.after(count_lookups(run.model, thetas[-1], period.samples()))
        state = UPDATER.update(state, stream.periods[:t], run)
        assert_equal(state.generator.params, weights.params)
        expected = Correction(generator, thetas[-1], thetas[-2], statistics).whole(weights.params)
        assert_equal(UPDATER.serving(state, run), expected if t > 1 else thetas[-1])


def test_until_the_correction_is_trained_it_is_fine_tuning_bit_for_bit() -> None:
    stream, iu = tiny_stream(), IU(batch_size=16)
    run, state = begin(stream)
    other = iu.init(Fitted.untrained(params_of(run.model)), run)
    assert_equal(UPDATER.serving(state, run), iu.serving(other, run))
    for number in range(1, len(stream.periods) + 1):
        state = UPDATER.update(state, stream.periods[:number], run)
        other = iu.update(other, stream.periods[:number], run)
        assert_equal(UPDATER.base.serving(state.base, run), iu.serving(other, run))
        served, fine_tuned = UPDATER.serving(state, run), iu.serving(other, run)
        if number == 1:
            assert_equal(served, fine_tuned)
        else:
            assert any(not torch.equal(served[name], fine_tuned[name]) for name in served)


def test_a_correction_of_zero_serves_the_fine_tuned_model_bit_for_bit() -> None:
    stream = tiny_stream()
    run, state = begin(stream)
    state = through(UPDATER, stream.periods[:4], state, run)
    zero = {
        name: value if name.endswith("hidden") else torch.zeros_like(value)
        for name, value in state.generator.params.items()
    }
    unmoved = replace(state, generator=Fitted.untrained(zero))
    assert_equal(UPDATER.serving(unmoved, run), UPDATER.base.serving(state.base, run))


def trained_generator(stream: Stream, state: RSGState, run: Run, number: int) -> Any:
    return UPDATER.update(state, stream.periods[:number], replace(run, shared=Shared())).generator.params


def test_statistics_of_a_period_earlier_train_another_correction() -> None:
    stream = tiny_stream()
    run, state = begin(stream)
    states = [state]
    for number in range(1, 5):
        states.append(through(UPDATER, stream.periods[:number], states[-1], run, first=number))
    honest, late = states[4], replace(states[4], statistics=states[3].statistics)
    first, second = (trained_generator(stream, each, run, 5) for each in (honest, late))
    assert any(not torch.equal(first[name], second[name]) for name in first)


def test_the_correction_is_trained_without_what_the_newest_period_counts() -> None:
    """Ids that stand in D_t alone look to the generator like ids that were never seen."""
    stream = tiny_stream()
    run, state = begin(stream)
    state = through(UPDATER, stream.periods[:4], state, run)
    assert state.statistics.period == 4
    after = UPDATER.update(state, stream.periods[:5], run)
    assert after.statistics.period == 5
    expected = RowStatistics.none({name: len(table) for name, table in state.statistics.tables.items()}).including(
        stream.periods[:5], run.model, params_of(run.model)
    )
    assert_equal(after.statistics.tables, expected.tables)


def test_later_periods_in_any_order_change_no_earlier_model() -> None:
    stream = tiny_stream()
    run, state = begin(stream)
    whole = through(UPDATER, stream.periods[:4], state, run)
    permuted = [
        replace(stream.periods[number], number=place) for place, number in enumerate([0, 1, 2, 3, 6, 4, 5], start=1)
    ]
    other = through(UPDATER, permuted[:4], state, run)
    assert state_bytes(whole) == state_bytes(other)
    assert state_bytes(through(UPDATER, permuted, state, run)) != state_bytes(
        through(UPDATER, stream.periods, state, run)
    )


def test_pre_training_periods_are_counted_by_the_first_update() -> None:
    stream = tiny_stream()
    run, state = begin(stream)
    late = UPDATER.update(state, stream.periods[:4], run)
    assert late.statistics.period == 4
    early = through(UPDATER, stream.periods[:4], state, run)
    assert_equal(late.statistics.tables, early.statistics.tables)
    assert late.trained == 0
    assert early.trained == 3


def test_a_larger_vocabulary_changes_no_row_that_is_known() -> None:
    """Rows for ids of the future, with the same values in the rows of the known ids, change no known row."""
    stream = tiny_stream()
    schema = replace(stream.schema, rows={**stream.schema.rows, "item": 40})
    tables = []
    for rows in (stream.schema, schema):
        model = MatrixFactorisation(rows, dim=2, seed=1)
        params = params_of(model)
        for name in ("user_table.weight", "item_table.weight"):
            params[name][:12] = params_of(MatrixFactorisation(stream.schema, dim=2, seed=1))[name][:12]
        updater = UPDATER.model_copy(update={"base": IU(batch_size=16, optimizer="lazy")})
        run = Run(model, seed=4)
        known = [replace(each, load=partial(_known, each)) for each in stream.periods]
        state = through(updater, known, updater.init(Fitted.untrained(params), run), run)
        tables.append(updater.serving(state, run)["item_table.weight"][:12])
    assert torch.equal(*tables)


def _known(period: Period) -> Any:
    samples = period.samples()
    return replace(samples, item=samples.item % 12, positives=samples.positives % 12)


def test_an_empty_period_trains_nothing_and_is_counted() -> None:
    stream = tiny_stream()
    run, state = begin(stream)
    state = through(UPDATER, stream.periods[:4], state, run)
    after = UPDATER.update(state, [*stream.periods[:4], tiny_period(stream.schema, 5, 0)], run)
    assert after.trained == state.trained == 3
    assert after.generator is state.generator
    assert after.statistics.period == 5


def test_counting_is_shared_by_updaters_of_one_run() -> None:
    stream = tiny_stream()
    run, state = begin(stream)
    other = UPDATER.model_copy(update={"learning_rate": 3e-2})
    loads = [0]

    def load() -> Any:
        loads[0] += 1
        return stream.periods[0].samples()

    past = [replace(stream.periods[0], load=load)]
    UPDATER.update(state, past, run)
    first = loads[0]
    other.update(state, past, run)
    assert loads[0] == first == 2


def test_its_settings_are_its_own_but_for_the_loss_and_the_precision() -> None:
    base = IU(learning_rate=0.5, epochs=3, batch_size=64, loss="bpr", mixed=True, optimizer="lazy")
    updater = build("rsg-unguarded", base, {})
    assert isinstance(updater, RSG)
    assert updater.base == base
    assert (updater.loss, updater.mixed) == ("bpr", True)
    assert (updater.learning_rate, updater.epochs, updater.batch_size) == (3e-3, 1, 1024)
    own = build("rsg-unguarded", base, {"learning_rate": 1e-3, "hidden": 4, "base": {"epochs": 1}})
    assert isinstance(own, RSG)
    assert (own.learning_rate, own.hidden, own.base.epochs, own.base.learning_rate) == (1e-3, 4, 1, 0.5)


def test_a_stream_with_one_update_before_its_first_test_is_refused() -> None:
    facts = Facts(labels="explicit", periods=9, pretrain=6, first_test=7)
    assert [setting for setting, _ in RSG().misfits(facts)] == [""]
    assert not list(RSG().misfits(replace(facts, first_test=8)))
    assert [setting for setting, _ in RSG(base=IU(loss="bpr")).misfits(replace(facts, first_test=8))] == ["base.loss"]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_precision_is_that_of_the_model(dtype: torch.dtype) -> None:
    stream = tiny_stream()
    model = tiny_model(stream).to(dtype)
    run = Run(model, seed=4)
    state = through(UPDATER, stream.periods[:3], UPDATER.init(Fitted.untrained(params_of(model)), run), run)
    assert {value.dtype for value in state.generator.params.values()} == {dtype}
    assert {value.dtype for value in UPDATER.serving(state, run).values()} == {dtype}
    assert {table.dtype for table in state.statistics.tables.values()} == {torch.float32}


def test_few_steps_are_reported_of_the_base_alone() -> None:
    """A correction that hardly moved is near zero, and the fine-tuned model serves; a base that hardly moved is bad."""
    stream = tiny_stream()
    run, state = begin(stream)
    state, last = through(UPDATER, stream.periods[:2], state, run), replace(run, shared=Shared())
    assert UPDATER.update(state, stream.periods[:3], last).trained == 2
    assert {training.stage for training in last.shared.trainings} == {"incremental model"}
