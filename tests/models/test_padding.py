"""Bags as a rectangle, against a loop."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from freshrec.data import Bags
from freshrec.errors import ModelError
from freshrec.models import padded


def bags_of(rows: list[list[int]]) -> Bags:
    lengths = torch.tensor([len(row) for row in rows], dtype=torch.int64)
    offsets = torch.cat([torch.zeros(1, dtype=torch.int64), lengths.cumsum(0)])
    return Bags(torch.tensor([one for row in rows for one in row], dtype=torch.int64), offsets)


@given(
    st.lists(st.lists(st.integers(0, 8), max_size=6), max_size=7), st.integers(0, 5), st.sampled_from(["left", "right"])
)
def test_it_equals_a_loop_over_samples(rows: list[list[int]], length: int, side: str) -> None:
    made = padded(bags_of(rows), length, 9, side)  # type: ignore[arg-type]
    for number, row in enumerate(rows):
        kept = row[-length:] if length else []
        filled = [9] * (length - len(kept))
        assert made.ids[number].tolist() == (filled + kept if side == "left" else kept + filled)
        assert made.lengths[number] == len(kept)
    assert made.ids.shape == made.mask.shape == (len(rows), length)
    assert torch.equal(made.mask, made.ids != 9)


def test_bags_with_weights_are_refused() -> None:
    bags = Bags(torch.tensor([1]), torch.tensor([0, 1]), torch.tensor([0.5]))
    with pytest.raises(ModelError, match="these bags have weights"):
        padded(bags, 3, 9)
