"""Any module becomes a model of batches; its probabilities become logits, with a gradient where float32 has none."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from freshrec.data import Batch
from freshrec.errors import ModelError
from freshrec.models import Adapted, Call
from freshrec.training import logits


def batch_of(size: int = 3) -> Batch:
    ids = torch.arange(size)
    return Batch({"user": ids}, {"item": ids}, {}, torch.ones(size))


@dataclass
class Jagged:
    """Keys with values and offsets, as torchrec's KeyedJaggedTensor has them."""

    keys: list[str]
    values: Tensor


class Pair(NamedTuple):
    user: Tensor
    item: Tensor


class Noting(nn.Module):
    """Notes what it was called with."""

    def forward(self, *args: Any, **kwargs: Any) -> Tensor:
        self.called = (args, kwargs)
        return torch.zeros(3)


IDS = torch.arange(3)


@pytest.mark.parametrize(
    ("made", "args", "kwargs"),
    [
        (IDS, (IDS,), {}),
        ((IDS, "x"), (IDS, "x"), {}),
        ({"user": IDS}, ({"user": IDS},), {}),
        (Jagged(["user"], IDS), (Jagged(["user"], IDS),), {}),
        (Pair(IDS, IDS), (Pair(IDS, IDS),), {}),
        (Call(IDS, item=1), (IDS,), {"item": 1}),
    ],
    ids=["tensor", "tuple", "mapping", "dataclass", "named tuple", "call"],
)
def test_what_collate_makes_is_what_the_model_is_called_with(
    made: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    model = Noting()
    Adapted(model, lambda _: made)(batch_of())
    assert repr(model.called) == repr((args, kwargs))


class Ending(nn.Module):
    """z = the parameter, taken through some end."""

    def __init__(self, z: list[float], end: Any) -> None:
        super().__init__()
        self.z = nn.Parameter(torch.tensor(z))
        self.end = end

    def forward(self, ids: Tensor) -> Any:
        return self.end(self.z[ids])


Z = [-200.0, -30.0, -3.0, 0.0, 5.0, 30.0, 200.0]
LABELS = torch.tensor([1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0])


def loss_and_gradient(end: Any, **how: Any) -> tuple[Tensor, Tensor]:
    model = Ending(Z, end)
    batch = Batch({"user": torch.arange(7)}, {}, {}, LABELS)
    adapted = Adapted(model, lambda batch: batch.user["user"], **how)
    loss = F.binary_cross_entropy_with_logits(logits(adapted, dict(adapted.named_parameters()), batch), LABELS)
    loss.backward()  # type: ignore[no-untyped-call]
    assert model.z.grad is not None
    return loss, model.z.grad


@pytest.mark.parametrize(
    "end",
    [
        torch.sigmoid,
        F.sigmoid,
        nn.Sigmoid(),
        lambda z: z.sigmoid(),
        lambda z: torch.sigmoid(z.unsqueeze(1)),
        lambda z: torch.sigmoid(z.unsqueeze(1)).squeeze(1),
        lambda z: torch.sigmoid(torch.sigmoid(z) * 0 + z),
    ],
)
def test_a_sigmoid_at_the_end_is_taken_back_exactly(end: Any) -> None:
    """Loss and gradient are those of the logits, far beyond where a float32 probability is 0 or 1."""
    loss, gradient = loss_and_gradient(end, output="probabilities")
    expected_loss, expected = loss_and_gradient(lambda z: z)
    assert torch.equal(loss, expected_loss)
    assert torch.equal(gradient, expected)


@pytest.mark.parametrize(
    "end", [lambda z: torch.sigmoid(z) * 1, lambda z: torch.softmax(torch.stack([torch.zeros_like(z), z]), 0)[1]]
)
def test_other_probabilities_are_converted_within_what_float32_holds(end: Any) -> None:
    loss, gradient = loss_and_gradient(end, output="probabilities")
    _, expected = loss_and_gradient(lambda z: z)
    saturated = torch.tensor([True, True, False, False, False, True, True])
    assert loss.isfinite()
    assert gradient[saturated].tolist() == [0, 0, 0, 0]
    torch.testing.assert_close(gradient[~saturated], expected[~saturated], rtol=1e-4, atol=1e-7)


def test_saturated_probabilities_count_as_a_logit_of_sixteen() -> None:
    adapted = Adapted(Ending([0.0, 1.0, 0.5], lambda z: z * 1), lambda b: b.user["user"], output="probabilities")
    made = adapted(batch_of())
    assert made.tolist() == pytest.approx([-15.942, 15.942, 0.0], abs=1e-3)


def test_a_sigmoids_output_that_was_written_to_is_not_taken_back() -> None:
    adapted = Adapted(
        Ending([0.0, 3.0, -3.0], lambda z: z.sigmoid().fill_(0.5)), lambda b: b.user["user"], output="probabilities"
    )
    with torch.no_grad():
        assert adapted(batch_of()).tolist() == [0, 0, 0]


@pytest.mark.parametrize("value", [1.5, -0.25])
def test_values_that_are_no_probabilities_are_refused(value: float) -> None:
    adapted = Adapted(Ending([0.0, 1.0, value], lambda z: z * 1), lambda b: b.user["user"], output="probabilities")
    with pytest.raises(ModelError, match=rf"a probability of {value} .*Say output='logits'"):
        adapted(batch_of())


def test_the_logits_are_selected_from_what_the_model_returns() -> None:
    adapted = Adapted(
        Ending([1.0, 2.0, 3.0], lambda z: {"y_pred": torch.sigmoid(z)}),
        lambda b: b.user["user"],
        output="probabilities",
        select=lambda made: made["y_pred"],
    )
    assert adapted(batch_of()).tolist() == [1, 2, 3]


def test_an_output_that_is_no_tensor_is_refused() -> None:
    adapted = Adapted(Ending([1.0, 2.0, 3.0], lambda z: {"y_pred": z}), lambda b: b.user["user"])
    with pytest.raises(
        ModelError, match=r"Ending gave a dict of 'y_pred' where a tensor of logits.*Give Adapted a `sel"
    ):
        adapted(batch_of())


def test_the_model_is_the_one_given_under_its_own_names() -> None:
    model = Ending([1.0], lambda z: z)
    assert dict(Adapted(model, lambda b: b).named_parameters()) == {"model.z": model.z}
