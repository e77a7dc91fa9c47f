"""ASMG's schedule against a hand-written unrolling: which snapshots, which hidden state and which data train what."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.func import functional_call

from freshrec.data import Labels, Samples
from freshrec.params import params_of
from freshrec.seeds import numpy_rng
from freshrec.testing import tiny_model, tiny_stream
from freshrec.training import Fitted, Loss, Run
from freshrec.updaters import ASMG, IU, ASMGState

H = 4
Hidden = dict[str, Tensor]
Unit = tuple[int, ...]


def start_of(model: torch.nn.Module) -> Fitted:
    return Fitted.untrained(params_of(model))


def step_by_hand(weights: Mapping[str, Tensor], theta: Mapping[str, Tensor], h: Hidden) -> tuple[Hidden, Hidden]:
    """Equations 4 and 5 for whole tensors, parameter by parameter: hidden states and parameters after a snapshot."""
    hidden, generated, taken = {}, {}, 0
    for name, values in theta.items():
        table = name.endswith("_table.weight")
        plane = name if table else "(dense)"
        flat = values if table else values.reshape(1, -1)
        part = slice(0, flat.shape[1]) if table else slice(taken, taken + flat.shape[1])
        taken += 0 if table else flat.shape[1]
        w_in, w_rec = weights[f"{plane}.input"][part], weights[f"{plane}.recurrent"][part]
        state, x = h.get(name, flat.new_zeros(*flat.shape, H)), flat.unsqueeze(-1)
        z = torch.sigmoid(x * w_in[:, :H] + torch.einsum("rgh,ghk->rgk", state, w_rec[:, :, :H]))
        r = torch.sigmoid(x * w_in[:, H : 2 * H] + torch.einsum("rgh,ghk->rgk", state, w_rec[:, :, H : 2 * H]))
        new = torch.tanh(x * w_in[:, 2 * H :] + torch.einsum("rgh,ghk->rgk", r * state, w_rec[:, :, 2 * H :]))
        hidden[name] = (1 - z) * state + z * new
        out = torch.einsum("rgh,gh->rg", hidden[name], weights[f"{plane}.readout"][part])
        generated[name] = (out + weights[f"{plane}.bias"][part]).reshape(values.shape)
    return hidden, generated


def loss_by_hand(model: torch.nn.Module, params: Mapping[str, Tensor], samples: Samples, units: list[Unit]) -> Tensor:
    """Of units of one row: binary cross entropy. Of pairs: -log sigmoid of the difference of their scores."""
    scores = [
        functional_call(model, dict(params), (samples.batch(np.array(rows)),)) for rows in zip(*units, strict=True)
    ]
    if len(scores) == 2:
        return -torch.log(torch.sigmoid(scores[0] - scores[1])).mean()
    label = torch.tensor([float(samples.label[row]) for (row,) in units])
    return F.binary_cross_entropy_with_logits(scores[0], label)


def steps_by_hand(sets: Sequence[Samples], loss: Loss, seed: int) -> Iterator[tuple[list[Unit], ...]]:
    """The units of every step, for each set; 16 samples are 16 units of one row, or 8 pairs."""
    units: list[list[Unit]] = []
    for samples in sets:
        if loss == "log":
            units.append([(row,) for row in range(len(samples))])
        else:
            liked = [row for row in range(len(samples)) if samples.label[row]]
            drawn = [row for row in range(len(samples)) if not samples.label[row]]
            units.append([(max(p for p in liked if p < row), row) for row in drawn])
    steps = -(-max(map(len, units)) // (16 if loss == "log" else 8))
    orders = [numpy_rng(seed, "set", n, "epoch", 0).permutation(len(each)) for n, each in enumerate(units)]
    for parts in zip(*(np.array_split(order, steps) for order in orders), strict=True):
        yield tuple([each[place] for place in part] for each, part in zip(units, parts, strict=True))


@pytest.mark.parametrize(
    ("loss", "labels", "dtype"), [("log", "explicit", torch.float32), ("bpr", "implicit", torch.float64)]
)
@pytest.mark.parametrize(("concurrent", "factors"), [(True, (1 / 3, 2 / 3)), (False, (0.0, 1.0))])
def test_four_periods_unrolled_by_hand(
    concurrent: bool, factors: tuple[float, float], loss: Loss, labels: Labels, dtype: torch.dtype
) -> None:
    """K = 2: training begins when D_3 arrives, on (Theta_1, Theta_2); then (Theta_2, Theta_3), from h after Theta_1.

    Pairs leave the output's bias without a gradient, and of the rounding that stands in its place Adam makes steps. So
    they are compared in float64.
    """
    stream = tiny_stream(labels=labels)
    model = tiny_model(stream).to(dtype)
    run, base = Run(model, seed=5), IU(loss=loss, batch_size=16)
    updater = ASMG(base=base, window=2, concurrent=concurrent, loss=loss, batch_size=16, learning_rate=0.03, restarts=0)
    d = {period.number: period.samples() for period in stream.periods}

    theta, incremental = {0: start_of(model).params}, base.init(start_of(model), run)
    for t in (1, 2, 3, 4):
        incremental = base.update(incremental, stream.periods[:t], run)
        theta[t] = incremental.model.params

    initial = updater.init(start_of(model), run).generator.params
    omega = {name: value.clone().requires_grad_() for name, value in initial.items()}
    adam = torch.optim.Adam(omega.values(), lr=0.03)
    h: dict[int, Hidden] = {0: {}}
    for t, first in ((3, 1), (4, 2)):
        sets = (d[first + 1], d[first + 2]) if concurrent else (d[first + 2],)
        for units in steps_by_hand(sets, loss, run.seed_for("asmg", t)):
            h_first, star_first = step_by_hand(omega, theta[first], h[first - 1])
            _, star_second = step_by_hand(omega, theta[first + 1], h_first)
            total = factors[1] * loss_by_hand(model, star_second, sets[-1], units[-1])
            if concurrent:
                total = total + factors[0] * loss_by_hand(model, star_first, sets[0], units[0])
            adam.zero_grad()
            total.backward()  # type: ignore[no-untyped-call]
            adam.step()
        with torch.no_grad():
            h[first], _ = step_by_hand(omega, theta[first], h[first - 1])
        # The state of a row is zero until the row is first seen, which its value tells.
        for name in (name for name in theta[0] if name.endswith("_table.weight")):
            seen = torch.stack([theta[t][name] != theta[0][name] for t in range(1, first + 1)]).any(0).any(1)
            h[first][name][~seen] = 0

    state: ASMGState = updater.init(start_of(model), run)
    for t in (1, 2, 3, 4):
        state = updater.update(state, stream.periods[:t], run)
    assert state.trained == 2
    for snapshot, expected in zip(state.snapshots, (theta[3], theta[4]), strict=True):
        assert all(torch.equal(snapshot[name], value) for name, value in expected.items())
    for name, value in omega.items():
        torch.testing.assert_close(state.generator.params[name], value.detach(), rtol=1e-4, atol=1e-6)
    tables = [name for name in theta[1] if name.endswith("_table.weight")]
    for name in tables:
        torch.testing.assert_close(state.hidden[name], h[2][name], rtol=1e-4, atol=1e-6)
    with torch.no_grad():
        h_third, _ = step_by_hand(omega, theta[3], h[2])
        _, served = step_by_hand(omega, theta[4], h_third)
    for name, value in updater.serving(state, run).items():
        torch.testing.assert_close(value, served[name], rtol=1e-4, atol=1e-6)


def test_linear_unrolled_by_hand() -> None:
    """K = 2: the average of (Theta_1, Theta_2) is trained on D_3, that of (Theta_2, Theta_3) on D_4; then it serves."""
    stream = tiny_stream()
    model = tiny_model(stream).double()
    run, base = Run(model, seed=5), IU(batch_size=16)
    updater = ASMG(cell="linear", concurrent=False, window=2, base=base, batch_size=16, learning_rate=0.3)

    theta, incremental = {}, base.init(start_of(model), run)
    for t in (1, 2, 3, 4):
        incremental = base.update(incremental, stream.periods[:t], run)
        theta[t] = incremental.model.params
    # One pair of logits a dimension of a table, shared by its rows, and one a coordinate elsewhere.
    logits = {
        name: torch.zeros(*(value.shape[1:] if name.endswith("_table.weight") else value.shape), 2).double()
        for name, value in theta[1].items()
    }
    adam = torch.optim.Adam([value.requires_grad_() for value in logits.values()], lr=0.3)

    def averaged(older: int) -> dict[str, Tensor]:
        share = {name: torch.exp(value) / torch.exp(value).sum(-1, keepdim=True) for name, value in logits.items()}
        return {
            name: theta[older][name] * share[name][..., 0] + theta[older + 1][name] * share[name][..., 1]
            for name in logits
        }

    for t in (3, 4):
        samples = stream.periods[t - 1].samples()
        for (units,) in steps_by_hand((samples,), "log", run.seed_for("asmg", t)):
            adam.zero_grad()
            loss_by_hand(model, averaged(t - 2), samples, units).backward()  # type: ignore[no-untyped-call]
            adam.step()

    state = updater.init(start_of(model), run)
    for t in (1, 2, 3, 4):
        state = updater.update(state, stream.periods[:t], run)
    expected = averaged(3)
    assert any(
        (value.detach() - (theta[3][name] + theta[4][name]) / 2).abs().max() > 1e-3 for name, value in expected.items()
    )
    for name, value in updater.serving(state, run).items():
        torch.testing.assert_close(value, expected[name].detach(), rtol=1e-9, atol=1e-12)


def test_until_the_generator_has_been_trained_the_incremental_model_serves() -> None:
    stream = tiny_stream()
    run = Run(tiny_model(stream))
    updater = ASMG(window=3, restarts=0)
    state = updater.init(start_of(run.model), run)
    for t in range(1, 5):
        assert state.trained == 0
        assert updater.serving(state, run) is state.base.model.params
        state = updater.update(state, stream.periods[:t], run)
    assert state.trained == 1
    assert updater.serving(state, run) is not state.base.model.params


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("linear", (1 / 6, 2 / 6, 3 / 6)),
        ("uniform", (1 / 3, 1 / 3, 1 / 3)),
        ("exponential", (0.09003057317038046, 0.24472847105479764, 0.6652409557748218)),
    ],
)
def test_weights_of_the_steps(shape: str, expected: tuple[float, ...]) -> None:
    assert ASMG.model_validate({"loss_weights": shape}).step_weights(3) == pytest.approx(expected, rel=1e-15)


def test_the_incremental_model_is_trained_once_for_all_that_build_on_it() -> None:
    stream = tiny_stream()
    run, base = Run(tiny_model(stream)), IU(batch_size=16)
    updaters = [ASMG(base=base, window=2), ASMG(base=base, window=3)]
    start = start_of(run.model)
    states = [updater.init(start, run) for updater in updaters]
    states = [u.update(s, stream.periods[:1], run) for u, s in zip(updaters, states, strict=True)]
    assert states[0].base is states[1].base
    assert run.shared.borrowed > 0


@pytest.mark.parametrize("held", ["float16", "bfloat16"])
def test_a_state_in_half_precision_is_held_so_and_changes_little(held: Literal["float16", "bfloat16"]) -> None:
    model = tiny_model(stream := tiny_stream())
    outcomes = []
    for updater in (ASMG(window=2, restarts=0), ASMG(window=2, held=held, restarts=0)):
        run = Run(model)
        state = updater.init(start_of(model), run)
        for number in range(1, len(stream.periods) + 1):
            state = updater.update(state, stream.periods[:number], run)
        outcomes.append((state, updater.serving(state, run)))
    (single, right), (half, made) = outcomes
    assert {value.dtype for value in single.hidden.values()} == {torch.float32}
    assert {value.dtype for value in half.hidden.values()} == {getattr(torch, held)}
    for name, value in made.items():
        assert value.dtype == torch.float32
        assert (value - right[name]).abs().max() < 0.02 * right[name].abs().max()
    assert any(not torch.equal(value, right[name]) for name, value in made.items())
