"""The losses against plain numpy in float64, and what they are means over."""

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from freshrec.data import Batch
from freshrec.errors import ConfigError
from freshrec.models import MatrixFactorisation
from freshrec.params import params_of
from freshrec.testing import tiny_model, tiny_stream
from freshrec.training import LOG, OBJECTIVES, Fitted, Objective, Shuffled, bpr_loss, fit, log_loss

BPR = OBJECTIVES["bpr"]


class Scores(nn.Module):
    """Its only parameter is the logits themselves."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.logit = nn.Parameter(torch.zeros(count, dtype=torch.float64))

    def forward(self, batch: Batch) -> Tensor:
        return self.logit


def batch_of(label: list[float]) -> Batch:
    return Batch({}, {}, {}, torch.tensor(label, dtype=torch.float64))


@given(st.lists(st.tuples(st.floats(-30, 30), st.floats(-30, 30)), min_size=1, max_size=20))
def test_bpr_and_its_gradient_are_those_of_the_formula(pairs: list[tuple[float, float]]) -> None:
    """-ln sigma(s+ - s-), whose derivative by s+ is sigma(s+ - s-) - 1, and by s- the opposite; means over P pairs."""
    positive, negative = np.array(pairs).T
    logit = torch.tensor(np.concatenate([positive, negative])).requires_grad_()
    loss = bpr_loss(Scores(len(logit)), {"logit": logit}, batch_of([1.0] * len(pairs) + [0.0] * len(pairs)))
    sigma = 1 / (1 + np.exp(negative - positive))
    assert loss.item() == pytest.approx(np.log1p(np.exp(negative - positive)).mean(), rel=1e-9, abs=1e-12)
    loss.backward()  # type: ignore[no-untyped-call]
    assert logit.grad is not None
    slope = (sigma - 1) / len(pairs)
    np.testing.assert_allclose(logit.grad.numpy(), np.concatenate([slope, -slope]), rtol=1e-9, atol=1e-15)


@given(st.lists(st.tuples(st.floats(-30, 30), st.integers(0, 1)), min_size=1, max_size=20))
def test_log_loss_is_binary_cross_entropy(samples: list[tuple[float, int]]) -> None:
    logit, label = np.array(samples).T
    loss = log_loss(Scores(len(logit)), {"logit": torch.tensor(logit)}, batch_of(label.tolist()))
    expected = np.log1p(np.exp(np.where(label == 1, -logit, logit))).mean()
    assert loss.item() == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_scores_that_are_far_apart_give_no_infinity() -> None:
    logit = torch.tensor([-1e4, 1e4], dtype=torch.float64)
    assert bpr_loss(Scores(2), {"logit": logit}, batch_of([1.0, 0.0])).item() == 2e4
    assert bpr_loss(Scores(2), {"logit": -logit}, batch_of([1.0, 0.0])).item() == 0


@pytest.mark.parametrize("objective", OBJECTIVES.values())
def test_an_empty_batch_has_no_loss(objective: Objective) -> None:
    assert objective.loss(Scores(0), {}, batch_of([])).item() == 0


def test_units_are_samples_or_pairs() -> None:
    samples = tiny_stream(labels="implicit").periods[0].samples()
    assert LOG.units(samples).tolist() == [[row] for row in range(len(samples))]
    assert BPR.units(samples).tolist() == samples.pairs().tolist()
    assert (LOG.width, BPR.width) == (1, 2)


def test_pairs_of_explicit_labels_are_refused() -> None:
    samples = tiny_stream().periods[0].samples()
    with pytest.raises(ConfigError, match=r"labels of this stream are explicit.*Train with loss = 'log'"):
        list(Shuffled(samples, 16, 1, 0, BPR))


def test_what_is_the_users_alone_cancels_out() -> None:
    """In matrix factorisation pairs move neither the global bias nor a user's; log loss moves both."""
    stream = tiny_stream(labels="implicit")
    model = MatrixFactorisation(stream.schema, dim=3).double()
    samples = stream.periods[0].samples()

    def moved(objective: Objective) -> dict[str, float]:
        start, feed = params_of(model), Shuffled(samples, 16, 1, 0, objective)
        after = fit(Fitted.untrained(start), feed, partial(objective.loss, model), 0.01).params
        change = {name: (after[name] - value).abs() for name, value in start.items()}
        factors = {f"{name} factors": float(change[f"{name}_table.weight"][:, :-1].max()) for name in ("user", "item")}
        biases = {f"{name} bias": float(change[f"{name}_table.weight"][:, -1].max()) for name in ("user", "item")}
        return {"bias": float(change["bias"]), **factors, **biases}

    pairs, single = moved(BPR), moved(LOG)
    assert all(change > 1e-3 for change in single.values())
    assert {name for name, change in pairs.items() if change < 1e-9} == {"bias", "user bias"}


def test_training_on_pairs_ranks_positives_above_their_negatives() -> None:
    stream = tiny_stream((400,), labels="implicit")
    model, samples = tiny_model(stream), stream.periods[0].samples()

    def ranked(fitted: Fitted) -> float:
        (pairs,) = Shuffled(samples, 10_000, 1, 0, BPR)
        with torch.no_grad():
            logit = torch.func.functional_call(model, dict(fitted.params), (pairs,))
        positive, negative = logit.chunk(2)
        return float((positive > negative).float().mean())

    start = Fitted.untrained(params_of(model))
    after = fit(start, Shuffled(samples, 32, 20, 0, BPR), partial(bpr_loss, model), 0.01)
    assert ranked(after) > 0.75 > ranked(start)
