"""Comparing methods on one stream: seeded runs, results on disk after every period, resumable."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from freshrec.data import Schema, Stream
from freshrec.evaluation.claim import claim_folder, configuration
from freshrec.evaluation.loop import Lane, rounds
from freshrec.evaluation.report import render
from freshrec.evaluation.results import Result, write_results
from freshrec.evaluation.settings import CompareSettings
from freshrec.evaluation.splits import Splits
from freshrec.evaluation.summary import Summary, summarise, write_summary
from freshrec.files import write_bytes
from freshrec.params import params_of
from freshrec.progress import Progress, Silent
from freshrec.seeds import derive
from freshrec.store import Checkpoint, read_checkpoint, unpack, write_checkpoint
from freshrec.training import Fitted, Run

__all__ = ["Comparison", "compare"]

WRITTEN = ("results.csv", "summary.csv", "report.html", "checkpoint")


@dataclass(frozen=True)
class Comparison:
    """A finished comparison.

    Attributes:
        results: every scored period of every method and run.
        summaries: one row a method, as Table 1.
        report: the page that shows them.
    """

    results: tuple[Result, ...]
    summaries: tuple[Summary, ...]
    report: Path


def compare(stream: Stream, settings: CompareSettings, out: Path, progress: Progress | None = None) -> Comparison:
    """Run every method on the stream and write `results.csv`, `summary.csv`, `config.json` and `report.html` to `out`.

    A base model is pre-trained, and its incremental model trained, once a run for all methods that build on it. After
    every period all states are committed, so that the same call continues where an interrupted one stopped, with the
    same results as an uninterrupted one. What is large in them is from then on in memory only as far as it is touched.

    Args:
        stream: the periods.
        settings: what is compared.
        out: a new folder, or one that a comparison of the same stream and settings has begun to fill.
        progress: is told of the work.

    Raises:
        ConfigError: settings cannot be used on this stream; all of them are told, before anything is written.
        OutputError: `out` cannot be written or belongs to another configuration.
        DivergedError: a loss or parameter became NaN or infinite.
    """
    progress = progress or Silent()
    splits = settings.splits(stream)
    config = configuration(stream, settings, splits)
    claim_folder(out, config, "comparison", WRITTEN)
    results: list[Result] = []
    for number in range(settings.runs):
        results += _one_run(stream, settings, splits, number, out, results, progress)
    return _conclude(results, config, stream, settings, out)


def _one_run(
    stream: Stream,
    settings: CompareSettings,
    splits: Splits,
    number: int,
    out: Path,
    before: Sequence[Result],
    progress: Progress,
) -> list[Result]:
    """The results of one run, continued from the checkpoint where there is one of it."""
    folder = out / "checkpoint"
    found = read_checkpoint(folder)
    if found and found.content["run"] > number:
        return [result for result in _results(found) if result.run == number]
    lanes = _lanes(stream.schema_after(splits.pretrain), settings, derive(settings.seed, "run", number), progress)

    def tell(finished: int, text: str | None = None) -> None:
        """What is under way after the first `finished` periods of this run."""
        text = text or (f"period {finished + 1}" if finished < splits.periods else "finished")
        each = splits.periods - splits.pretrain
        done = number * each + finished - splits.pretrain
        progress.overall(f"run {number + 1}/{settings.runs}: {text}", done, settings.runs * each)

    if found and found.content["run"] == number:
        kept, finished, states = found, found.content["period"], _unpacked(found, lanes)
        seconds, results = found.content["seconds"], [result for result in _results(found) if result.run == number]
    else:
        tell(splits.pretrain, "pre-training")
        kept, finished, states = None, splits.pretrain, _started(stream, settings, splits, lanes)
        seconds, results = {}, []
    del found  # What is mapped keeps its place on the disk, also once its file is removed.

    def following() -> Checkpoint:
        """The state that was committed after one more period; what it was made of in memory is let go of here."""
        turn = next(rounds(lanes, states, stream, finished, settings.measured, seconds))
        results.extend(
            replace(result, dataset=stream.name, run=number, split=splits.split(result.period))
            for result in turn.results
        )
        content = {
            "run": number,
            "period": finished + 1,
            "seconds": turn.seconds,
            "results": [asdict(result) for result in (*before, *results)],
        }
        return write_checkpoint(folder, f"run{number}-period{finished + 1}", content, turn.states, kept)

    tell(finished)
    while finished < splits.periods:
        kept = following()
        states, finished, seconds = _unpacked(kept, lanes), kept.content["period"], kept.content["seconds"]
        write_results(out / "results.csv", [*before, *results])
        tell(finished)
    return results


def _started(stream: Stream, settings: CompareSettings, splits: Splits, lanes: Mapping[str, Lane]) -> dict[str, Any]:
    """Every method's state after pre-training; each base model is pre-trained once.

    Trivial baselines are updated on the periods instead.
    """
    periods, starts, states = stream.periods[: splits.pretrain], dict[Run, Fitted](), dict[str, Any]()
    for name, lane in lanes.items():
        run = lane.run
        if run not in starts:
            start = Fitted.untrained(params_of(run.model))
            fitted = name not in settings.trivial
            starts[run] = settings.pretraining.fit(start, periods, run, settings.measured) if fitted else start
        states[name] = lane.updater.init(starts[run], run)
        for number in range(1, len(periods) + 1) if name in settings.trivial else ():
            states[name] = lane.updater.update(states[name], periods[:number], run)
    return states


def _unpacked(found: Checkpoint, lanes: Mapping[str, Lane]) -> dict[str, Any]:
    """Every method's state as it was committed: what is large is read from the disk where it is touched."""
    return {name: unpack(lane.updater.state_type, found.structure[name], found.tensors) for name, lane in lanes.items()}


def _lanes(schema: Schema, settings: CompareSettings, seed: int, progress: Progress) -> dict[str, Lane]:
    """Every method with the run of its base model, which it shares with the others of that model."""
    runs: dict[type, Run] = {}
    lanes = {}
    for name, updater in settings.updaters().items():
        kind = settings.model_of(name)
        if kind not in runs:
            model = kind(schema, dim=settings.dim, seed=derive(seed, "model"))
            runs[kind] = Run(model.to(settings.device), seed, progress)
        lanes[name] = Lane(updater, runs[kind])
    return lanes


def _results(found: Checkpoint) -> list[Result]:
    return [Result(**row) for row in found.content["results"]]


def _conclude(
    results: Sequence[Result], config: Mapping[str, Any], stream: Stream, settings: CompareSettings, out: Path
) -> Comparison:
    metrics, baseline = settings.measured, settings.compared_to
    models = {name: settings.model_of(name) for name in settings.compared}
    summaries = summarise(results, metrics, baseline, settings.trivial)
    write_results(out / "results.csv", results)
    write_summary(out / "summary.csv", summaries)
    report = out / "report.html"
    write_bytes(report, render(results, summaries, metrics, baseline, config, stream.manifest, models).encode())
    return Comparison(tuple(results), tuple(summaries), report)
