"""The trivial baselines against counts of plain Python in float64."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from freshrec.data import Period, Samples, Stream
from freshrec.errors import ModelError
from freshrec.metrics import METRICS, measure
from freshrec.models import ConstantLogit, ItemLogit
from freshrec.params import params_of
from freshrec.testing import tiny_model, tiny_period, tiny_stream
from freshrec.training import Fitted, Run, predict
from freshrec.updaters import Constant, ItemOdds

ITEMS = 6
Rows = list[tuple[int, bool]]
rows = st.lists(st.tuples(st.integers(0, ITEMS - 1), st.booleans()), min_size=1, max_size=40)


def period_of(stream: Stream, number: int, content: Rows) -> Period:
    """A period of the given items and labels."""
    samples = tiny_period(stream.schema, number, len(content)).samples()
    item = np.array([item for item, _ in content], np.int32)
    label = np.array([label for _, label in content], np.int8)
    made = replace(samples, item=item, label=label)
    return Period(number, len(content), lambda: made)


def served(updater: Constant | ItemOdds, periods: list[Period], stream: Stream, samples: Samples) -> list[float]:
    """Logits of samples after the periods."""
    model = ConstantLogit(stream.schema) if isinstance(updater, Constant) else ItemLogit(stream.schema)
    run = Run(model)
    state = updater.init(Fitted.untrained(params_of(model)), run)
    for number in range(1, len(periods) + 1):
        state = updater.update(state, periods[:number], run)  # type: ignore[arg-type]
    logits: list[float] = predict(model, updater.serving(state, run), samples).tolist()  # type: ignore[arg-type]
    return logits


@given(rows, rows)
def test_a_constant_guess_is_the_newest_periods_share_of_positives(older: Rows, newest: Rows) -> None:
    stream = tiny_stream()
    scored = stream.periods[3].samples()
    logits = served(Constant(), [period_of(stream, 1, older), period_of(stream, 2, newest)], stream, scored)
    positives = sum(label for _, label in newest)
    expected = math.log((positives + 0.5) / (len(newest) - positives + 0.5))
    assert logits == pytest.approx([expected] * len(scored), abs=1e-6)


@given(rows, rows, st.sampled_from([0.25, 1.0, 7.0]))
def test_item_odds_are_the_items_smoothed_log_odds_in_the_newest_period(
    older: Rows, newest: Rows, smoothing: float
) -> None:
    stream = tiny_stream()
    scored = stream.periods[3].samples()
    periods = [period_of(stream, 1, older), period_of(stream, 2, newest)]
    logits = served(ItemOdds(smoothing=smoothing), periods, stream, scored)
    seen, liked = Counter(item for item, _ in newest), Counter(item for item, label in newest if label)
    rate = (sum(liked.values()) + 0.5) / (len(newest) + 1)
    for item, logit in zip(scored.item.tolist(), logits, strict=True):
        for_one, against = liked[item] + smoothing * rate, seen[item] - liked[item] + smoothing * (1 - rate)
        assert logit == pytest.approx(math.log(for_one / against), abs=1e-5)


def test_items_without_samples_in_the_newest_period_get_the_share_of_positives() -> None:
    stream = tiny_stream()
    newest = period_of(stream, 1, [(0, True), (0, True), (1, False), (1, True)])
    logits = np.array(served(ItemOdds(), [newest], stream, stream.periods[3].samples()))
    (constant, *_) = served(Constant(), [newest], stream, stream.periods[3].samples())
    unseen = stream.periods[3].samples().item > 1
    assert unseen.any()
    assert logits[unseen] == pytest.approx(constant, abs=1e-6)


def test_an_empty_period_changes_nothing() -> None:
    stream = tiny_stream()
    first, empty, scored = stream.periods[0], tiny_period(stream.schema, 2, 0), stream.periods[3].samples()
    for updater in (Constant(), ItemOdds()):
        assert served(updater, [first, empty], stream, scored) == served(updater, [first], stream, scored)


def test_a_constant_guess_ranks_nothing_and_has_the_entropy_of_the_labels() -> None:
    stream = tiny_stream(sizes=(1000, 1000))
    newest, scored = stream.periods[0], stream.periods[1].samples()
    logits = np.array(served(Constant(), [newest], stream, scored))
    scores = measure(METRICS.values(), scored.label, logits, scored.user)
    assert scores["auc"] == scores["gauc"] == 0.5
    share = newest.samples().label.mean()
    crossed = -(scored.label * math.log(share) + (1 - scored.label) * math.log(1 - share)).mean()
    assert scores["logloss"] == pytest.approx(crossed, abs=1e-3)


@pytest.mark.parametrize("updater", [Constant(), ItemOdds()])
def test_another_base_model_is_refused(updater: Constant | ItemOdds) -> None:
    model = tiny_model(tiny_stream())
    with pytest.raises(ModelError, match="not EmbeddingMLP"):
        updater.init(Fitted.untrained(params_of(model)), Run(model))


def test_all_parameters_are_zero_before_the_first_period() -> None:
    schema = tiny_stream().schema
    for model in (ConstantLogit(schema), ItemLogit(schema)):
        assert all(torch.equal(value, torch.zeros_like(value)) for value in model.parameters())
