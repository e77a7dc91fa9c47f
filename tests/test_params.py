"""Embedding tables are found by the type of their module."""

import pytest
import torch
from torch import nn

from freshrec.errors import ModelError
from freshrec.params import params_of, table_names


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Embedding(4, 2)
        self.inner = nn.ModuleList([nn.EmbeddingBag(3, 2), nn.Linear(2, 2)])
        self.again = self.first
        self.scale = nn.Parameter(torch.ones(1))


def test_tables_by_type() -> None:
    assert table_names(Model()) == ("first.weight", "inner.0.weight")


def test_params_are_copies_each_once() -> None:
    model = Model()
    params = params_of(model)
    assert set(params) == {"first.weight", "inner.0.weight", "inner.1.weight", "inner.1.bias", "scale"}
    params["scale"].zero_()
    assert model.scale.item() == 1


@pytest.mark.parametrize("option", [{"padding_idx": 0}, {"max_norm": 1.0}])
def test_rows_that_are_not_free_are_refused(option: dict[str, float]) -> None:
    model = nn.Sequential(nn.Embedding(4, 2, **option))  # type: ignore[arg-type]
    with pytest.raises(ModelError, match=f"embedding '0' has {next(iter(option))}="):
        table_names(model)
