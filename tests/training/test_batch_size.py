"""The automatic batch size: the largest of a few that gives enough steps, and what an updater makes of it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshrec.evaluation import Pretraining
from freshrec.params import params_of
from freshrec.settings import SettingsError
from freshrec.testing import state_bytes, tiny_model, tiny_stream
from freshrec.training import Fitted, Run, Shuffled, automatic_batch_size
from freshrec.training.objective import OBJECTIVES
from freshrec.updaters import ASMG, BU, IU, SML, SPMF, IncCTR, Updater


@given(units=st.integers(0, 200_000), width=st.sampled_from([1, 2]), epochs=st.integers(1, 20))
def test_it_is_the_largest_with_64_steps_or_else_32(units: int, width: int, epochs: int) -> None:
    size = automatic_batch_size(units, width, epochs)
    steps = {each: len(range(0, units, each // width)) * epochs for each in (32, 64, 128, 256, 512, 1024)}
    enough = [each for each, count in steps.items() if count >= 64]
    assert size == max(enough, default=32)


def served(updater: Updater[Any], sizes: tuple[int, ...]) -> bytes:
    stream = tiny_stream(sizes, labels="implicit")
    run = Run(tiny_model(stream))
    state = updater.init(Fitted.untrained(params_of(run.model)), run)
    for number in range(1, len(sizes) + 1):
        state = updater.update(state, stream.periods[:number], run)
    return state_bytes(state)


@pytest.mark.parametrize("kind", [IU, BU, SPMF, IncCTR, ASMG, SML])
def test_every_stage_decides_by_the_samples_of_its_update(kind: type[Any]) -> None:
    """Of 5,000 samples 64 make 79 steps; a later period of another size changes nothing."""
    sizes = (5_000, 4_500)
    base = {} if kind not in (ASMG, SML) else {"base": IU(batch_size=64)}
    window = {"window": 1} if kind in (ASMG, BU) else {}
    assert served(kind(**window), sizes) == served(kind(**window, **base, batch_size=64), sizes)


def test_pairs_are_counted_as_pairs() -> None:
    samples = tiny_stream((3_000,), labels="implicit").periods[0].samples()
    run = Run(tiny_model(tiny_stream(labels="implicit")))
    start = Fitted.untrained(params_of(run.model))
    IU(loss="bpr").train(start, samples, run, seed=0, stage="pairs")
    (training,) = run.shared.trainings
    size = automatic_batch_size(len(samples.pairs()), 2)
    assert training.steps == len(Shuffled(samples, size, 1, 0, OBJECTIVES["bpr"])) >= 64
    assert len(Shuffled(samples, 2 * size, 1, 0, OBJECTIVES["bpr"])) < 64


def test_pre_training_decides_by_its_own_data() -> None:
    stream = tiny_stream((2_000, 2_500, 30))
    run = Run(tiny_model(stream))
    Pretraining(epochs=1).fit(Fitted.untrained(params_of(run.model)), stream.periods[:2], run)
    assert [training.steps for training in run.shared.trainings] == [-(-4_500 // 64)]


@pytest.mark.parametrize("size", [0, -1, 1.5, "many", None])
def test_another_size_is_refused_in_one_line(size: object) -> None:
    with pytest.raises(SettingsError, match=r"for 1 reason:\n  batch_size .*give a number of samples, 1 or more"):
        IU.model_validate({"batch_size": size})
