"""Looking up bags equals torch's own, values and gradients."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from freshrec.kernels import FastBags, embedding_bag
from freshrec.seeds import torch_rng


@settings(max_examples=60)
@given(st.lists(st.lists(st.integers(0, 8), max_size=6), min_size=1, max_size=12), st.booleans())
def test_values_and_gradients_equal_torchs(bags: list[list[int]], weighted: bool) -> None:
    rng = torch_rng(0, "bags")
    ids = torch.tensor([one for bag in bags for one in bag], dtype=torch.int64)
    offsets = torch.tensor([0, *(len(bag) for bag in bags)]).cumsum(0)
    factors = torch.rand(len(ids), generator=rng) if weighted else None
    table, gradient = torch.randn(9, 3, generator=rng), torch.randn(len(bags), 3, generator=rng)
    ours, theirs = table.clone().requires_grad_(), table.clone().requires_grad_()
    options: dict[str, Any] = {"mode": "sum", "per_sample_weights": factors} if weighted else {"mode": "mean"}
    options |= {"offsets": offsets, "include_last_offset": True}
    with FastBags():
        made = F.embedding_bag(ids, ours, **options)
    assert made.grad_fn is not None
    # Bags that repeat the one before are looked up once and copied.
    assert made.grad_fn.name() in ("_BagsBackward", "EmbeddingBackward0")
    expected = F.embedding_bag(ids, theirs, **options)
    assert torch.equal(made, expected)
    made.backward(gradient)  # type: ignore[no-untyped-call]
    expected.backward(gradient)  # type: ignore[no-untyped-call]
    assert ours.grad is not None
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "options",
    [
        {"offsets": torch.tensor([0, 2])},
        {"offsets": torch.tensor([0, 2, 3]), "include_last_offset": True, "mode": "max"},
        {"offsets": torch.tensor([0, 2, 3]), "include_last_offset": True, "padding_idx": 0},
        {"offsets": torch.tensor([0, 2, 3]), "include_last_offset": True, "max_norm": 0.5},
    ],
)
def test_what_is_not_covered_goes_through_torch(options: dict[str, Any]) -> None:
    ids, table = torch.tensor([1, 3, 1]), torch.ones(4, 2, requires_grad=True)
    plain = F.embedding_bag(ids, table.detach().clone(), **options)
    with FastBags():
        made = F.embedding_bag(ids, table.clone(), **options)
    assert torch.equal(made, plain)
    assert made.grad_fn is not None
    assert made.grad_fn.name() != "_BagsBackward"


def test_double_precision_goes_through_torch() -> None:
    table = torch.ones(4, 2, dtype=torch.float64, requires_grad=True)
    embedding_bag(
        torch.tensor([1, 1]), table, offsets=torch.tensor([0, 2, 2]), include_last_offset=True
    ).sum().backward()  # type: ignore[no-untyped-call]
    assert table.grad is not None
    assert table.grad.tolist() == [[0, 0], [1, 1], [0, 0], [0, 0]]
