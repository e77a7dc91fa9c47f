"""The optimizers' benchmark measures what it says it does."""

import pytest
import torch

from freshrec.data import Bags
from freshrec.testing import tiny_stream
from optimizers import BESIDE, ROWS, WAYS, batches, measure, result


@pytest.mark.parametrize("transfer", [False, True])
def test_every_optimizer_is_compared_with_dense_adam(transfer: bool) -> None:
    found = measure((300,), steps=3, rounds=1, transfer=transfer)
    assert [each.what.split(",")[0] for each in found] == list(WAYS)
    assert [each.against for each in found] == [None, "adam", "adam", "adam"]
    adam, *others = (each.value for each in found)
    assert [each.ratio for each in found[1:]] == [adam / other for other in others]
    assert max(ROWS) >= BESIDE


def test_batches_look_up_the_same_at_every_size_unless_told_otherwise() -> None:
    small, large, law = batches(10_000, 2, True), batches(1_000_000, 2, True), batches(1_000_000, 2, False)
    for one, other, own in zip(small, large, law, strict=True):
        for table in ("user", "item"):
            features = [getattr(batch, table)[table] for batch in (one, other, own)]
            assert torch.equal(features[0] * 100, features[1])
            assert len(torch.unique(features[2])) > len(torch.unique(features[1]))
        history = other.history["item"]
        assert isinstance(history, Bags)
        assert history.ids.max() < 1_000_000
        assert torch.equal(history.offsets, one.history["item"].offsets)


def test_deferred_has_the_result_of_adam_and_rowwise_one_of_its_own() -> None:
    adam, deferred, rowwise = (result(tiny_stream(sizes=(60,) * 8), way) for way in WAYS if way != "lazy")
    assert deferred == pytest.approx(adam, abs=1e-6)
    assert rowwise != pytest.approx(adam, abs=1e-5)
