"""MatrixFactorisation against plain numpy, and what its parameters start as."""

import numpy as np
import pytest
import torch

from freshrec.data import Schema
from freshrec.errors import FreshrecWarning
from freshrec.models import MatrixFactorisation
from freshrec.params import tables_of
from freshrec.testing import tiny_stream

SCHEMA = Schema({"user": 1000, "item": 50})


def test_logits_are_biases_and_the_product_of_factors() -> None:
    stream = tiny_stream()
    model = MatrixFactorisation(stream.schema, dim=3)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.arange(parameter.numel()).reshape(parameter.shape) % 7 - 2.5)
    samples = stream.periods[0].samples()
    logits = model(samples.batch(slice(None))).detach().numpy()
    user, item = model.user_table.weight.detach().numpy(), model.item_table.weight.detach().numpy()
    assert logits.shape == (40,)
    for row in range(40):
        p, q = user[samples.user[row]], item[samples.item[row]]
        expected = model.bias.item() + p[3] + q[3] + np.dot(p[:3], q[:3])
        assert logits[row] == pytest.approx(expected, rel=1e-6)


def test_factors_start_glorot_and_biases_at_zero() -> None:
    model = MatrixFactorisation(SCHEMA, dim=8, seed=1)
    for table, rows in ((model.user_table, 1000), (model.item_table, 50)):
        limit = (6 / (rows + 8)) ** 0.5
        assert table.weight.shape == (rows, 9)
        assert 0.9 * limit < table.weight[:, :8].abs().max().item() <= limit
        assert not table.weight[:, 8].any()
    assert model.bias.tolist() == [0.0]


def test_initial_values_are_of_the_seed_and_leave_global_random_state_alone() -> None:
    random = torch.get_rng_state()
    one, same, other = (MatrixFactorisation(SCHEMA, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), random)
    assert torch.equal(one.item_table.weight, same.item_table.weight)
    assert not torch.equal(one.item_table.weight, other.item_table.weight)
    assert not torch.equal(one.item_table.weight, one.user_table.weight[:50])


def test_all_is_trained_and_the_tables_are_found() -> None:
    model = MatrixFactorisation(SCHEMA)
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert {name for name, _ in model.named_parameters()} == {"bias", "user_table.weight", "item_table.weight"}
    assert set(tables_of(model)) == {"user_table.weight", "item_table.weight"}


def test_later_ids_change_no_initial_value() -> None:
    known = {"user": 30, "item": 5}
    few, many = (
        MatrixFactorisation(Schema({"user": users, "item": items}, known=known), seed=3)
        for users, items in ((30, 5), (500, 70))
    )
    for name, value in few.named_parameters():
        assert torch.equal(many.get_parameter(name)[: len(value)], value)
    assert 0.95 * (6 / 38) ** 0.5 < many.user_table.weight[:, :8].abs().max().item() <= (6 / 38) ** 0.5


def test_it_says_which_columns_it_ignores() -> None:
    with pytest.warns(FreshrecWarning, match="reads user and item alone; it ignores device, tags, price, age"):
        MatrixFactorisation(tiny_stream(columns=True).schema)
