"""Embedding tables are found by the type of their module; what is not trained is marked; how tables start."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from freshrec.errors import ModelError
from freshrec.params import CHUNK, Table, glorot_rows, params_of, tables_of


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Embedding(4, 2)
        self.inner = nn.ModuleList([nn.EmbeddingBag(3, 2), nn.Linear(2, 2)])
        self.again = self.first
        self.scale = nn.Parameter(torch.ones(1))
        self.norm = nn.BatchNorm1d(2, affine=False)


def test_tables_by_type() -> None:
    assert tables_of(Model()) == {"first.weight": Table(None), "inner.0.weight": Table(None)}


def test_params_are_copies_each_once() -> None:
    model = Model()
    params = params_of(model)
    buffers = {"norm.running_mean", "norm.running_var", "norm.num_batches_tracked"}
    assert set(params) == {"first.weight", "inner.0.weight", "inner.1.weight", "inner.1.bias", "scale"} | buffers
    assert {name for name, value in params.items() if isinstance(value, nn.Buffer)} == buffers
    params["scale"].zero_()
    params["norm.running_var"].zero_()
    assert model.scale.item() == 1
    assert model.get_buffer("norm.running_var").tolist() == [1, 1]


def test_frozen_parameters_are_marked_as_not_trained() -> None:
    model = Model()
    model.scale.requires_grad_(False)
    assert isinstance(params_of(model)["scale"], nn.Buffer)
    assert not isinstance(params_of(model)["inner.1.bias"], nn.Buffer)


def test_a_parameter_without_a_shape_is_refused() -> None:
    with pytest.raises(ModelError, match=r"parameter '0\.weight' has no shape yet"):
        params_of(nn.Sequential(nn.LazyLinear(3)))


@pytest.mark.parametrize(("given", "row"), [(0, 0), (2, 2), (-1, 3)])
@pytest.mark.parametrize("kind", [nn.Embedding, nn.EmbeddingBag])
def test_the_padding_row(kind: type[nn.Embedding], given: int, row: int) -> None:
    assert tables_of(nn.Sequential(kind(4, 2, padding_idx=given)))["0.weight"].padding == row


def test_modules_that_share_a_table_must_agree_on_its_padding() -> None:
    """Where they do not, the row is trained through those to which it is an id."""
    first, second = nn.Embedding(4, 2, padding_idx=0), nn.Embedding(4, 2)
    second.weight = first.weight
    assert tables_of(nn.Sequential(first, second)) == {"0.weight": Table(None)}
    second.padding_idx = 0
    assert tables_of(nn.Sequential(first, second)) == {"0.weight": Table(0)}


def test_max_norm_is_refused() -> None:
    model = nn.Sequential(nn.Embedding(4, 2, max_norm=1.0))
    with pytest.raises(ModelError, match=r"embedding '0' has max_norm=1\.0, which shortens rows in place"):
        tables_of(model)


def test_rows_start_with_the_values_of_their_hash() -> None:
    """Equation and hash written out in plain numpy, for a row in each chunk."""
    rows, columns, fans, seed = CHUNK + 2, 3, 60, 7
    values = glorot_rows(rows, columns, fans, seed)
    assert values.dtype == torch.float32
    limit = (6 / fans) ** 0.5
    for row in (0, 1, CHUNK - 1, CHUNK, CHUNK + 1):
        state = splitmix64(splitmix64(seed) + row)
        expected = [(2 * (splitmix64(state + column) >> 11) / 2**53 - 1) * limit for column in range(columns)]
        assert values[row].tolist() == np.array(expected, np.float32).tolist()


@given(st.integers(0, 2**63 - 1), st.integers(0, 40), st.integers(0, 40))
def test_a_row_starts_the_same_whatever_the_number_of_rows(seed: int, few: int, more: int) -> None:
    some, all_of_them = glorot_rows(few, 2, 10, seed), glorot_rows(few + more, 2, 10, seed)
    assert torch.equal(all_of_them[:few], some)


def test_initial_values_of_rows_are_uniform_within_the_limit() -> None:
    values = glorot_rows(4_000, 8, 54, 1).flatten().numpy() * 3
    assert np.abs(values).max() <= 1
    counts = np.histogram(values, 20, (-1, 1))[0]
    # The 99.99% point of chi-square with 19 degrees of freedom.
    assert ((counts - 1_600) ** 2 / 1_600).sum() < 50.8


def splitmix64(state: int) -> int:
    word = 2**64
    z = (state + 0x9E3779B97F4A7C15) % word
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % word
    z = (z ^ z >> 27) * 0x94D049BB133111EB % word
    return z ^ z >> 31
