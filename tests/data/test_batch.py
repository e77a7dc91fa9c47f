"""A batch on another device is the same batch."""

import torch

from freshrec.data import Bags
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
