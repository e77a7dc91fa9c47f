"""The residual generator against its equations in float64, written down row by row."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from freshrec.data import Batch, Stream
from freshrec.generators import Correction, Residual, residual
from freshrec.models import MatrixFactorisation
from freshrec.params import params_of
from freshrec.seeds import torch_rng
from freshrec.testing import tiny_model, tiny_stream
from freshrec.training import LazyTable, RowStatistics, log_loss

SEED = 3


class Padded(nn.Module):
    """Two look-ups in one table with a padding row, a frozen table, a normalisation and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(15, 4, padding_idx=14)
        self.frozen = nn.Embedding(12, 4)
        self.frozen.weight.requires_grad_(False)
        self.norm = nn.BatchNorm1d(4)
        self.head = nn.Linear(4, 1)

    def forward(self, batch: Batch) -> Tensor:
        user, item = batch.user["user"], batch.item["item"]
        assert isinstance(user, Tensor)
        assert isinstance(item, Tensor)
        logits: Tensor = self.head(self.norm(self.table(item) + self.table(user) + self.frozen(user)))
        return logits


def statistics_of(model: nn.Module, stream: Stream, periods: int) -> RowStatistics:
    params = params_of(model)
    none = RowStatistics.none({name: len(params[name]) for name in Residual.of(model, 1).tables})
    return none.including(stream.periods[:periods], model, params)


def moved(params: Mapping[str, Tensor], seed: int) -> dict[str, Tensor]:
    """Other parameters near some, with the types of the buffers."""
    rng = torch_rng(seed, "moved")
    return {
        name: value + 0.1 * torch.randn(value.shape, generator=rng, dtype=torch.float64).to(value)
        if value.is_floating_point()
        else value
        for name, value in params.items()
    }


def correction_of(
    model: nn.Module, stream: Stream, dtype: torch.dtype = torch.float32
) -> tuple[Correction, dict[str, Tensor]]:
    """A correction of some snapshots, and weights none of which is zero."""
    model = model.to(dtype)
    newest, previous = moved(params_of(model), 1), moved(params_of(model), 2)
    generator = Residual.of(model, 5)
    weights = moved(generator.initial_weights(newest, SEED), 3)
    return Correction(generator, newest, previous, statistics_of(model, stream, 3)), weights


def by_hand(correction: Correction, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The corrected model in float64, from the equations."""
    double = {name: value.double() for name, value in weights.items()}
    corrected = {}
    for name, newest in correction.newest.items():
        theta = newest.double()
        delta = theta - correction.previous[name].double()
        if name in correction.residual.tables:
            statistics = correction.statistics
            seen = [row for row in range(len(theta)) if statistics.tables[name][row, 2] > 0]
            s = (sum(value**2 for row in seen for value in theta[row].tolist()) / (len(seen) * theta.shape[1])) ** 0.5
            rows = []
            for row in range(len(theta)):
                features = statistics.features(name, torch.tensor([row]))[0].double()
                x = torch.cat([theta[row] / s, delta[row] / s, features])
                hidden, bias = double[f"{name}.hidden"][:-1], double[f"{name}.hidden"][-1]
                before = x @ hidden + bias
                gelu = 0.5 * before * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (before + 0.044715 * before**3)))
                g, a, b2 = double[f"{name}.linear"]
                y = theta[row] + s * (gelu @ double[f"{name}.output"] + b2) + g * theta[row] + a * delta[row]
                rows.append(theta[row] if row == correction.residual.tables[name].padding else y)
            corrected[name] = torch.stack(rows)
        elif name in correction.residual.others:
            g, a = double["(others)"][:, correction.residual.others.index(name)]
            corrected[name] = theta + g * theta + a * delta
        else:
            corrected[name] = theta
    return corrected


def models(stream: Stream) -> list[nn.Module]:
    return [tiny_model(stream), MatrixFactorisation(stream.schema, dim=2), Padded()]


@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("large", [0, 2**19])
def test_all_rows_are_those_of_the_equations(
    which: int, dtype: torch.dtype, large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(residual, "LARGE", large)
    stream = tiny_stream()
    correction, weights = correction_of(models(stream)[which], stream, dtype)
    corrected, expected = correction.whole(weights), by_hand(correction, weights)
    assert corrected.keys() == expected.keys()
    for name, value in corrected.items():
        assert value.dtype == correction.newest[name].dtype
        tolerance = 1e-12 if dtype == torch.float64 else 1e-5
        torch.testing.assert_close(value.double(), expected[name], rtol=tolerance, atol=tolerance)
    assert any(not torch.equal(value, correction.newest[name]) for name, value in corrected.items())


@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("large", [0, 2**19])
def test_lazily_the_loss_and_its_gradients_are_those_of_the_equations(
    which: int, large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(residual, "LARGE", large)
    stream = tiny_stream()
    model = models(stream)[which].eval()
    correction, weights = correction_of(model, stream, torch.float64)
    leaves = {name: value.clone().requires_grad_() for name, value in weights.items()}
    batch = stream.periods[3].samples().batch(slice(0, 9))
    lazy = correction.lazily(leaves)
    assert all(isinstance(lazy[name], LazyTable) for name in correction.residual.tables)
    loss = log_loss(model, lazy, batch)
    others = {name: value.clone().requires_grad_() for name, value in weights.items()}
    expected = log_loss(model, by_hand(correction, others), batch)
    torch.testing.assert_close(loss, expected, rtol=1e-12, atol=0)
    for name, gradient in zip(leaves, torch.autograd.grad(expected, list(others.values())), strict=True):
        (own,) = torch.autograd.grad(loss, [leaves[name]], retain_graph=True)
        torch.testing.assert_close(own, gradient, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_it_starts_as_the_newest_snapshot_bit_for_bit(which: int) -> None:
    stream = tiny_stream()
    correction, _ = correction_of(models(stream)[which], stream)
    weights = correction.residual.initial_weights(correction.newest, SEED)
    assert any(value.any() for value in weights.values())
    for name, value in correction.whole(weights).items():
        assert torch.equal(value, correction.newest[name])


def test_what_is_not_trained_is_that_of_the_newest_snapshot() -> None:
    stream = tiny_stream()
    correction, weights = correction_of(Padded(), stream)
    assert correction.residual.others == ("norm.weight", "norm.bias", "head.weight", "head.bias")
    assert list(correction.residual.tables) == ["table.weight"]
    corrected = correction.whole(weights)
    for name in ("frozen.weight", "norm.running_mean", "norm.running_var", "norm.num_batches_tracked"):
        assert torch.equal(corrected[name], correction.newest[name])
    assert torch.equal(corrected["table.weight"][14], correction.newest["table.weight"][14])
    assert not torch.equal(corrected["table.weight"][13], correction.newest["table.weight"][13])


def test_rows_never_looked_up_change_no_other_row() -> None:
    stream = tiny_stream()
    schema = replace(stream.schema, rows={**stream.schema.rows, "item": 20})
    correction, weights = correction_of(MatrixFactorisation(schema, dim=2), stream)
    unseen = ~correction.statistics.seen("item_table.weight")
    assert unseen.any()
    newest = dict(correction.newest)
    newest["item_table.weight"] = torch.where(unseen.unsqueeze(1), 1e3, newest["item_table.weight"])
    other = Correction(correction.residual, newest, correction.previous, correction.statistics)
    before, after = (each.whole(weights)["item_table.weight"] for each in (correction, other))
    assert torch.equal(before[~unseen], after[~unseen])
    assert not torch.equal(before[unseen], after[unseen])


def test_a_table_without_an_observed_look_up_stays_as_it_is() -> None:
    stream = tiny_stream()
    model = MatrixFactorisation(stream.schema, dim=2)
    correction, weights = correction_of(model, stream)
    none = RowStatistics.none({name: len(correction.newest[name]) for name in correction.residual.tables})
    corrected = Correction(correction.residual, correction.newest, correction.previous, none).whole(weights)
    for name in correction.residual.tables:
        assert torch.equal(corrected[name], correction.newest[name])


def test_the_weights_depend_on_seed_and_table_alone() -> None:
    stream = tiny_stream()
    generator, params = Residual.of(tiny_model(stream), 4), params_of(tiny_model(stream))
    first, same, other = (generator.initial_weights(params, seed) for seed in (1, 1, 2))
    assert all(torch.equal(first[name], same[name]) for name in first)
    assert not torch.equal(first["item_table.weight.hidden"], other["item_table.weight.hidden"])
    assert not torch.equal(first["item_table.weight.hidden"], first["category_table.weight.hidden"])
    assert not first["item_table.weight.hidden"][-1].any()
    assert first["(others)"].shape == (2, len(generator.others))
