"""A batch on another device is the same batch, and a part of one is the batch of its samples."""

import pytest
import torch

from freshrec.data import Bags, Batch
from freshrec.testing import tiny_stream

META = torch.device("meta")


def test_it_is_itself_where_it_is() -> None:
    batch = tiny_stream().periods[0].samples().batch(slice(0, 3))
    assert batch.to(torch.device("cpu")) is batch


def test_all_of_it_is_moved() -> None:
    batch = tiny_stream().periods[0].samples().batch(slice(0, 3))
    moved = batch.to(META)
    assert (len(moved), moved.label.device, moved.label.dtype) == (3, META, torch.float32)
    for before, after in ((batch.user, moved.user), (batch.item, moved.item), (batch.history, moved.history)):
        assert before.keys() == after.keys()
        for name, feature in after.items():
            first = feature.ids if isinstance(feature, Bags) else feature
            other = before[name]
            assert first.shape == (other.ids if isinstance(other, Bags) else other).shape
            assert first.device == META


def test_the_weights_of_bags_are_moved() -> None:
    bags = Bags(torch.arange(3), torch.tensor([0, 3]), torch.ones(3)).to(META)
    assert bags.weights is not None
    assert {bags.ids.device, bags.offsets.device, bags.weights.device} == {META}


def features(batch: Batch) -> list[torch.Tensor]:
    made = [batch.label]
    for feature in (*batch.user.values(), *batch.item.values(), *batch.history.values()):
        made += [feature.ids, feature.offsets] if isinstance(feature, Bags) else [feature]
    return made


@pytest.mark.parametrize(("first", "last"), [(0, 4), (3, 9), (7, 7), (9, 12)])
def test_a_part_is_the_batch_of_its_samples(first: int, last: int) -> None:
    samples = tiny_stream().periods[2].samples()
    part, expected = samples.batch(slice(0, 12)).part(first, last), samples.batch(slice(first, last))
    assert all(torch.equal(one, other) for one, other in zip(features(part), features(expected), strict=True))


def test_a_part_of_weighted_bags_has_their_weights() -> None:
    bags = Bags(torch.tensor([5, 6, 7, 8]), torch.tensor([0, 1, 1, 4]), torch.tensor([0.1, 0.2, 0.3, 0.4])).part(1, 3)
    assert bags.weights is not None
    assert (bags.ids.tolist(), bags.offsets.tolist()) == ([6, 7, 8], [0, 0, 3])
    assert torch.equal(bags.weights, torch.tensor([0.2, 0.3, 0.4]))
