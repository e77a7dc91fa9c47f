"""Comparing methods on one stream: seeded runs, results on disk after every period, resumable."""

import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from freshrec.data import Stream
from freshrec.errors import OutputError
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
from freshrec.updaters import METHODS

__all__ = ["Comparison", "compare"]

LIBRARIES = ("torch", "numpy", "polars")
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
    same results as an uninterrupted one.

    Args:
        stream: the periods.
        settings: what is compared.
        out: a new folder, or one that a comparison of the same stream and settings has begun to fill.
        progress: is told of the work.

    Raises:
        OutputError: `out` cannot be written or belongs to another configuration.
        DivergedError: a loss or parameter became NaN or infinite.
    """
    progress = progress or Silent()
    splits = Splits.of(len(stream.periods), settings.pretrain)
    config = _configuration(stream, settings, splits)
    _claim(out, config)
    results: list[Result] = []
    for number in range(settings.runs):
        results += _one_run(stream, settings, splits, number, out, results, progress)
    return _conclude(results, config, stream, out)


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
    lanes = _lanes(stream, settings, derive(settings.seed, "run", number), progress)
    if found and found.content["run"] == number:
        finished, seconds = found.content["period"], found.content["seconds"]
        results = [result for result in _results(found) if result.run == number]
        states: dict[str, Any] = {
            name: unpack(lane.updater.state_type, found.structure[name], found.tensors) for name, lane in lanes.items()
        }
    else:
        progress.overall(f"run {number + 1}/{settings.runs}: pre-training", *_done(number, 0, splits, settings))
        starts = {
            run.model: settings.pretraining.fit(
                Fitted.untrained(params_of(run.model)), stream.periods[: splits.pretrain], run
            )
            for run in dict.fromkeys(lane.run for lane in lanes.values())
        }
        states = {name: lane.updater.init(starts[lane.run.model], lane.run) for name, lane in lanes.items()}
        finished, seconds, results = splits.pretrain, {}, []
    for turn in rounds(lanes, states, stream, finished, seconds):
        finished += 1
        results += [
            replace(result, dataset=stream.name, run=number, split=splits.split(result.period))
            for result in turn.results
        ]
        content = {
            "run": number,
            "period": finished,
            "seconds": turn.seconds,
            "results": [asdict(result) for result in (*before, *results)],
        }
        write_checkpoint(folder, f"run{number}-period{finished}", content, turn.states)
        write_results(out / "results.csv", [*before, *results])
        text = f"run {number + 1}/{settings.runs}: period {finished}"
        progress.overall(text, *_done(number, finished - splits.pretrain, splits, settings))
    return results


def _lanes(stream: Stream, settings: CompareSettings, seed: int, progress: Progress) -> dict[str, Lane]:
    """Every method with the run of its base model, which it shares with the others of that model."""
    runs: dict[type, Run] = {}
    lanes = {}
    for name, updater in settings.updaters().items():
        kind = METHODS[settings.method_of(name)].model
        if kind not in runs:
            runs[kind] = Run(kind(stream.schema, dim=settings.dim, seed=derive(seed, "model")), seed, progress)
        lanes[name] = Lane(updater, runs[kind])
    return lanes


def _done(number: int, periods: int, splits: Splits, settings: CompareSettings) -> tuple[int, int]:
    """Finished and all periods of the whole comparison."""
    each = splits.periods - splits.pretrain
    return number * each + periods, settings.runs * each


def _results(found: Checkpoint) -> list[Result]:
    return [Result(**row) for row in found.content["results"]]


def _configuration(stream: Stream, settings: CompareSettings, splits: Splits) -> dict[str, Any]:
    """All that decides the outcome, and the versions it was computed with."""
    libraries = {name: version(name) for name in LIBRARIES}
    return {
        "data": {"name": stream.name, "hash": stream.hash},
        "settings": settings.model_dump(mode="json"),
        "splits": splits.model_dump(mode="json"),
        "versions": {"freshrec": version("freshrec"), "python": platform.python_version(), **libraries},
    }


def _claim(out: Path, config: Mapping[str, Any]) -> None:
    """Make `out` the folder of this configuration, or see that it is."""
    path = out / "config.json"
    text = json.dumps(config, indent=2, sort_keys=True).encode() + b"\n"
    if not path.exists():
        others = [name for name in WRITTEN if (out / name).exists()]
        if others:
            raise OutputError(
                f"{out} holds {', '.join(others)}, but no config.json that says they are a comparison's; they would be "
                "written over. Choose another folder, or move them away."
            )
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot make {out}: {error.strerror}. Choose a folder you can write to.") from error
        write_bytes(path, text)
        return
    try:
        theirs = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise OutputError(
            f"cannot read {path} ({error}), which says what {out} holds. Choose another folder."
        ) from error
    differing = sorted(_differences(theirs, json.loads(text)))
    if differing:
        raise OutputError(
            f"{out} holds a comparison that differs in {', '.join(differing)}; to continue it, data, settings and "
            f"versions must be those in {path}. Choose another folder, or go back to those."
        )


def _differences(theirs: Any, ours: Any, path: str = "") -> Iterator[str]:
    """Dotted paths of the values in which two JSON trees differ."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in theirs.keys() | ours.keys():
            yield from _differences(theirs.get(key), ours.get(key), f"{path}.{key}" if path else key)
    elif theirs != ours:
        yield path


def _conclude(results: Sequence[Result], config: Mapping[str, Any], stream: Stream, out: Path) -> Comparison:
    summaries = summarise(results)
    write_results(out / "results.csv", results)
    write_summary(out / "summary.csv", summaries)
    report = out / "report.html"
    write_bytes(report, render(results, summaries, config, stream.manifest).encode())
    return Comparison(tuple(results), tuple(summaries), report)
