"""LSTM and RNN against torch's own cells, and the linear generator against its sum."""

import pytest
import torch

from freshrec.errors import ConfigError
from freshrec.generators import LSTM, RNN, Linear, RecurrentWeights
from freshrec.seeds import torch_rng

G, N, H, K = 2, 5, 3, 3


def weights(gates: int) -> dict[str, torch.Tensor]:
    rng = torch_rng(0, "weights")
    shapes = {"input": (G, gates * H), "recurrent": (G, H, gates * H), "readout": (G, H), "bias": (G,)}
    return {f"p.{part}": torch.randn(shape, generator=rng, dtype=torch.float64) for part, shape in shapes.items()}


def test_lstm_is_torchs_cell_without_biases() -> None:
    made = weights(4)
    plane, rng = RecurrentWeights.of(made, "p"), torch_rng(0, "x")
    x = torch.randn(G, N, generator=rng, dtype=torch.float64)
    state = torch.randn(G, N, 2 * H, generator=rng, dtype=torch.float64)
    after = LSTM(H).advance(plane, x, state)
    # torch's gates stand in the order input, forget, candidate, output.
    order = torch.cat([torch.arange(2 * H), torch.arange(3 * H, 4 * H), torch.arange(2 * H, 3 * H)])
    for g in range(G):
        cell = torch.nn.LSTMCell(1, H, bias=False, dtype=torch.float64)
        with torch.no_grad():
            cell.weight_ih.copy_(plane.input[g][order].unsqueeze(1))
            cell.weight_hh.copy_(plane.recurrent[g].T[order])
            h, c = cell(x[g].unsqueeze(1), (state[g, :, :H], state[g, :, H:]))
        torch.testing.assert_close(after[g], torch.cat([h, c], 1), rtol=1e-12, atol=1e-14)


def test_rnn_is_torchs_cell_without_biases() -> None:
    plane, rng = RecurrentWeights.of(weights(1), "p"), torch_rng(0, "x")
    x = torch.randn(G, N, generator=rng, dtype=torch.float64)
    state = torch.randn(G, N, H, generator=rng, dtype=torch.float64)
    after = RNN(H).advance(plane, x, state)
    for g in range(G):
        cell = torch.nn.RNNCell(1, H, bias=False, dtype=torch.float64)
        with torch.no_grad():
            cell.weight_ih.copy_(plane.input[g].unsqueeze(1))
            cell.weight_hh.copy_(plane.recurrent[g].T)
            torch.testing.assert_close(after[g], cell(x[g].unsqueeze(1), state[g]), rtol=1e-12, atol=1e-14)


def test_the_state_handed_over_continues_the_sequence() -> None:
    for cell, gates in ((LSTM(H), 4), (RNN(H), 1)):
        made, rng = weights(gates), torch_rng(0, "x")
        x = torch.randn(K, N, G, generator=rng, dtype=torch.float64)
        state = torch.randn(N, G, cell.state_size, generator=rng, dtype=torch.float64)
        whole = cell.outputs(made, "p", x, state, 2)
        later = cell.outputs(made, "p", x[1:], cell.hand_over(made, "p", x[0], state), 2)
        torch.testing.assert_close(later, whole, rtol=1e-12, atol=1e-14)


def test_linear_starts_as_the_plain_average() -> None:
    x = torch.randn(K, N, G, generator=torch_rng(0, "x"), dtype=torch.float64)
    start = {name: w.double() for name, w in Linear(K).initial_weights({"p": [G]}, 0).items()}
    made = Linear(K).outputs(start, "p", x, x.new_zeros(N, G, 0), 1)
    torch.testing.assert_close(made[0], x.mean(0), rtol=1e-14, atol=1e-15)


def test_linear_is_its_sum() -> None:
    rng = torch_rng(0, "x")
    x = torch.randn(K, N, G, generator=rng, dtype=torch.float64)
    logits = torch.randn(G, K, generator=rng, dtype=torch.float64)
    made = Linear(K).outputs({"p.logits": logits}, "p", x, x.new_zeros(N, G, 0), 1)[0]
    for g in range(G):
        alpha = logits[g].exp() / logits[g].exp().sum()
        expected = alpha[0] * x[0, :, g] + alpha[1] * x[1, :, g] + alpha[2] * x[2, :, g]
        torch.testing.assert_close(made[:, g], expected, rtol=1e-12, atol=1e-14)


def test_linear_reads_its_window_only() -> None:
    x = torch.zeros(2, N, G)
    with pytest.raises(ConfigError, match="reads exactly 3 snapshots and generates once, but 2 were given"):
        Linear(3).outputs(Linear(3).initial_weights({"p": [G]}, 0), "p", x, x.new_zeros(N, G, 0), 1)
