"""Embedding&MLP against its equations in plain numpy, with several fields and values, with and without history."""

import numpy as np
import pytest
import torch

from freshrec.data import FieldValues, Samples, Schema
from freshrec.models import EmbeddingMLP
from freshrec.testing import tiny_stream, with_item_fields

GENRES: list[list[int]] = [[0], [1, 2], [], [2, 3, 0], [1]]
PAST = np.array([0, 1, 3, 3, 2, 4], np.int32)
START, END = np.array([0, 2, 4], np.int32), np.array([4, 2, 6], np.int32)
USER, ITEM = np.array([0, 1, 1], np.int32), np.array([3, 2, 4], np.int32)


def schema_of(history: int) -> Schema:
    return Schema(
        {"user": 2, "item": 5, "city": 2, "genre": 4},
        user_fields=("city",),
        item_fields=("genre",),
        several=frozenset({"genre"}),
        history=history,
    )


def samples(history: int) -> Samples:
    label = np.array([1, 0, 1], np.int8)
    offsets = np.cumsum([0, *(len(values) for values in GENRES)]).astype(np.int64)
    genres = FieldValues(np.array([g for values in GENRES for g in values], np.int32), offsets)
    fields = {"city": FieldValues((1 - USER).astype(np.int32))}
    plain = Samples(schema_of(history), USER, ITEM, np.zeros(3, np.int64), label, START, END, PAST, fields)
    return with_item_fields(plain, {"genre": genres})


@pytest.mark.parametrize("history", [30, 0])
def test_logits_are_those_of_the_equations(history: int) -> None:
    model = EmbeddingMLP(schema_of(history), dim=3, seed=2)
    batch = samples(history).batch(slice(None))
    weights = {name: value.detach().numpy() for name, value in model.named_parameters()}

    def mean(vectors: list[np.ndarray]) -> np.ndarray:
        return np.mean(vectors, axis=0) if vectors else np.zeros(3)

    def item_vectors(item: int) -> tuple[np.ndarray, np.ndarray]:
        genre = mean([weights["genre_table.weight"][g] for g in GENRES[item]])
        return weights["item_table.weight"][item], genre

    logits = model(batch).detach().numpy()
    for row, (user, item) in enumerate(zip(USER, ITEM, strict=True)):
        parts = [weights["user_table.weight"][user], weights["city_table.weight"][1 - user]]
        if history:
            past = [item_vectors(one) for one in PAST[START[row] : END[row]]]
            parts += [mean([vector for vector, _ in past]), mean([genre for _, genre in past])]
        x = np.concatenate([*parts, *item_vectors(item)])
        for layer in (0, 2, 4):
            x = weights[f"mlp.{layer}.weight"] @ x + weights[f"mlp.{layer}.bias"]
            x = np.maximum(x, 0) if layer < 4 else x
        assert logits[row] == pytest.approx(x[0], rel=1e-5, abs=1e-6)


def test_the_published_sizes() -> None:
    with_category = EmbeddingMLP(Schema({"user": 2, "item": 2, "category": 2}, item_fields=("category",)))
    without = EmbeddingMLP(Schema({"user": 2, "item": 2}))
    widths = [
        [module.in_features for module in model.mlp if isinstance(module, torch.nn.Linear)]
        for model in (with_category, without)
    ]
    assert widths == [[40, 20, 10], [24, 12, 6]]


def test_initial_values_are_glorot_and_of_the_seed() -> None:
    schema = Schema({"user": 1000, "item": 50})
    model = EmbeddingMLP(schema, seed=1)
    limits = {"user_table.weight": (6 / 1008) ** 0.5, "mlp.0.weight": (6 / 36) ** 0.5, "mlp.0.bias": (6 / 24) ** 0.5}
    for name, limit in limits.items():
        largest = model.get_parameter(name).abs().max().item()
        assert 0.7 * limit < largest <= limit
    same, other = EmbeddingMLP(schema, seed=1), EmbeddingMLP(schema, seed=2)
    assert torch.equal(model.get_parameter("mlp.0.weight"), same.get_parameter("mlp.0.weight"))
    assert not torch.equal(model.get_parameter("mlp.0.weight"), other.get_parameter("mlp.0.weight"))


def test_global_random_state_is_neither_read_nor_changed() -> None:
    before = torch.get_rng_state()
    EmbeddingMLP(Schema({"user": 9, "item": 5}), seed=1)
    assert torch.equal(torch.get_rng_state(), before)


def test_field_names_may_be_anything() -> None:
    model = EmbeddingMLP(Schema({"user": 2, "item": 2, "type": 2, "a.b": 3}, item_fields=("type", "a.b")))
    assert {"type_table.weight", "a_b_table.weight"} < {name for name, _ in model.named_parameters()}


def test_later_ids_change_no_initial_value() -> None:
    """Neither the values of the rows that are known, nor, without any, their limit."""
    for known, scale in (({"user": 30, "item": 5}, (38, 13)), ({"user": 0, "item": 0}, (1008, 1008))):
        few, many = (
            EmbeddingMLP(Schema({"user": users, "item": items}, known=known), seed=3)
            for users, items in ((30, 5), (500, 70))
        )
        for name, value in few.named_parameters():
            assert torch.equal(many.get_parameter(name)[: len(value)], value)
        for table, fans in zip(("user", "item"), scale, strict=True):
            limit = (6 / fans) ** 0.5
            assert 0.95 * limit < many.get_parameter(f"{table}_table.weight").abs().max().item() <= limit


def test_fields_of_the_row_are_embedded_and_numbers_are_inputs() -> None:
    samples = tiny_stream(columns=True).periods[0].samples()
    model = EmbeddingMLP(samples.schema, dim=3, seed=2)
    batch = samples.batch(slice(None))
    weights = {name: value.detach().numpy() for name, value in model.named_parameters()}
    assert weights["mlp.0.weight"].shape[1] == 3 * (2 + 2 + 2 + 2) + 2
    for row in range(len(samples)):
        past = np.arange(samples.start[row], samples.end[row])

        def mean(table: str, ids: np.ndarray) -> np.ndarray:
            return weights[f"{table}_table.weight"][ids].mean(0) if len(ids) else np.zeros(3)

        def at(name: str, row: int = row) -> np.ndarray:
            return samples.fields[name].take(np.array([row])).values

        x = np.concatenate(
            [
                mean("user", samples.user[[row]]),
                mean("city", at("city")),
                mean("item", samples.positives[past]),
                mean("category", samples.past_fields["category"].values[past]),
                mean("item", samples.item[[row]]),
                mean("category", at("category")),
                mean("device", at("device")),
                mean("tags", at("tags")),
                [samples.numbers["price"][row], samples.numbers["age"][row]],
            ]
        )
        for layer in (0, 2, 4):
            x = weights[f"mlp.{layer}.weight"] @ x + weights[f"mlp.{layer}.bias"]
            x = np.maximum(x, 0) if layer < 4 else x
        assert model(batch)[row].item() == pytest.approx(x[0], rel=1e-4, abs=1e-6)
