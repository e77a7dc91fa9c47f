"""The one loop: test, then train."""

import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt
from torch import nn

from freshrec.data import Period, Schema, Stream
from freshrec.errors import ConfigError, FreshrecWarning
from freshrec.evaluation.pretrain import Pretraining
from freshrec.evaluation.results import Result
from freshrec.evaluation.splits import Splits
from freshrec.evaluation.training_cautions import training_cautions
from freshrec.metrics import DEFAULT_METRICS, Metric, measure
from freshrec.params import params_of
from freshrec.progress import Named, Progress, Silent
from freshrec.seeds import derive
from freshrec.settings import told
from freshrec.training import Extended, Fitted, Run, Shared, predict
from freshrec.updaters import Facts, Updater, diagnostics_of, extended_model, misfits_of

__all__ = ["AnyUpdater", "Lane", "Round", "prequential", "rounds"]

AnyUpdater: TypeAlias = Updater[Any]
Logits: TypeAlias = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Lane:
    """A method on its way through a stream.

    Attributes:
        updater: how its models are made.
        run: the structure of its model, and the seed; methods of one model have one run, and share work through it.
    """

    updater: AnyUpdater
    run: Run

    @classmethod
    def of(cls, updater: AnyUpdater, run: Run, schema: Schema) -> Self:
        """A method on a base model, which it may extend.

        Args:
            updater: how its models are made.
            run: of the base model.
            schema: of the stream.
        """
        model = extended_model(updater, run.model, schema, derive(run.seed, "model"))
        return cls(updater, replace(run, model=model.to(next(run.model.parameters()).device)))

    @property
    def base_run(self) -> Run:
        """The run of the base model, which is pre-trained: that of the model unless this extends another."""
        return replace(self.run, model=self.run.model.base) if isinstance(self.run.model, Extended) else self.run

    def begin(self, start: Fitted) -> Any:
        """The state before the first update.

        Args:
            start: the pre-trained base model.
        """
        first = self.run.model.begin(start) if isinstance(self.run.model, Extended) else start
        return self.updater.init(first, self.run)


@dataclass(frozen=True)
class Round:
    """One period, scored and then learned by every method.

    Attributes:
        results: the score of each method's serving model on this period, none where the period is empty; the dataset's
            name, run and split are still to be filled in.
        logits: what each method's serving model gave the period's samples [N], none where the period is empty.
        states: each method's state after the period; before it where it is the last.
        seconds: how long each method took to update on it.
        steps: the gradient steps of the shortest training in each method's update, where it trained anything.
    """

    results: tuple[Result, ...]
    logits: Mapping[str, Logits]
    states: Mapping[str, Any]
    seconds: Mapping[str, float]
    steps: Mapping[str, int]


def prequential(
    updater: AnyUpdater,
    model: nn.Module,
    stream: Stream,
    *,
    splits: Splits | None = None,
    pretraining: Pretraining | None = None,
    metrics: Sequence[Metric] = DEFAULT_METRICS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Iterator[Result]:
    """Score every period with the model of the period before it, then learn from it.

    It equals, after pre-training on the first periods:

        state = updater.init(start, run)
        for period in periods:
            yield score(updater.serving(state, run), period)
            state = updater.update(state, past, run)

    Args:
        updater: how the next model is made.
        model: any module from a batch to logits [B]; its parameters are where pre-training starts, and stay as they
            are. Build it from `stream.schema_after(splits.pretrain)`, so that later ids change no initial value.
        stream: the periods.
        splits: how the periods are used; by default the published proportions.
        pretraining: how the first model is trained; by default on the log loss, whatever the updater's is.
        metrics: what scores are measured by; the first one also chooses the number of pre-training epochs.
        seed: the run's root seed.
        progress: is told of long work.

    Raises:
        ConfigError: the splits are not of this stream, or a loss cannot be used on its labels.
        DivergedError: a loss or parameter became NaN or infinite.

    Warns:
        FreshrecWarning: an update trained in too few steps; once.
    """
    splits, pretraining = splits or Splits.of(len(stream.periods)), pretraining or Pretraining()
    _check(stream, splits, pretraining, updater)
    lane = Lane.of(updater, Run(model, seed, progress or Silent()), stream.schema_after(splits.pretrain))
    first = Fitted.untrained(params_of(model))
    start = pretraining.fit(first, stream.periods[: splits.pretrain], lane.base_run, metrics)
    name = type(updater).__name__
    lanes, states = {name: lane}, {name: lane.begin(start)}
    warned = set[str]()
    for turn in rounds(lanes, states, stream, splits.pretrain, metrics):
        for kind, text in training_cautions(turn.results).items():
            if kind not in warned:
                warned.add(kind)
                warnings.warn(text, FreshrecWarning, stacklevel=2)
        for result in turn.results:
            yield replace(result, dataset=stream.name, split=splits.split(result.period))


def _check(stream: Stream, splits: Splits, *parts: object) -> None:
    """See that the splits are of a stream, and that what is trained can be trained on its labels."""
    faults = [
        f"{type(part).__name__}.{setting}: {message}"
        for part in parts
        for setting, message in misfits_of(part, Facts.of(stream.schema))
    ]
    if splits.periods != len(stream.periods):
        faults.append(f"splits are of {splits.periods} periods, and {stream.name} has {len(stream.periods)}")
    if faults:
        raise ConfigError(told(f"settings for {stream.name}", faults))


def rounds(
    lanes: Mapping[str, Lane],
    states: Mapping[str, Any],
    stream: Stream,
    finished: int,
    metrics: Sequence[Metric],
    seconds: Mapping[str, float] | None = None,
    steps: Mapping[str, int] | None = None,
) -> Iterator[Round]:
    """Take every method through the periods after the first `finished`, all of them a period at a time.

    The last period is scored and not learned from, for nothing comes after it.

    Args:
        lanes: the methods by name.
        states: each method's state after the finished periods.
        stream: the periods.
        finished: how many periods the states have seen.
        metrics: what scores are measured by.
        seconds: how long each method's last update took, where the states come from one.
        steps: the gradient steps of the shortest training in it.
    """
    states, seconds, steps = dict(states), dict(seconds or {}), dict(steps or {})
    for period in stream.periods[finished:]:
        past = stream.periods[: period.number]
        results, logits = [], {}
        for name, lane in lanes.items() if period.size else ():
            effort = seconds.get(name, 0.0), steps.get(name)
            result, logits[name] = _score(name, lane, states[name], period, metrics, *effort)
            results.append(result)
        if period.number < len(stream.periods):
            # What is shared is let go of with the period: in memory it may be as large as the states.
            runs = {lane.run: replace(lane.run, shared=Shared()) for lane in lanes.values()}
            for name, lane in lanes.items():
                run = runs[lane.run]
                before = len(run.shared.trainings)
                states[name], seconds[name] = _update(name, lane.updater, run, states[name], past)
                steps.pop(name, None)
                if trainings := run.shared.trainings[before:]:
                    steps[name] = min(training.steps for training in trainings)
        yield Round(tuple(results), logits, dict(states), dict(seconds), dict(steps))


def _score(
    name: str,
    lane: Lane,
    state: Any,
    period: Period,
    metrics: Sequence[Metric],
    update_seconds: float,
    steps: int | None,
) -> tuple[Result, Logits]:
    """The result of one method on a period, and its logits [N]."""
    start, run = time.perf_counter(), lane.run
    with run.threading():
        params = lane.updater.serving(state, run)
        samples = period.samples()
        logits = predict(run.model, params, samples)
    serve_seconds = time.perf_counter() - start
    result = Result(
        dataset="",
        method=name,
        run=0,
        period=period.number - 1,
        scored_period=period.number,
        split="warmup",
        samples=len(samples),
        scores=measure(metrics, samples.label, logits, samples.user),
        update_seconds=update_seconds,
        serve_seconds=serve_seconds,
        diagnostics={**({} if steps is None else {"steps": float(steps)}), **diagnostics_of(lane.updater, state)},
    )
    return result, logits


def _update(name: str, updater: AnyUpdater, run: Run, state: Any, past: Sequence[Period]) -> tuple[Any, float]:
    """The next state, and the seconds it took with its share of common work.

    An updater that others build on is shared with them: whichever comes first does the work.
    """
    run = replace(run, progress=Named(name, run.progress))
    start, borrowed = time.perf_counter(), run.shared.borrowed
    with run.threading():
        state = run.shared.once(past[-1].number, updater, state, lambda: updater.update(state, past, run))
    return state, time.perf_counter() - start + run.shared.borrowed - borrowed
