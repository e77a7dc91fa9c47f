"""Bags that repeat the one before are looked up once, with the same values and gradients."""

from itertools import pairwise
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from freshrec.kernels import FastBags
from freshrec.kernels.repeated_bags import distinct_bags
from freshrec.seeds import torch_rng

bags_of_ids = st.lists(st.lists(st.integers(0, 3), max_size=3), max_size=12)


def laid_out(bags: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    ids = torch.tensor([one for bag in bags for one in bag], dtype=torch.int64)
    return ids, torch.tensor([0, *(len(bag) for bag in bags)]).cumsum(0)


@given(bags_of_ids)
def test_bags_without_repetitions_and_where_each_stands(bags: list[list[int]]) -> None:
    ids, offsets = laid_out(bags)
    distinct = [bag for number, bag in enumerate(bags) if not number or bag != bags[number - 1]]
    found = distinct_bags(ids, offsets, None)
    if not bags or 2 * len(distinct) > len(bags):
        assert found is None
        return
    assert found is not None
    ends = found.offsets.tolist()
    kept = [found.ids[first:last].tolist() for first, last in pairwise(ends)]
    assert kept == distinct
    assert [kept[place] for place in found.places.tolist()] == bags


def test_bags_of_other_weights_are_others() -> None:
    ids, offsets = laid_out([[1, 2]] * 4)
    weights = torch.tensor([0.5, 0.5, 0.5, 0.5, 0.5, 0.25, 0.5, 0.25])
    found = distinct_bags(ids, offsets, weights)
    assert found is not None
    assert found.places.tolist() == [0, 0, 1, 1]
    assert found.weights is not None
    assert found.weights.tolist() == [0.5, 0.5, 0.5, 0.25]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("weighted", [False, True])
def test_values_are_torchs_bit_for_bit_and_gradients_are_equal(dtype: torch.dtype, weighted: bool) -> None:
    rng = torch_rng(0, "bags")
    ids, offsets = laid_out([[1, 2, 2]] * 5 + [[]] * 3 + [[0, 3]] * 4 + [[1, 2, 2]])
    table = torch.randn(4, 3, generator=rng, dtype=dtype)
    each = {1: 0.5, 2: 0.25, 0: 0.5, 3: 0.125}
    factors = torch.tensor([each[int(one)] for one in ids], dtype=dtype)
    options: dict[str, Any] = {"mode": "sum", "per_sample_weights": factors} if weighted else {"mode": "mean"}
    options |= {"offsets": offsets, "include_last_offset": True}
    ours, theirs = table.clone().requires_grad_(), table.clone().requires_grad_()
    with FastBags():
        vectors = F.embedding_bag(ids, ours, **options)
    assert vectors.grad_fn is not None
    assert vectors.grad_fn.name() == "EmbeddingBackward0"
    expected = F.embedding_bag(ids, theirs, **options)
    assert torch.equal(vectors, expected)
    gradient = torch.randn(vectors.shape, generator=rng, dtype=dtype)
    vectors.backward(gradient)  # type: ignore[no-untyped-call]
    expected.backward(gradient)  # type: ignore[no-untyped-call]
    assert ours.grad is not None
    torch.testing.assert_close(ours.grad, theirs.grad)
