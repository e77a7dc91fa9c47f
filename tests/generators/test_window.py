"""What a window refuses: snapshots that are not finite, by the name of the parameter."""

import pytest
import torch

from freshrec.errors import ModelError
from freshrec.generators import GRU, Planes, Window, generate
from freshrec.params import params_of
from freshrec.testing import tiny_model, tiny_stream

MODEL = tiny_model(tiny_stream())
PLANES = Planes.of(MODEL)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("name", ["item_table.weight", "mlp.2.bias"])
def test_a_snapshot_that_is_not_finite_is_named(name: str, bad: float) -> None:
    good, damaged = params_of(MODEL), params_of(MODEL)
    damaged[name] = damaged[name].detach().clone()
    damaged[name].view(-1)[-1] = bad
    window = Window.of(PLANES, [good, damaged, good], {})
    weights = GRU(4).initial_weights(PLANES.groups(), 0)
    with pytest.raises(ModelError, match=rf"the parameter '{name}' is NaN or infinite somewhere in snapshot 2 of 3"):
        generate(GRU(4), weights, window)


def test_finite_snapshots_are_taken() -> None:
    Window.of(
        PLANES, [{name: torch.full_like(value, 3e38) for name, value in params_of(MODEL).items()}], {}
    ).see_that_finite()
