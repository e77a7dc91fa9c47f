"""The prequential loop is the few lines that its docstring says, and cannot see the future."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from freshrec.data import Period, Stream
from freshrec.errors import ConfigError, ModelError
from freshrec.evaluation import Pretraining, Splits, prequential
from freshrec.metrics import DEFAULT_METRICS, METRICS, measure
from freshrec.params import Params, params_of
from freshrec.testing import tiny_model, tiny_period, tiny_stream
from freshrec.training import Fitted, Run, predict
from freshrec.updaters import IU, IUState

SPLITS = Splits(periods=7, pretrain=2, validation=1, test=2)


def test_it_equals_the_lines_of_its_docstring() -> None:
    stream = tiny_stream()
    model, updater = tiny_model(stream), IU(batch_size=16)
    results = list(prequential(updater, model, stream, splits=SPLITS, seed=4))
    run = Run(model, 4)
    start = Pretraining().fit(Fitted.untrained(params_of(model)), stream.periods[:2], run)
    state = updater.init(start, run)
    for result, period in zip(results, stream.periods[2:], strict=True):
        samples = period.samples()
        logit = predict(model, updater.serving(state, run), samples)
        assert result.scores == measure(DEFAULT_METRICS, samples.label, logit, samples.user)
        assert (result.period, result.scored_period, result.samples) == (period.number - 1, period.number, len(samples))
        state = updater.update(state, stream.periods[: period.number], run)
    assert [result.split for result in results] == ["warmup", "warmup", "validation", "test", "test"]


def test_the_updater_is_given_finished_periods_only_and_the_last_is_not_learned() -> None:
    seen: list[list[int]] = []

    class Watching(IU):
        def update(self, state: IUState, past: Sequence[Period], run: Run) -> IUState:
            seen.append([period.number for period in past])
            return super().update(state, past, run)

    stream = tiny_stream()
    scored = []
    for result in prequential(Watching(), tiny_model(stream), stream, splits=SPLITS):
        scored.append((result.scored_period, len(seen)))
    assert seen == [[1, 2, 3], [1, 2, 3, 4], [1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6]]
    assert [number for number, _ in scored] == [3, 4, 5, 6, 7]


def with_periods(stream: Stream, periods: dict[int, Period]) -> Stream:
    return replace(stream, periods=tuple(periods.get(period.number, period) for period in stream.periods))


def test_a_period_of_one_class_has_no_auc_and_an_empty_one_no_result() -> None:
    stream = tiny_stream()
    one_class = tiny_period(stream.schema, 4, 30)
    one_class.samples().label[:] = 1
    stream = with_periods(stream, {4: one_class, 6: tiny_period(stream.schema, 6, 0)})
    results = {r.scored_period: r for r in prequential(IU(), tiny_model(stream), stream, splits=SPLITS)}
    assert sorted(results) == [3, 4, 5, 7]
    assert [name for name, value in results[4].scores.items() if value is None] == ["auc", "gauc", "normalised_entropy"]
    assert all(np.isfinite(value) for value in results[4].scores.values() if value is not None)
    assert list(results[4].scores) == list(results[5].scores) == list(METRICS)
    assert None not in results[5].scores.values()


def test_a_model_without_one_logit_a_sample_is_refused() -> None:
    class Two(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = torch.nn.Embedding(20, 2)

        def forward(self, batch: Any) -> torch.Tensor:
            out: torch.Tensor = self.table(batch.user["user"])
            return out

    with pytest.raises(ModelError, match=r"Two gave \(16, 2\) for a batch of 16 samples; logits of shape \[B\]"):
        stream = tiny_stream()
        splits = SPLITS.model_copy(update={"pretrain": 0})
        updater = IU(batch_size=16)
        next(prequential(updater, Two(), with_periods(stream, {1: tiny_period(stream.schema, 1, 16)}), splits=splits))


def test_a_third_partys_updater_needs_the_three_verbs_only() -> None:
    class Frozen:
        state_type: ClassVar[type] = Fitted

        def init(self, start: Fitted, run: Run) -> Fitted:
            return start

        def update(self, state: Fitted, past: Sequence[Period], run: Run) -> Fitted:
            return state

        def serving(self, state: Fitted, run: Run) -> Params:
            return state.params

    stream = tiny_stream()
    results = list(prequential(Frozen(), tiny_model(stream), stream, splits=SPLITS))
    assert [result.method for result in results] == ["Frozen"] * 5


def test_what_does_not_fit_the_stream_is_refused_before_any_work() -> None:
    class Untouched(IU):
        def init(self, start: Fitted, run: Run) -> IUState:
            raise AssertionError

    stream, updater = tiny_stream(), Untouched(loss="bpr")
    with pytest.raises(ConfigError) as raised:
        next(
            prequential(updater, tiny_model(stream), stream, splits=Splits.of(31), pretraining=Pretraining(loss="bpr"))
        )
    lines = str(raised.value).splitlines()
    assert lines[0] == "settings for tiny cannot be used, for 3 reasons:"
    assert lines[1].startswith("  Pretraining.loss: it takes pairs")
    assert lines[2].startswith("  Untouched.loss: it takes pairs")
    assert lines[3] == "  splits are of 31 periods, and tiny has 7"
