"""How long ASMG's generator trains at the last period, on the full sequence and on a window (the paper's Table 3)."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from freshrec.data import Period, Stream
from freshrec.errors import ConfigError, CorruptError
from freshrec.evaluation import CompareSettings, Splits, claimed, configuration
from freshrec.experiments.machine import Machine
from freshrec.files import write_bytes
from freshrec.params import Params, params_of
from freshrec.progress import Named, Progress, Silent
from freshrec.seeds import derive
from freshrec.training import Fitted, Run
from freshrec.updaters import ASMG, METHODS, ASMGState, IUState

__all__ = ["Timing", "time_generators"]

WRITTEN = "seconds.json"


@dataclass(frozen=True)
class Timing:
    """Wall times of the generator's training at one period.

    Attributes:
        seconds: by method, one a repeat.
        snapshots: by method, how many the generator read.
        period: t; the generator was trained towards D_t on models until Theta_{t-1}.
        machine: what it ran on.
    """

    seconds: Mapping[str, tuple[float, ...]]
    snapshots: Mapping[str, int]
    period: int
    machine: Machine


def time_generators(stream: Stream, settings: CompareSettings, out: Path, progress: Progress | None = None) -> Timing:
    """Time the generator's training at the stream's last period, the methods in turn, `settings.runs` times.

    The incremental model goes through the stream once and leaves its snapshots. Each method then gets the state that
    it would have before the last period: its snapshots, a generator that was trained the period before, and what hidden
    state that handed over. Timed is the update without the incremental model's: the training, and for a window
    the handing over. Samples are in memory before.

    Every finished repeat is kept, so that the same call goes on with those that are left.

    Args:
        stream: the periods.
        settings: the methods, each of them ASMG, and how models are trained.
        out: a new folder, or one that the same call has begun to fill.
        progress: is told of the work.

    Raises:
        ConfigError: a method is not ASMG, or settings cannot be used on the stream.
        OutputError: `out` cannot be written, or belongs to another configuration or machine.
        CorruptError: what was kept cannot be read.
        DivergedError: a loss or parameter became NaN or infinite.
    """
    splits, updaters = settings.splits(stream), _updaters(settings)
    seed = derive(settings.seed, "run", 0)
    schema = stream.schema_after(splits.pretrain)
    model = METHODS["asmg-gru-multi"].model(schema, dim=settings.dim, seed=derive(seed, "model"))
    run = Run(model.to(settings.device), seed, progress or Silent())
    machine = Machine.of(run)
    config = {**configuration(stream, settings, splits), "machine": asdict(machine)}
    with claimed(out, config, "timing", (WRITTEN,)):
        kept = _read(out / WRITTEN, updaters)
        if len(kept) < settings.runs:
            timer = _Timer(run, [_in_memory(period) for period in stream.periods], splits.pretrain, settings.runs)
            models = timer.incremental_models(settings)
            states = {name: timer.state_before_last(name, updater, models) for name, updater in updaters.items()}
            for repeat in range(len(kept), settings.runs):
                kept.append(
                    {name: timer.seconds(name, updaters[name], states[name], models, repeat) for name in updaters}
                )
                write_bytes(out / WRITTEN, json.dumps(kept, indent=1).encode() + b"\n")
    return Timing(
        seconds={name: tuple(repeat[name] for repeat in kept) for name in updaters},
        snapshots={name: _length(updater, splits) for name, updater in updaters.items()},
        period=splits.periods,
        machine=machine,
    )


@dataclass(frozen=True)
class _Models:
    """What the incremental model leaves: Theta_0, the snapshots until the last but one, and the two newest states."""

    start: Fitted
    snapshots: tuple[Params, ...]
    before: IUState
    last: IUState


@dataclass(frozen=True)
class _Timer:
    """The work on one run.

    Attributes:
        run: with the shared work that stands in for the incremental model's.
        periods: D_1..D_n.
        pretrain: how many of them train Theta_0.
        repeats: how many there will be.
    """

    run: Run
    periods: Sequence[Period]
    pretrain: int
    repeats: int

    def incremental_models(self, settings: CompareSettings) -> _Models:
        """IU through the whole stream."""
        self._tell("pre-training", 0)
        start = settings.pretraining.fit(
            Fitted.untrained(params_of(self.run.model)), self.periods[: self.pretrain], self.run, settings.measured
        )
        run = self._named("iu")
        states = [settings.base.init(start, run)]
        snapshots = []
        with run.threading():
            for number in range(self.pretrain + 1, len(self.periods) + 1):
                self._tell(f"period {number}", number - self.pretrain - 1)
                states = [states[-1], settings.base.update(states[-1], self.periods[:number], run)]
                snapshots.append(states[-1].model.params)
        return _Models(start, tuple(snapshots[:-1]), *states)

    def state_before_last(self, name: str, updater: ASMG, models: _Models) -> ASMGState:
        """The state after period n - 1, whose generator that period has trained once; compiled code is warm by it."""
        past, run = self.periods[:-1], self._named(name)
        self._tell("before the last period", len(self.periods) - self.pretrain)
        earlier = models.snapshots[:-1] if updater.full else models.snapshots[:-1][-updater.window :]
        state = replace(updater.init(models.start, run), snapshots=earlier)
        with run.threading():
            run.shared.once(len(past), updater.base, state.base, lambda: models.before)
            return updater.update(state, past, run)

    def seconds(self, name: str, updater: ASMG, state: ASMGState, models: _Models, repeat: int) -> float:
        """The time of the update at period n, whose incremental model is there already."""
        run = self._named(name)
        self._tell(f"repeat {repeat + 1}/{self.repeats}", len(self.periods) - self.pretrain + 1 + repeat)
        with run.threading():
            run.shared.once(len(self.periods), updater.base, state.base, lambda: models.last)
            start = time.perf_counter()
            updater.update(state, self.periods, run)
            return time.perf_counter() - start

    def _named(self, name: str) -> Run:
        return replace(self.run, progress=Named(name, self.run.progress))

    def _tell(self, text: str, done: int) -> None:
        total = len(self.periods) - self.pretrain + 1 + self.repeats
        self.run.progress.overall(f"generator times: {text}", done, total)


def _updaters(settings: CompareSettings) -> dict[str, ASMG]:
    """The methods, each of which has a generator."""
    updaters = {}
    for name, updater in settings.updaters().items():
        if not isinstance(updater, ASMG):
            raise ConfigError(f"{name} has no generator whose training could be timed. Name variants of ASMG.")
        updaters[name] = updater
    return updaters


def _length(updater: ASMG, splits: Splits) -> int:
    """How many snapshots are read at the last period; Theta_0 is none of them (equation 2)."""
    return splits.periods - 1 - splits.pretrain if updater.full else updater.window


def _in_memory(period: Period) -> Period:
    samples = period.samples()
    return replace(period, load=lambda: samples)


def _read(path: Path, names: Mapping[str, ASMG]) -> list[dict[str, float]]:
    """The repeats that were kept; none without the file."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return []
    try:
        return [{name: float(repeat[name]) for name in names} for repeat in json.loads(text)]
    except (ValueError, TypeError, KeyError) as error:
        raise CorruptError(
            f"{path} is damaged ({error!r}); the seconds of {', '.join(names)} in each repeat were expected. Remove "
            "its folder to time anew."
        ) from error
