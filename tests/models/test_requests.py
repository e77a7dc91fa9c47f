"""Requests scored one by one: with public names, and a typed error for an id that the vocabulary does not know."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

import freshrec
from freshrec.errors import ModelError
from freshrec.testing import tiny_stream

STREAM = tiny_stream()


def request(user: int, item: int, category: int, past: int) -> freshrec.Batch:
    history, offsets = torch.tensor([past]), torch.tensor([0, 1])
    return freshrec.Batch(
        user={"user": torch.tensor([user])},
        item={"item": torch.tensor([item]), "category": torch.tensor([category])},
        history={"item": freshrec.Bags(history, offsets), "category": freshrec.Bags(history % 4, offsets)},
        label=torch.zeros(1),
    )


@pytest.mark.parametrize("kind", [freshrec.EmbeddingMLP, freshrec.MatrixFactorisation])
def test_a_batch_is_scored_as_the_samples_are(kind: Callable[..., nn.Module]) -> None:
    model, samples = kind(STREAM.schema, dim=3), STREAM.periods[0].samples()
    params = freshrec.params_of(model)
    rows = np.arange(5)
    whole = freshrec.predict(model, params, samples)[:5]
    assert freshrec.predict(model, params, samples.batch(rows)) == pytest.approx(whole, rel=1e-6)


@pytest.mark.parametrize(
    ("kind", "asked", "named"),
    [
        (freshrec.EmbeddingMLP, request(-1, 0, 0, 0), "id -1 .* 'user_table.weight', which has 12 rows"),
        (freshrec.EmbeddingMLP, request(0, 99, 0, 0), "id 99 .* 'item_table.weight', which has 15 rows"),
        (freshrec.EmbeddingMLP, request(0, 0, -1, 0), "id -1 .* 'category_table.weight'"),
        (freshrec.EmbeddingMLP, request(0, 0, 0, -1), "id -1 .* 'item_table.weight'"),
        (freshrec.MatrixFactorisation, request(-1, 0, 0, 0), "id -1 .* 'user_table.weight', which has 12 rows"),
    ],
)
def test_an_unknown_id_is_a_typed_error(kind: Callable[..., nn.Module], asked: freshrec.Batch, named: str) -> None:
    """Whether the library applies the parameters or the model is called as it is."""
    model = kind(STREAM.schema, dim=3)
    with pytest.raises(ModelError, match=named):
        freshrec.predict(model, freshrec.params_of(model), asked)
    with pytest.raises(ModelError, match=named), torch.no_grad():
        model(asked)
