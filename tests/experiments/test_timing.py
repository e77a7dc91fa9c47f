"""What is timed is the generator's training at the last period, and nothing else; how long it takes is not tested."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from freshrec.data import Period, Stream
from freshrec.errors import ConfigError, CorruptError, OutputError
from freshrec.evaluation import CompareSettings
from freshrec.experiments import ExperimentPlan, time_generators
from freshrec.testing import state_bytes, tiny_stream
from freshrec.training import Run
from freshrec.updaters import ASMG, IU, ASMGState, IUState

PERIODS, PRETRAIN = 13, 4
NAMES = ["asmg-gru-full", "asmg-gru-multi"]


def settings(runs: int = 2) -> CompareSettings:
    plan = ExperimentPlan.of(["table3"], {"runs": runs, "dim": 3, "base": {"batch_size": 16}})
    return CompareSettings.model_validate(plan.timing())


@dataclass
class Watched:
    """The updates of ASMG and of IU, as they come."""

    asmg: list[tuple[str, int, int, int, bool]] = field(default_factory=list)
    iu: list[int] = field(default_factory=list)
    states: list[tuple[ASMGState, bytes]] = field(default_factory=list)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    """Lets every update be seen: who, when, on how many snapshots, how often trained before, with a hidden state."""
    seen, asmg, iu = Watched(), ASMG.update, IU.update

    def of_asmg(self: ASMG, state: ASMGState, past: Sequence[Period], run: Run) -> ASMGState:
        name = "full" if self.full else "multi"
        seen.asmg.append((name, len(past), len(state.snapshots), state.trained, bool(state.hidden)))
        seen.states.append((state, state_bytes(state)))
        return asmg(self, state, past, run)

    def of_iu(self: IU, state: IUState, past: Sequence[Period], run: Run) -> IUState:
        seen.iu.append(len(past))
        return iu(self, state, past, run)

    monkeypatch.setattr(ASMG, "update", of_asmg)
    monkeypatch.setattr(IU, "update", of_iu)
    return seen


@pytest.fixture(scope="module")
def stream() -> Stream:
    return tiny_stream([24] * PERIODS)


def test_it_times_the_last_period_on_all_snapshots_and_on_the_newest_three(
    stream: Stream, tmp_path: Path, watched: Watched
) -> None:
    timing = time_generators(stream, settings(), tmp_path / "timing")
    last = PERIODS - 1 - PRETRAIN
    before = [("full", PERIODS - 1, last - 1, 0, False), ("multi", PERIODS - 1, 3, 0, False)]
    timed = [("full", PERIODS, last, 1, False), ("multi", PERIODS, 3, 1, True)]
    assert watched.asmg == before + 2 * timed
    assert timing.snapshots == {"asmg-gru-full": last, "asmg-gru-multi": 3}
    assert timing.period == PERIODS
    assert {name: len(times) for name, times in timing.seconds.items()} == dict.fromkeys(NAMES, 2)
    assert all(took > 0 for times in timing.seconds.values() for took in times)


def test_the_incremental_model_is_trained_once_and_outside_the_time(
    stream: Stream, tmp_path: Path, watched: Watched
) -> None:
    time_generators(stream, settings(), tmp_path / "timing")
    assert watched.iu == list(range(PRETRAIN + 1, PERIODS + 1))


def test_no_state_is_changed_by_being_timed(stream: Stream, tmp_path: Path, watched: Watched) -> None:
    time_generators(stream, settings(), tmp_path / "timing")
    assert all(state_bytes(state) == before for state, before in watched.states)


def test_the_timed_states_are_those_of_a_whole_run(stream: Stream, tmp_path: Path, watched: Watched) -> None:
    """Snapshots come from the incremental model that ASMG itself would have trained."""
    time_generators(stream, settings(runs=1), tmp_path / "timing")
    timed = {len(state.snapshots): state for state, _ in watched.states[-2:]}
    updater, run, state = _whole(stream)
    for number in range(PRETRAIN + 1, PERIODS):
        state = updater.update(state, stream.periods[:number], run)
    for snapshots in timed.values():
        for ours, theirs in zip(snapshots.snapshots[-3:], state.snapshots, strict=True):
            assert all(ours[name].equal(theirs[name]) for name in theirs)


def _whole(stream: Stream) -> tuple[ASMG, Run, ASMGState]:
    """ASMG-GRUmulti before its first update, in the run that a comparison's first one is."""
    from freshrec.models import EmbeddingMLP
    from freshrec.params import params_of
    from freshrec.seeds import derive
    from freshrec.training import Fitted

    chosen = settings()
    updater = chosen.updaters()["asmg-gru-multi"]
    assert isinstance(updater, ASMG)
    seed = derive(chosen.seed, "run", 0)
    run = Run(EmbeddingMLP(stream.schema, dim=chosen.dim, seed=derive(seed, "model")), seed)
    start = chosen.pretraining.fit(Fitted.untrained(params_of(run.model)), stream.periods[:PRETRAIN], run)
    return updater, run, updater.init(start, run)


class StopAt:
    """Progress that interrupts, as Ctrl-C would, when a text is told."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.told: list[tuple[str, int, int]] = []

    def overall(self, text: str, done: int, total: int) -> None:
        self.told.append((text, done, total))
        if self.text in text:
            raise KeyboardInterrupt

    def step(self, text: str, done: int, total: int) -> None: ...


def test_finished_repeats_are_kept(stream: Stream, tmp_path: Path, watched: Watched) -> None:
    out = tmp_path / "timing"
    with pytest.raises(KeyboardInterrupt):
        time_generators(stream, settings(3), out, StopAt("repeat 2/3"))
    kept = json.loads((out / "seconds.json").read_text())
    assert len(kept) == 1
    watched.asmg.clear()
    timing = time_generators(stream, settings(3), out)
    assert [each[:2] for each in watched.asmg[2:]] == 2 * [("full", PERIODS), ("multi", PERIODS)]
    assert [times[0] for times in timing.seconds.values()] == [kept[0][name] for name in NAMES]
    watched.asmg.clear()
    assert time_generators(stream, settings(3), out) == timing
    assert watched.asmg == []


def test_progress_tells_what_is_under_way(stream: Stream, tmp_path: Path) -> None:
    heard = StopAt("nothing of the kind")
    time_generators(stream, settings(), tmp_path / "timing", heard)
    total = PERIODS - PRETRAIN + 1 + 2
    assert heard.told[:2] == [("generator times: pre-training", 0, total), ("generator times: period 5", 0, total)]
    assert heard.told[-1] == ("generator times: repeat 2/2", total - 1, total)


def test_other_settings_data_and_machines_are_refused(
    stream: Stream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "timing"
    time_generators(stream, settings(1), out)
    with pytest.raises(OutputError, match=r"holds a timing that differs in settings\.runs;"):
        time_generators(stream, settings(2), out)
    with pytest.raises(OutputError, match=r"differs in data\.hash"):
        time_generators(tiny_stream([24] * PERIODS, seed=4), settings(1), out)
    monkeypatch.setattr("freshrec.experiments.machine._processor", lambda: "another one")
    with pytest.raises(OutputError, match=r"differs in machine\.processor"):
        time_generators(stream, settings(1), out)


@pytest.mark.parametrize(
    "damage", ["{", "[3]", '[{"asmg-gru-full": 1}]', '[{"asmg-gru-full": 1, "asmg-gru-multi": null}]']
)
def test_a_damaged_file_is_refused(stream: Stream, tmp_path: Path, damage: str) -> None:
    out = tmp_path / "timing"
    time_generators(stream, settings(1), out)
    (out / "seconds.json").write_text(damage)
    with pytest.raises(CorruptError, match=r"seconds\.json is damaged .* Remove its folder to time anew"):
        time_generators(stream, settings(1), out)


def test_only_generators_are_timed(stream: Stream, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="iu has no generator"):
        time_generators(stream, CompareSettings(methods=("iu",)), tmp_path / "timing")
    with pytest.raises(ConfigError, match=r"window is 3: .* Set it to"):
        time_generators(replace(stream, periods=stream.periods[:6]), settings(), tmp_path / "timing")
    assert not (tmp_path / "timing").exists()
