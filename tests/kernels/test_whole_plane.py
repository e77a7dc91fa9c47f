"""The recurrence over whole planes equals the plain one, for any sizes and whatever is held."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from freshrec.generators import PlainGRU
from freshrec.kernels import can_fill, gru_last, gru_next, whole_plane

from .problems import HELD, PARTS, problem


@settings(max_examples=60)
@given(
    st.integers(1, 5), st.integers(1, 1500), st.integers(1, 5), st.integers(1, 9), st.sampled_from(HELD), st.booleans()
)
def test_outputs_and_states_equal_the_plain_ones(
    k: int, n: int, g: int, h: int, held: torch.dtype, from_zero: bool
) -> None:
    x, state, weights = problem(k, n, g, h, held=held)
    given_state = None if from_zero else state
    state = torch.zeros_like(state) if from_zero else state
    made, handed = torch.full((n, g), torch.nan), torch.full((n, g, h), torch.nan)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whole_plane, "CHUNK", 256 * g)
        assert can_fill(list(x), given_state, weights)
        gru_last(list(x), given_state, weights, made)
        gru_next(x[0], given_state, weights, handed)
    named = {f"p.{part}": weight.double() for part, weight in zip(PARTS, weights, strict=True)}
    outputs = PlainGRU(h).outputs(named, "p", x.double(), state.double(), 1)[0]
    torch.testing.assert_close(made.double(), outputs, rtol=1e-5, atol=1e-5)
    states = PlainGRU(h).hand_over(named, "p", x[0].double(), state.double())
    torch.testing.assert_close(handed.double(), states, rtol=1e-5, atol=5e-6)


@settings(max_examples=30)
@given(st.integers(1, 700), st.integers(0, 700), st.integers(1, 5), st.sampled_from([1, 4, 5]), st.booleans())
def test_no_row_depends_on_how_many_rows_there_are(few: int, more: int, g: int, h: int, from_zero: bool) -> None:
    """To the last bit, wherever a block or a chunk ends."""
    x, state, weights = problem(2, few + more, g, h)
    made = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whole_plane, "CHUNK", 512 * g)
        for count in (few, few + more):
            outputs, states = torch.full((count, g), torch.nan), torch.full((count, g, h), torch.nan)
            held = None if from_zero else state[:count]
            gru_last([each[:count] for each in x], held, weights, outputs)
            gru_next(x[0, :count], held, weights, states)
            made.append((outputs[:few], states[:few]))
    for one, other in zip(*made, strict=True):
        assert torch.equal(one, other)


def test_what_is_not_a_number_stays_so() -> None:
    x, state, weights = problem(2, 400, 2, 4)
    x[0, 290, 1] = torch.nan
    made, handed = torch.zeros(400, 2), torch.zeros(400, 2, 4)
    gru_last(list(x), state, weights, made)
    gru_next(x[0], state, weights, handed)
    assert made.isnan().nonzero().tolist() == [[290, 1]]
    assert handed.isnan().any(2).nonzero().tolist() == [[290, 1]]


def test_there_is_code_for_many_rows_in_single_precision_on_the_cpu() -> None:
    x, state, weights = problem(2, 20, 2, 4)
    w_in, w_rec, readout, bias = weights
    assert can_fill(list(x), None, weights)
    assert can_fill(list(x[:, :1]), None, weights)
    wide, state_of_wide, weights_of_wide = problem(2, 16, 257, 4)
    assert can_fill(list(wide), state_of_wide, weights_of_wide)
    assert not can_fill(list(wide[:, :15]), state_of_wide[:15], weights_of_wide)
    assert not can_fill([x[0], x[1].double()], None, weights)
    assert not can_fill(list(x), state.double(), weights)
    assert not can_fill(list(x), None, (w_in.double(), w_rec, readout, bias))
    assert not can_fill([x[0], x[1].to("meta")], None, weights)
