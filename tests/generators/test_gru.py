"""The GRU cell against equations 4 and 5 written in plain numpy, one coordinate at a time, in float64."""

import numpy as np
import numpy.typing as npt
import pytest
import torch

from freshrec.generators import GRU, RecurrentWeights
from freshrec.seeds import torch_rng

G, N, H, K = 3, 5, 4, 3
Array = npt.NDArray[np.float64]


def sigmoid(value: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-value)))


def equations_4_and_5(weights: dict[str, Array], xs: Array, h: Array) -> list[float]:
    """theta* after each step of one coordinate's history xs [K], from h [H]; W . [h, theta] as in the paper."""
    outputs = []
    for theta in xs:
        joined = np.concatenate([h, [theta]])
        r = sigmoid(weights["r"] @ joined)
        z = sigmoid(weights["z"] @ joined)
        candidate = np.tanh(weights["h"] @ np.concatenate([r * h, [theta]]))
        h = (1 - z) * h + z * candidate
        outputs.append(float(weights["out"] @ h + weights["b"]))
    return outputs


def random_weights() -> dict[str, torch.Tensor]:
    rng = torch_rng(0, "test")
    made = GRU(H).initial_weights({"plane": [G]}, seed=1)
    return {name: torch.randn(w.shape, generator=rng, dtype=torch.float64) for name, w in made.items()}


def one_coordinate(weights: dict[str, torch.Tensor], g: int) -> dict[str, Array]:
    """The paper's matrices W [H, H + 1] of generator g."""
    gates = {}
    for number, gate in enumerate("zrh"):
        part = slice(number * H, (number + 1) * H)
        recurrent = weights["plane.recurrent"][g, :, part].numpy().T
        gates[gate] = np.column_stack([recurrent, weights["plane.input"][g, part].numpy()])
    return gates | {"out": weights["plane.readout"][g].numpy(), "b": weights["plane.bias"][g].numpy()}


def unrolled(weights: dict[str, torch.Tensor], xs: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
    cell, plane, outputs = GRU(H), RecurrentWeights.of(weights, "plane"), []
    for x in xs:
        h = cell.advance(plane, x, h)
        outputs.append(cell.read_out(plane, h))
    return torch.stack(outputs)


def inputs() -> tuple[torch.Tensor, torch.Tensor]:
    rng = torch_rng(0, "inputs")
    xs = torch.randn(K, G, N, generator=rng, dtype=torch.float64)
    return xs, torch.randn(G, N, H, generator=rng, dtype=torch.float64)


def test_outputs_are_those_of_the_equations() -> None:
    weights, (xs, h) = random_weights(), inputs()
    made = unrolled(weights, xs, h)
    for g in range(G):
        for n in range(N):
            expected = equations_4_and_5(one_coordinate(weights, g), xs[:, g, n].numpy(), h[g, n].numpy())
            np.testing.assert_allclose(made[:, g, n].numpy(), expected, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("name", ["plane.input", "plane.recurrent", "plane.readout", "plane.bias"])
def test_gradients_are_those_of_the_equations(name: str) -> None:
    """Autograd's gradient of a weighted sum of all outputs against central differences of the numpy equations."""
    weights, (xs, h) = random_weights(), inputs()
    factors = torch.randn(K, G, N, generator=torch_rng(0, "factors"), dtype=torch.float64)

    def total(changed: dict[str, torch.Tensor]) -> float:
        value = 0.0
        for g in range(G):
            for n in range(N):
                outputs = equations_4_and_5(one_coordinate(changed, g), xs[:, g, n].numpy(), h[g, n].numpy())
                value += float(np.dot(factors[:, g, n].numpy(), outputs))
        return value

    weights[name].requires_grad_()
    (factors * unrolled(weights, xs, h)).sum().backward()  # type: ignore[no-untyped-call]
    gradient = weights[name].grad
    assert gradient is not None
    weights[name].requires_grad_(False)
    step = 1e-6
    for at in range(weights[name].numel()):
        values = []
        for sign in (1, -1):
            changed = weights[name].clone()
            changed.view(-1)[at] += sign * step
            values.append(total(weights | {name: changed}))
        assert gradient.reshape(-1)[at].item() == pytest.approx(
            (values[0] - values[1]) / (2 * step), rel=1e-6, abs=1e-7
        )


def test_it_is_not_torchs_cell() -> None:
    """The reset gate acts before the product; after it, as in torch, the result would be another."""
    weights, (xs, h) = random_weights(), inputs()
    plane = RecurrentWeights.of(weights, "plane")
    other = torch.nn.GRUCell(1, H, bias=False, dtype=torch.float64)
    order = torch.cat([torch.arange(H, 2 * H), torch.arange(H), torch.arange(2 * H, 3 * H)])
    with torch.no_grad():
        other.weight_ih.copy_(plane.input[0][order].unsqueeze(1))
        other.weight_hh.copy_(plane.recurrent[0].T[order])
        theirs = other(xs[0, 0].unsqueeze(1), h[0])
    assert not torch.allclose(GRU(H).advance(plane, xs[0], h)[0], theirs, atol=1e-3)


def test_initial_weights_have_the_limits_of_their_group() -> None:
    weights = GRU(H).initial_weights({"table": [8], "dense": [800, 20]}, seed=3)
    assert {name: tuple(w.shape) for name, w in weights.items()} == {
        "table.input": (8, 3 * H),
        "table.recurrent": (8, H, 3 * H),
        "table.readout": (8, H),
        "table.bias": (8,),
        "dense.input": (820, 3 * H),
        "dense.recurrent": (820, H, 3 * H),
        "dense.readout": (820, H),
        "dense.bias": (820,),
    }
    fans = {"input": 1 + H, "recurrent": 2 * H, "readout": H + 1, "bias": 2}
    for part, fan in fans.items():
        for rows, g in ((slice(0, 800), 800), (slice(800, 820), 20)):
            values, limit = weights[f"dense.{part}"][rows].abs(), (6 / (g * fan)) ** 0.5
            assert 0.8 * limit < values.max() <= limit
    assert weights["table.bias"].abs().min() > 0
