"""What is seen of ASMG is what the paper says, and what is seen of an ASMG that is wrong is what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
import torch

import freshrec.updaters.asmg
from freshrec import ASMG, Fitted, Period, Run
from freshrec.generators import Cell, Window, hand_over
from freshrec.params import Params
from freshrec.updaters import ASMGState
from schedules import Step, Training, watch


def approximately(steps: Sequence[Step]) -> list[tuple[int, int, object]]:
    return [(step.snapshot, step.period, pytest.approx(step.weight, abs=1e-6)) for step in steps]


@pytest.mark.parametrize("window", [1, 2, 3])
@pytest.mark.parametrize("carry", [True, False])
def test_multi_reads_the_window_from_the_kept_state_towards_each_next_period(window: int, carry: bool) -> None:
    """Equation 7: M_{t+1} from Theta_{t-(K-1)}..Theta_t and h_{t-K}, each Theta*_i towards D_{i+1}, lambda as j."""
    seen = watch(ASMG(window=window, carry=carry))
    assert [training.period for training in seen] == list(range(window + 1, 7))
    for training in seen:
        t = training.period - 1
        read = tuple(range(t - (window - 1), t + 1))
        assert training.present == tuple(range(1, t + 1))
        assert training.snapshots == read
        assert training.hidden == (t - window if carry else 0)
        assert training.kept == (read[0] if carry else None)
        shares = [2 * j / (window * (window + 1)) for j in range(1, window + 1)]
        expected = [Step(i, i + 1, share) for i, share in zip(read, shares, strict=True)]
        assert [(step.snapshot, step.period, step.weight) for step in training.steps] == approximately(expected)


def test_single_has_one_loss_and_unif_three_of_the_same_weight() -> None:
    """Equation 6, and the variant of section 4.3."""
    single, unif, multi = (watch(ASMG.model_validate(each)) for each in VARIANTS)
    for one, three, other in zip(single, unif, multi, strict=True):
        t = one.period
        assert [(step.snapshot, step.period, step.weight) for step in one.steps] == approximately([Step(t - 1, t, 1.0)])
        assert [step.weight for step in three.steps] == pytest.approx([1 / 3] * 3, abs=1e-6)
        read = [(each.snapshots, each.hidden, each.kept) for each in (one, three, other)]
        assert read[0] == read[1] == read[2]


VARIANTS: list[dict[str, object]] = [{"concurrent": False}, {"loss_weights": "uniform"}, {}]


def test_full_reads_every_snapshot_from_zeros() -> None:
    """Figure 5 (a), once there are K snapshots."""
    for training in watch(ASMG(full=True)):
        t = training.period - 1
        assert (training.snapshots, training.hidden, training.kept) == (tuple(range(1, t + 1)), 0, None)
        assert [(step.snapshot, step.period) for step in training.steps] == [(i, i + 1) for i in range(1, t + 1)]


class Forgetful(ASMG):
    """Reads the newest two snapshots of its three."""

    def update(self, state: ASMGState, past: Sequence[Period], run: Run) -> ASMGState:
        if len(state.snapshots) < 3:
            return super().update(state, past, run)
        short = replace(state, snapshots=state.snapshots[1:])
        made = ASMG.update(ASMG(window=2, restarts=0), short, past, run)
        return replace(made, snapshots=(*state.snapshots[1:], made.snapshots[-1]), trained=1)


class Backwards(ASMG):
    """Weighs the oldest loss most."""

    def step_weights(self, steps: int) -> tuple[float, ...]:
        return super().step_weights(steps)[::-1]


class Late(ASMG):
    """Trains its generator towards the periods one before those it should."""

    def _train(
        self, start: Fitted, window: Window, rows: Mapping[str, int], past: Sequence[Period], run: Run
    ) -> Fitted:
        return super()._train(start, window, rows, past[:-1], run)


def test_an_updater_that_reads_too_little_is_seen_to() -> None:
    assert [training.snapshots for training in watch(Forgetful())] == [(2, 3), (3, 4), (4, 5)]


def test_weights_the_wrong_way_round_are_seen() -> None:
    assert [step.weight for step in watch(Backwards())[0].steps] == pytest.approx([3 / 6, 2 / 6, 1 / 6], abs=1e-6)


def test_targets_that_are_late_are_seen() -> None:
    assert [(step.snapshot, step.period) for step in watch(Late())[-1].steps] == [(3, 3), (4, 4), (5, 5)]


def test_a_state_that_is_kept_from_another_step_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def from_the_second(
        cell: Cell, weights: Params, window: Window, held: torch.dtype | None, unborn: Params
    ) -> dict[str, object]:
        once = hand_over(cell, weights, window, held, unborn)
        return dict(hand_over(cell, weights, Window(window.planes, window.snapshots[1:], once), held, unborn))

    monkeypatch.setattr(freshrec.updaters.asmg, "hand_over", from_the_second)
    seen: Sequence[Training] = watch(ASMG())
    assert [(training.hidden, training.kept) for training in seen] == [(0, 2), (2, 3), (3, 4)]
