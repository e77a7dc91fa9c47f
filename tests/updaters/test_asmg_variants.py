"""The variants of ASMG differ from GRUmulti where they should, and coincide with it where they must."""

import pytest
import torch

from freshrec.params import params_of
from freshrec.settings import SettingsError
from freshrec.testing import state_bytes, tiny_model, tiny_stream
from freshrec.training import Fitted, Run
from freshrec.updaters import ASMG, IU, ASMGState

MULTI = ASMG(base=IU(batch_size=16), window=2, batch_size=16, restarts=0)


def after(updater: ASMG, periods: int) -> ASMGState:
    stream = tiny_stream()
    run = Run(tiny_model(stream), seed=2)
    state = updater.init(Fitted.untrained(params_of(run.model)), run)
    for number in range(1, periods + 1):
        state = updater.update(state, stream.periods[:number], run)
    return state


def varied(**changes: object) -> ASMG:
    return ASMG.model_validate({**MULTI.model_dump(), **changes})


def same(one: Fitted, other: Fitted) -> bool:
    return all(torch.equal(value, other.params[name]) for name, value in one.params.items())


def test_full_is_multi_while_its_window_covers_everything() -> None:
    """Trained for the first time on the only two snapshots there are, from the zero state."""
    multi, full = after(MULTI, 3), after(varied(full=True), 3)
    assert multi.trained == full.trained == 1
    assert same(multi.generator, full.generator)
    assert len(multi.snapshots) == 2
    assert len(full.snapshots) == 3


def test_full_reads_every_snapshot_from_the_zero_state() -> None:
    full = after(varied(full=True), 6)
    assert (len(full.snapshots), full.hidden) == (6, {})
    assert not same(full.generator, after(MULTI, 6).generator)


def test_full_on_as_many_snapshots_as_a_window_of_that_size() -> None:
    """A window of K, first trained when D_{K+1} arrives, sees what the full sequence sees that begins with K."""
    assert same(after(varied(full=True, window=4), 5).generator, after(varied(window=4), 5).generator)


def test_zero_starts_every_window_from_zero() -> None:
    zero, multi = after(varied(carry=False), 3), after(MULTI, 3)
    assert zero.hidden == {}
    assert multi.hidden != {}
    assert same(zero.generator, multi.generator)
    assert not same(after(varied(carry=False), 4).generator, after(MULTI, 4).generator)


@pytest.mark.parametrize(
    "change", [{"loss_weights": "uniform"}, {"concurrent": False}, {"cell": "lstm"}, {"cell": "rnn"}]
)
def test_the_other_variants_train_another_generator(change: dict[str, object]) -> None:
    made, multi = after(varied(**change), 4), after(MULTI, 4)
    assert made.trained == multi.trained == 2
    assert state_bytes(made.base) == state_bytes(multi.base)
    assert state_bytes(made.generator) != state_bytes(multi.generator)


def test_linear_serves_a_weighted_average_of_its_snapshots() -> None:
    updater = varied(cell="linear", concurrent=False)
    stream = tiny_stream()
    run = Run(tiny_model(stream), seed=2)
    state = after(updater, 5)
    served = updater.serving(state, run)
    alpha = torch.softmax(state.generator.params["item_table.weight.logits"], 1)
    first, second = (snapshot["item_table.weight"] for snapshot in state.snapshots)
    torch.testing.assert_close(served["item_table.weight"], alpha[:, 0] * first + alpha[:, 1] * second)
    assert not torch.allclose(alpha, torch.full_like(alpha, 0.5), atol=1e-3)


@pytest.mark.parametrize("change", [{}, {"concurrent": False, "full": True}])
def test_linear_generates_once(change: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match="reads K snapshots and generates once"):
        varied(cell="linear", **change)
