"""Applying parameters and buffers to a model, which itself is never changed."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from freshrec.data import Batch
from freshrec.errors import ModelError
from freshrec.params import params_of
from freshrec.training import evaluating, frozen, logits


def batch_of(ids: list[int]) -> Batch:
    return Batch({"user": torch.tensor(ids)}, {}, {}, torch.ones(len(ids)))


class Model(nn.Module):
    """Scores a user's vector, after anything else that is done with the model."""

    def __init__(self, does: Callable[["Model", Tensor], Any] = lambda model, vectors: None) -> None:
        super().__init__()
        self.table = nn.Embedding(5, 3)
        self.norm = nn.BatchNorm1d(3)
        self.head = nn.Linear(3, 1)
        self.does = does
        self.register_buffer("seen", torch.zeros(2))

    def forward(self, batch: Batch) -> Tensor:
        ids = batch.user["user"]
        assert isinstance(ids, Tensor)
        vectors = self.norm(self.table(ids).reshape(len(ids), 3))
        self.does(self, vectors)
        logit: Tensor = self.head(vectors)
        return logit


def snapshot(model: nn.Module) -> list[tuple[str, int, list[float]]]:
    return [
        (name, value._version, value.flatten().tolist()) for name, value in model.state_dict(keep_vars=True).items()
    ]


def test_in_training_mode_given_buffers_are_changed_in_place_and_the_models_own_are_not() -> None:
    model = Model()
    before, params = snapshot(model), params_of(model)
    logits(model, params, batch_of([0, 1, 2]))
    assert params["norm.num_batches_tracked"].item() == 1
    assert params["norm.running_mean"].any()
    assert snapshot(model) == before


def test_in_evaluation_mode_nothing_is_changed() -> None:
    model = Model(lambda model, _: model.get_buffer("seen").add_(1))
    before, params = snapshot(model), params_of(model)
    kept = {name: value.clone() for name, value in params.items()}
    with frozen(model):
        logits(model, params, batch_of([0, 1, 2]))
    assert all(torch.equal(kept[name], value) for name, value in params.items())
    assert snapshot(model) == before


@pytest.mark.parametrize("training", [True, False])
def test_buffers_that_are_not_given_are_read_from_the_model_and_left_alone(training: bool) -> None:
    model = Model().train(training)
    before = snapshot(model)
    params = {name: value.detach().clone() for name, value in model.named_parameters()}
    made = logits(model, params, batch_of([0, 1, 2]))
    assert torch.equal(made, logits(model, params_of(model), batch_of([0, 1, 2])))
    assert snapshot(model) == before


def test_a_buffer_that_the_model_puts_another_tensor_in_the_place_of() -> None:
    def replaces(model: Model, vectors: Tensor) -> None:
        model.seen = model.get_buffer("seen") + 1

    model = Model(replaces)
    params = params_of(model)
    given = params["seen"]
    for _ in range(3):
        logits(model, params, batch_of([0, 1, 2]))
    assert given.tolist() == [3, 3]
    assert model.get_buffer("seen").tolist() == [0, 0]

    def grows(model: Model, vectors: Tensor) -> None:
        model.seen = torch.zeros(3)

    with pytest.raises(ModelError, match=r"shape of the buffer 'seen' from \(2,\) to \(3,\)"):
        logits(Model(grows), params, batch_of([0, 1, 2]))


def test_a_batch_of_one_is_taken_by_its_running_statistics() -> None:
    model = Model()
    params = params_of(model)
    single = logits(model, params, batch_of([3]))
    assert params["norm.num_batches_tracked"].item() == 0
    assert model.training
    assert model.norm.training
    with frozen(model):
        torch.testing.assert_close(single.detach(), logits(model, params, batch_of([3, 1]))[:1])


def no_grad_clamp(model: Model, vectors: Tensor) -> None:
    with torch.no_grad():
        model.head.weight.clamp_(max=0.1)


WRITES: dict[str, Callable[[Model, Tensor], Any]] = {
    "in place": lambda model, _: model.head.weight.mul_(2),
    "in place without gradients": no_grad_clamp,
    "an item": lambda model, _: model.head.weight.__setitem__(0, 0.0),
    "another parameter": lambda model, _: setattr(model.head, "weight", nn.Parameter(torch.zeros(1, 3))),
    "while looking up": lambda model, vectors: F.embedding(torch.tensor([0]), model.head.weight, max_norm=1e-3),
}


@pytest.mark.parametrize("write", WRITES)
def test_writing_to_a_parameter_is_refused(write: str) -> None:
    model = Model(WRITES[write])
    params = {name: value.requires_grad_(value.is_floating_point()) for name, value in params_of(model).items()}
    params = {name: value if name.startswith("head") else value.detach() for name, value in params.items()}
    with pytest.raises(ModelError, match=r"writes to the parameter 'head\.weight' while it computes"):
        logits(model, params, batch_of([0, 1, 2]))


@pytest.mark.parametrize("wrong", [5, -1])
@pytest.mark.parametrize("kind", [nn.Embedding, nn.EmbeddingBag])
def test_an_id_that_is_no_row_names_the_table(wrong: int, kind: type[nn.Embedding]) -> None:
    model = Model()
    model.table = kind(5, 3)
    with pytest.raises(ModelError, match=rf"id {wrong} was looked up in .*'table\.weight', which has 5 rows"):
        logits(model, params_of(model), Batch({"user": torch.tensor([[0], [wrong]])}, {}, {}, torch.ones(2)))


def test_an_error_of_the_models_own_is_its_own() -> None:
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied") as caught:
        logits(Model(lambda _, vectors: vectors @ vectors), params_of(Model()), batch_of([0, 1]))
    assert not isinstance(caught.value, ModelError)


@pytest.mark.parametrize("sparse", [True, False])
@pytest.mark.parametrize("kind", [nn.Embedding, nn.EmbeddingBag])
def test_gradients_of_tables_are_dense(kind: type[nn.Embedding], sparse: bool) -> None:
    model = Model()
    model.table = kind(5, 3, sparse=sparse)
    params = {name: value.requires_grad_(value.is_floating_point()) for name, value in params_of(model).items()}
    params = {name: value.detach() if "running" in name else value for name, value in params.items()}
    logits(model, params, Batch({"user": torch.tensor([[0], [2], [0]])}, {}, {}, torch.ones(3))).sum().backward()  # type: ignore[no-untyped-call]
    gradient = params["table.weight"].grad
    assert gradient is not None
    assert not gradient.is_sparse


def test_parts_return_to_their_own_modes() -> None:
    model = Model()
    model.norm.eval()
    with evaluating(model):
        assert not any(module.training for module in model.modules())
    assert {name for name, module in model.named_modules() if not module.training} == {"norm"}
